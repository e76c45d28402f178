/* SPDX-License-Identifier: MIT */
/*
 * The end: power off, reboot, crash, and what is printed before the last one.
 */
#include "xen-x86.h"

static _Noreturn void shutdown(unsigned reason)
{
	struct sched_shutdown op = { .reason = reason };

	irq_save();
	for (;;)
		hypercall_sched_op(SCHEDOP_shutdown, &op);
}

_Noreturn void machine_poweroff(void)
{
	shutdown(SHUTDOWN_poweroff);
}

_Noreturn void machine_reboot(void)
{
	shutdown(SHUTDOWN_reboot);
}

_Noreturn void machine_crash(void)
{
	shutdown(SHUTDOWN_crash);
}

void machine_show_regs(const struct regs *r)
{
	unsigned long offset;
	const char *name = symbol_name(r->eip, &offset);

	printk("eip %04x:%08x", r->cs & 0xffff, r->eip);
	if (name)
		printk(" %s+0x%lx", name, offset);
	printk(" eflags %08x\n", r->eflags);
	printk("eax %08x ebx %08x ecx %08x edx %08x\n", r->eax, r->ebx, r->ecx, r->edx);
	printk("esi %08x edi %08x ebp %08x ", r->esi, r->edi, r->ebp);
	if (machine_regs_user(r))
		printk("esp %08x ss %04x\n", r->esp, r->ss & 0xffff);
	else
		printk("esp %08lx\n", (unsigned long)&r->esp);
	printk("ds %04x es %04x fs %04x gs %04x\n", r->ds & 0xffff, r->es & 0xffff, r->fs & 0xffff,
	       r->gs & 0xffff);
}

static void show_frame(unsigned long address)
{
	unsigned long offset;
	const char *name = symbol_name(address, &offset);

	if (name)
		printk("  %08lx %s+0x%lx\n", address, name, offset);
	else
		printk("  %08lx\n", address);
}

/* Follows the chain of saved ebp as long as it rises within one stack. */
void machine_backtrace(const struct regs *r)
{
	const uint32_t *frame =
		r && !machine_regs_user(r) ? (const uint32_t *)r->ebp : __builtin_frame_address(0);
	unsigned long stack =
		(unsigned long)(r ? (const void *)r : frame) & ~(KERNEL_STACK_SIZE - 1);
	unsigned depth;

	printk("called from:\n");
	if (r)
		show_frame(r->eip);
	for (depth = 0; depth < 24; depth++) {
		unsigned long at = (unsigned long)frame;

		if (at < stack || at > stack + KERNEL_STACK_SIZE - 2 * sizeof(*frame) || at & 3)
			return;
		show_frame(frame[1]);
		if (frame[0] <= at)
			return;
		frame = (const uint32_t *)frame[0];
	}
}
