/* SPDX-License-Identifier: MIT */
/*
 * Traps: what the hypervisor bounces to ring 1, handed to the kernel.
 *
 * A fault of the program becomes a signal. A fault of the kernel is expected only where it touches
 * memory of the program or reloads its segments: the exception table names those places. Anything
 * else is a bug and ends in a panic.
 */
#include "xen-x86.h"
#include "lib/string.h"
#include <uapi/signal.h>

extern const char entry_stubs[], entry_page_fault[], entry_syscall[], entry_upcall[],
	entry_failsafe[];

struct extable_entry {
	uint32_t at, fixup;
};
extern const struct extable_entry extable_start[], extable_end[];

#define STUB_SIZE      16
#define VECTOR_COUNT   32
#define VECTOR_DB      1
#define VECTOR_BP      3
#define VECTOR_OF      4
#define VECTOR_NM      7
#define VECTOR_PF      14
#define VECTOR_SYSCALL 0x80
#define TRAP_FLAG_MASK 4 /* upcalls are masked when the handler starts */
#define SAVED_MASK(cs) ((cs) >> 16 & 0xff)
#define EFLAGS_TF      0x100u

/* What a program's exception becomes. */
static const struct {
	uint8_t sig, code;
	const char *name;
} exceptions[VECTOR_COUNT] = {
	/* clang-format off */
	[0]  = { SIGFPE,  FPE_INTDIV,  "divide error" },
	[1]  = { SIGTRAP, TRAP_TRACE,  "debug exception" },
	[2]  = { 0,	  0,	       "NMI" },
	[3]  = { SIGTRAP, TRAP_BRKPT,  "breakpoint" },
	[4]  = { SIGSEGV, SI_KERNEL,   "overflow" },
	[5]  = { SIGSEGV, SI_KERNEL,   "bound range" },
	[6]  = { SIGILL,  ILL_ILLOPN,  "invalid opcode" },
	[7]  = { SIGSEGV, SI_KERNEL,   "device not available" },
	[8]  = { 0,	  0,	       "double fault" },
	[9]  = { SIGFPE,  SI_KERNEL,   "coprocessor overrun" },
	[10] = { SIGSEGV, SI_KERNEL,   "invalid TSS" },
	[11] = { SIGBUS,  SI_KERNEL,   "segment not present" },
	[12] = { SIGBUS,  SI_KERNEL,   "stack fault" },
	[13] = { SIGSEGV, SI_KERNEL,   "general protection" },
	[16] = { SIGFPE,  FPE_FLTINV,  "x87 error" },
	[17] = { SIGBUS,  BUS_ADRALN,  "alignment check" },
	[19] = { SIGFPE,  FPE_FLTINV,  "SIMD error" },
	/* clang-format on */
};

static bool trap_fixup(struct regs *r)
{
	const struct extable_entry *e;

	for (e = extable_start; e < extable_end; e++)
		if (e->at == r->eip) {
			r->eip = e->fixup;
			return true;
		}
	return false;
}

static _Noreturn void trap_fatal(struct regs *r, const char *what, unsigned long address)
{
	static bool again;

	irq_save();
	if (again)
		machine_crash();
	again = true;
	printk("kernel: %s (error code %x) at %08x, address %08lx\n", what, r->error_code, r->eip,
	       address);
	machine_show_regs(r);
	machine_backtrace(r);
	machine_crash();
}

void trap_exception(struct regs *r, unsigned vector)
{
	const char *name = exceptions[vector].name ? exceptions[vector].name : "exception";

	if (vector == VECTOR_NM) {
		fpu_device_not_available();
		return;
	}
	if (machine_regs_user(r) && exceptions[vector].sig) {
		if (vector == VECTOR_DB)
			r->eflags &= ~EFLAGS_TF;
		kernel_exception_info(vector, r->error_code == ~0u ? 0 : r->error_code, 0);
		machine_syscall_done(r);
		kernel_exception(exceptions[vector].sig, exceptions[vector].code, r->eip);
		return;
	}
	if (!trap_fixup(r))
		trap_fatal(r, name, 0);
}

/*
 * Entered with upcalls masked, because the next fault would overwrite cr2. A fault from within a
 * masked section can only be a bug: user memory is not touched there.
 */
void trap_page_fault(struct regs *r)
{
	unsigned long address = this_vcpu()->arch.cr2;
	bool was_masked = SAVED_MASK(r->cs);
	unsigned flags = (r->error_code & PF_WRITE ? FAULT_WRITE : 0) |
			 (r->error_code & PF_INSTR ? FAULT_EXEC : 0) |
			 (machine_regs_user(r) ? FAULT_USER : 0);
	int sig = SIGSEGV, code = SEGV_MAPERR, rc = -EFAULT;
	unsigned error = r->error_code;

	/* Where that was, a system call's number would be. */
	if (machine_regs_user(r))
		machine_syscall_done(r);
	if (!was_masked)
		irq_restore(0);
	if (address < machine_user_end && !was_masked)
		rc = kernel_fault(address, flags, &sig, &code);
	else if (machine_regs_user(r))
		code = SEGV_ACCERR;
	if (!rc)
		return;
	if (machine_regs_user(r)) {
		kernel_exception_info(VECTOR_PF, error, address);
		kernel_exception(sig, code, address);
	} else if (!trap_fixup(r)) {
		trap_fatal(r, "page fault", address);
	}
}

void trap_syscall(struct regs *r)
{
	kernel_syscall(r);
}

void trap_upcall(struct regs *r)
{
	kernel_interrupt_begin(machine_regs_user(r));
	event_dispatch();
	kernel_interrupt_end();
}

/* Returns with upcalls masked: what was looked at here stays true until iret. */
void trap_leave_user(struct regs *r)
{
	this_vcpu()->evtchn_upcall_mask = 1;
	barrier();
	kernel_return_to_user(r);
}

void trap_leave_kernel(struct regs *r)
{
	this_vcpu()->evtchn_upcall_mask = 1;
	barrier();
	if (!SAVED_MASK(r->cs))
		kernel_preempt();
}

/* iret refused the program's segments: it gets flat ones and a signal. */
void trap_bad_return(struct regs *r)
{
	irq_restore(0);
	r->cs = FLAT_USER_CS;
	r->ss = FLAT_USER_SS;
	kernel_exception(SIGSEGV, SI_KERNEL, r->eip);
}

void trap_init(void)
{
	static struct trap_info table[VECTOR_COUNT + 2];
	unsigned i, n = 0;

	for (i = 0; i < VECTOR_COUNT; i++) {
		/* The hypervisor keeps the NMI, and vectors that no processor raises need no handler. */
		if (i == 2 || i == 9 || i == 15 || i > 19)
			continue;
		table[n].vector = i;
		table[n].flags = i == VECTOR_BP || i == VECTOR_OF ? 3 : 0;
		table[n].cs = FLAT_KERNEL_CS;
		table[n].address = (unsigned long)entry_stubs + i * STUB_SIZE;
		if (i == VECTOR_PF) {
			table[n].flags |= TRAP_FLAG_MASK;
			table[n].address = (unsigned long)entry_page_fault;
		}
		n++;
	}
	table[n].vector = VECTOR_SYSCALL;
	table[n].flags = 3;
	table[n].cs = FLAT_KERNEL_CS;
	table[n].address = (unsigned long)entry_syscall;
	if (hypercall_set_trap_table(table) ||
	    hypercall_set_callbacks(FLAT_KERNEL_CS, (unsigned long)entry_upcall, FLAT_KERNEL_CS,
				    (unsigned long)entry_failsafe))
		panic("the hypervisor refused our trap handlers");
}
