/* SPDX-License-Identifier: MIT */
/*
 * Dispatch of exceptions: to a test's handler, to TRY(), to user_call(), or to the end of the test.
 *
 * Trusts the stubs for the frame's shape. A fault inside TRY() resumes behind its instruction with
 * the stack pointer that it had, whatever the instruction did to it.
 */
#include "pv.h"

extern char trap_stubs[], event_entry[], failsafe_entry[], user_exit[];
void user_enter(unsigned long ip, unsigned long arg, unsigned long flags);
void user_leave(void) __attribute__((noreturn));
struct regs *trap_dispatch(struct regs *regs);

struct exc_info exc_last;
struct failsafe_segs failsafe_segs;
unsigned long exc_resume, exc_sp;

static trap_fn handlers[VEC_COUNT];
static bool user_active;

#define STUB_SIZE 16

/* clang-format off */
static const char *const names[] = {
	"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#CSO", "#TS", "#NP", "#SS",
	"#GP", "#PF", "#SPV", "#MF", "#AC", "#MC", "#XM"
};
/* clang-format on */

const char *vector_name(unsigned int vector)
{
	return vector < ARRAY_SIZE(names) ? names[vector] : "vector";
}

bool regs_from_user(const struct regs *regs)
{
	return (regs->cs & 3) == 3;
}

unsigned long regs_sp(const struct regs *regs)
{
	if (sizeof(long) == 4 && !regs_from_user(regs))
		return (unsigned long)&regs->sp;
	return regs->sp;
}

unsigned long trap_cr2(void)
{
	return *(volatile unsigned long *)&shared_info->vcpu_info[this_vcpu()].arch.cr2;
}

unsigned long trap_stub(unsigned int vector)
{
	return (unsigned long)trap_stubs + vector * STUB_SIZE;
}

int trap_set(unsigned int vector, unsigned int flags)
{
	const struct trap_info table[2] = {
		{ vector, flags, FLAT_KERNEL_CS, trap_stub(vector) },
	};

	return hv_set_trap_table(table);
}

void trap_handle(unsigned int vector, trap_fn fn)
{
	handlers[vector] = fn;
}

void trap_init(void)
{
	static struct trap_info table[257];

	for (unsigned int v = 0; v < 256; v++) {
		unsigned int dpl = v == VEC_BP || v == VEC_OF || v == VEC_USER_EXIT ? 3 : 0;

		table[v] = (struct trap_info){ v, dpl, FLAT_KERNEL_CS, trap_stub(v) };
	}
	if (hv_set_trap_table(table))
		test_error("set_trap_table refused the whole table");
}

static void record(const struct regs *regs)
{
	exc_last = (struct exc_info){
		.exc = EXC(regs->vector, regs->error),
		.ip = regs->ip,
		.sp = regs_sp(regs),
		.cs = regs->cs,
		.ss = sizeof(long) == 4 && !regs_from_user(regs) ? 0 : regs->ss,
		.flags = regs->flags,
		.cr2 = regs->vector == VEC_PF && shared_info ? trap_cr2() : 0,
		.ax = regs->ax,
		.bx = regs->bx,
		.cx = regs->cx,
		.dx = regs->dx,
		.si = regs->si,
		.di = regs->di,
		.saved_mask = regs->saved_mask,
	};
}

/*
 * Resume a kernel context at `ip` with stack pointer `sp`. A 32-bit frame does not hold the stack
 * pointer, it *is* at it: so the frame moves to where `sp` says.
 */
static struct regs *unwind(struct regs *regs, unsigned long ip, unsigned long sp)
{
	regs->ip = ip;
	regs->cs = FLAT_KERNEL_CS & (sizeof(long) == 8 ? ~3 : ~0);
	regs->flags &= ~(FLAG_TF | FLAG_NT | FLAG_AC | FLAG_DF | FLAG_VM);
#ifdef __i386__
	regs->ds = regs->es = FLAT_KERNEL_DS;
	return memmove((char *)sp - offsetof(struct regs, sp), regs, offsetof(struct regs, sp));
#else
	regs->sp = sp;
	regs->ss = FLAT_KERNEL_SS;
	return regs;
#endif
}

struct regs *trap_dispatch(struct regs *regs)
{
	if (handlers[regs->vector] && handlers[regs->vector](regs))
		return regs;
	if (user_active && !this_vcpu() && regs_from_user(regs)) {
		record(regs);
		user_leave();
	}
	if (exc_resume && !this_vcpu()) {
		unsigned long ip = exc_resume;

		record(regs);
		exc_resume = 0;
		return unwind(regs, ip, exc_sp);
	}
	test_failure("vCPU %u: unexpected %s, vector %lu, error %#lx at %#lx, cs %#x, flags %#lx, "
		     "sp %#lx, cr2 %#lx",
		     this_vcpu(), vector_name(regs->vector), regs->vector, regs->error, regs->ip,
		     regs->cs, regs->flags, regs_sp(regs), shared_info ? trap_cr2() : 0);
	test_exit();
}

exc_t exc_taken(void)
{
	return exc_last.exc;
}

void user_init(void)
{
#ifdef __i386__
	/* Ring 3 needs the user bit; the 64-bit builder and hypervisor set it on everything. */
	for (char *p = _image; p < _image_end; p += PAGE_SIZE)
		if (p != (char *)shared_info && map_va(p, *pt_entry((unsigned long)p, 1) | PTE_US))
			test_error("cannot make %p accessible to user mode", p);
#else
	if (mmuext(MMUEXT_NEW_USER_BASEPTR, root_mfn()))
		test_error("NEW_USER_BASEPTR refused the kernel's own root");
#endif
	if (hv_stack_switch(FLAT_KERNEL_SS, (unsigned long)trap_stack_top))
		test_error("stack_switch refused");
}

exc_t user_call(user_fn fn, unsigned long arg, unsigned long *result)
{
	unsigned long flags =
		shared_info && shared_info->vcpu_info[0].evtchn_upcall_mask ? 0 : FLAG_IF;

	exc_last.exc = EXC_NONE;
	user_active = true;
	user_enter((unsigned long)fn, arg, flags);
	user_active = false;
	if (result)
		*result = exc_last.ax;
	if (exc_last.exc == EXC(VEC_UD, 0) && exc_last.ip == (unsigned long)user_exit)
		return EXC_NONE;
	return exc_last.exc;
}
