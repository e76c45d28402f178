/* SPDX-License-Identifier: MIT */
/*
 * Switching the machine off and on.
 *
 * Each way is tried and, if we are still here, the next one. A port that no device listens to ignores
 * what is written, so QEMU's isa-debug-exit needs no detection; 0xf4 is used by nothing else on a PC.
 */
#include "boot/options.h"
#include "console/console.h"
#include "cpu/acpi.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"

#define DEBUG_EXIT	 0xf4 /* QEMU leaves with status 2 * value + 1 */
#define RESET_CONTROL	 0xcf9
#define RESET_HARD	 0x02
#define RESET_NOW	 0x06
#define KEYBOARD_CONTROL 0x64
#define KEYBOARD_BUSY	 0x02
#define KEYBOARD_RESET	 0xfe

static noreturn void halt_for_ever(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

static void debug_exit(int status)
{
	outl(DEBUG_EXIT, (uint32_t)(status - 1) / 2);
}

static void pause_a_while(void)
{
	for (unsigned int i = 0; i < 100000; i++)
		cpu_relax();
}

void machine_poweroff(int code)
{
	irq_disable();
	cpus_halt_others();
	debug_exit(code ? MACHINE_EXIT_DIRTY : MACHINE_EXIT_CLEAN);
	if (!acpi_poweroff())
		log_warning("this machine cannot be switched off by ACPI: halted");
	pause_a_while();
	halt_for_ever();
}

static noreturn void triple_fault(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = { 0 };

	asm volatile("lidt %0; int3" : : "m"(none));
	halt_for_ever();
}

void machine_reboot(void)
{
	irq_disable();
	cpus_halt_others();
	acpi_reset();
	pause_a_while();
	outb(RESET_CONTROL, RESET_HARD);
	outb(RESET_CONTROL, RESET_NOW);
	pause_a_while();
	for (unsigned int i = 0; i < 1000 && (inb(KEYBOARD_CONTROL) & KEYBOARD_BUSY); i++)
		cpu_relax();
	outb(KEYBOARD_CONTROL, KEYBOARD_RESET);
	pause_a_while();
	triple_fault();
}

void machine_panicked(void)
{
	irq_disable();
	debug_exit(MACHINE_EXIT_PANIC);
	if (option_flag("noreboot"))
		halt_for_ever();
	machine_reboot();
}
