/* SPDX-License-Identifier: MIT */
/*
 * The 8259 pair. Its output reaches the processor through the local APIC's LINT0 (virtual wire).
 *
 * Interrupt handlers and boot code only; interrupts are off whenever the mask changes.
 */
#include "cpu/pic.h"
#include "cpu/asm.h"
#include "cpu/irq.h"

/* clang-format off */
#define MASTER	    0x20
#define SLAVE	    0xa0
#define ICW1_INIT   0x11	/* edge, cascade, four words follow */
#define ICW4_8086   0x01
#define CASCADE	    2		/* the line that the slave hangs on */
#define OCW2_EOI    0x60	/* specific: plus the line */
#define OCW3_ISR    0x0b	/* the next read gives what is in service */
/* clang-format on */

static uint16_t masked = 0xffff;

static void write_mask(void)
{
	outb(MASTER + 1, (uint8_t)masked);
	outb(SLAVE + 1, (uint8_t)(masked >> 8));
}

void pic_init(void)
{
	outb(MASTER, ICW1_INIT);
	outb(SLAVE, ICW1_INIT);
	outb(MASTER + 1, VECTOR_ISA);
	outb(SLAVE + 1, VECTOR_ISA + 8);
	outb(MASTER + 1, 1 << CASCADE);
	outb(SLAVE + 1, CASCADE);
	outb(MASTER + 1, ICW4_8086);
	outb(SLAVE + 1, ICW4_8086);
	masked = 0xffff & ~(1u << CASCADE);
	write_mask();
}

void pic_unmask(unsigned int line)
{
	masked &= (uint16_t) ~(1u << line);
	write_mask();
}

static bool in_service(uint16_t port, unsigned int line)
{
	outb(port, OCW3_ISR);
	return inb(port) & 1u << line;
}

bool pic_acknowledge(unsigned int line)
{
	if (line == 7 && !in_service(MASTER, 7))
		return false;
	if (line == 15 && !in_service(SLAVE, 7)) {
		outb(MASTER, OCW2_EOI | CASCADE); /* the master did see its slave ask */
		return false;
	}
	if (line >= 8) {
		outb(SLAVE, (uint8_t)(OCW2_EOI | (line - 8)));
		outb(MASTER, OCW2_EOI | CASCADE);
	} else {
		outb(MASTER, (uint8_t)(OCW2_EOI | line));
	}
	return true;
}
