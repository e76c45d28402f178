/* SPDX-License-Identifier: MIT */
/*
 * The contract between the kernel and the machine below it.
 *
 * Everything that kernel/ wants from a machine is declared here, and everything that a machine
 * calls in kernel/ (last section). arch/xen-x86 implements it against a paravirtual hypervisor; a
 * bare machine would be a second implementation beside it, and nothing in kernel/ would change.
 *
 * Vocabulary: a pfn numbers the pages that the kernel was given, from 0 and without holes that
 * matter to it. Which frame of the real machine lies behind a pfn is the machine's own affair.
 * An address space is opaque: the kernel never sees a page-table entry.
 *
 * Unless a function says otherwise it may be called from any thread, with interrupts masked or not,
 * and does not sleep.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <arch/thread.h>

typedef struct {
	unsigned long v;
} pfn_t;

static inline pfn_t pfn_of(unsigned long v)
{
	return (pfn_t){ v };
}

static inline unsigned long pfn_x(pfn_t pfn)
{
	return pfn.v;
}

#define PFN_NONE pfn_of(~0ul)

static inline bool pfn_is_none(pfn_t pfn)
{
	return pfn.v == ~0ul;
}

/* ---- Start of day -------------------------------------------------------------------------- */

/* Filled by the machine before it calls kernel_main; constant afterwards. */
struct pfn_range {
	unsigned long first, end;
};

struct machine_info {
	const char *name;	  /* of the platform, for the banner */
	const char *cmdline;	  /* NUL terminated, never NULL */
	const void *ramdisk;	  /* mapped, readable; NULL when there is none */
	size_t ramdisk_size;	  /* bytes */
	unsigned long page_count; /* pfns 0..page_count-1 exist and are mapped */
	unsigned long page_limit; /* those up to page_limit-1 may get memory: machine_page_take() */
	unsigned long ignored;	  /* pages given to us beyond what this machine can map */
	bool privileged;	  /* this kernel drives the devices of the machine */
	struct pfn_range free[4]; /* not in use at start of day; empty ones at the end */
};

extern struct machine_info machine_info;

/* Where a page is mapped for the kernel, for the whole life of the system. */
void *machine_page_va(pfn_t pfn);
pfn_t machine_va_page(const void *va);

/*
 * A page that nobody uses loses its memory, which goes back to the machine; and gets memory again. Between
 * the two it must not be touched. False: not now.
 */
bool machine_page_give(pfn_t pfn);
bool machine_page_take(pfn_t pfn);

/* User addresses are 0 (exclusive of the first page) to this, exclusive. */
extern const unsigned long machine_user_end;

/* ---- Console ------------------------------------------------------------------------------- */

/*
 * Writes all of it, from any context. Never sleeps: it waits for a slow reader with the CPU given away, and for
 * one that takes nothing at all only some seconds; then it drops what has no room.
 */
void machine_console_write(const char *s, size_t n);

/* How many bytes it would take without waiting. When this grows, kernel_console_input() is called. */
size_t machine_console_room(void);

/* Takes what was typed, at most n bytes; 0 when nothing waits. */
size_t machine_console_read(char *buf, size_t n);

/* ---- Interrupts ---------------------------------------------------------------------------- */

/* Masks interrupts on this CPU and returns what irq_restore needs. Nests. */
unsigned long irq_save(void);
void irq_restore(unsigned long state);

/*
 * Waits for the next interrupt. Called with interrupts masked, by the idle thread; unmasks and waits
 * as one step, so that a wakeup just before it is not lost; returns with interrupts unmasked.
 */
void machine_idle(void);

/* ---- Time ---------------------------------------------------------------------------------- */

uint64_t machine_now(void);	   /* nanoseconds since boot, monotonic */
uint64_t machine_wall_clock(void); /* nanoseconds since 1970, for machine_now() == 0 */

/* One interrupt at machine_now() == deadline or soon after; replaces the previous; ~0 = none. */
void machine_timer_set(uint64_t deadline);

/* Unpredictable bits as far as the machine has some; never blocks, may be weak. */
uint64_t machine_entropy(void);

/* ---- Threads ------------------------------------------------------------------------------- */

/* Bytes of a kernel stack; a power of two, and so is its alignment. */
#define KERNEL_STACK_SIZE 8192ul

/*
 * Makes `t` start in entry(arg) on the given stack when it is first switched to. entry must not
 * return.
 */
void machine_thread_init(struct machine_thread *t, void *stack, void (*entry)(void *), void *arg);

/*
 * Makes `t` start as a copy of the running user thread: it leaves the kernel with these registers.
 * Before that, kernel_thread_begin() is called on its own stack. `parent` gives TLS and FPU state.
 */
void machine_thread_fork(struct machine_thread *t, void *stack, const struct regs *regs,
			 struct machine_thread *parent);

/*
 * Changes from one kernel stack to the other and to the address space of `to` (NULL: any will do),
 * with interrupts masked. Returns when something switches back to `from`.
 */
struct space;
void machine_switch(struct machine_thread *from, struct machine_thread *to, void *to_stack,
		    struct space *space);

/* The current thread ends or execs: its FPU and TLS state is void. */
void machine_thread_reset(struct machine_thread *t);

/* A thread that is gone for good; its memory is about to be freed. */
void machine_thread_fini(struct machine_thread *t);

/* Registers with which the running user thread left user mode: the top of its kernel stack. */
struct regs *machine_user_regs(void *stack);

/* Prepares registers for the first instruction of a new program. Everything else is cleared. */
void machine_regs_program(struct regs *regs, unsigned long entry, unsigned long stack);

/* The value that a system call returns to its program. */
void machine_regs_set_result(struct regs *regs, long value);

bool machine_regs_user(const struct regs *regs);
unsigned long machine_regs_instruction(const struct regs *regs);
unsigned long machine_regs_stack(const struct regs *regs);
void machine_regs_set_stack(struct regs *regs, unsigned long stack);

/* The system call that these registers are in (number, result so far); false: they are in none. */
bool machine_regs_syscall(const struct regs *regs, int *number, long *result);

/* Leaves the kernel with the registers at machine_user_regs(stack) of the current thread. */
_Noreturn void machine_enter_user(void *stack);

/* ---- Thread-local storage (the user_desc of set_thread_area, decoded by kernel/linux) ------ */

struct machine_tls {
	int slot; /* GDT index TLS_SLOT_FIRST.., or -1: first empty one, returned here */
	uint32_t base, limit;
	bool is_32bit, exec_only_read, limit_in_pages, not_present, useable, empty;
	uint8_t contents; /* 0 data, 1 expand-down, 2 code, 3 conforming */
};

/* For the current thread, or for one that has not run yet. -EINVAL, -ESRCH (no slot is free). */
int machine_tls_set(struct machine_thread *t, struct machine_tls *tls);
int machine_tls_get(const struct machine_thread *t, struct machine_tls *tls);

/* ---- Signals ------------------------------------------------------------------------------- */

struct signal_frame; /* kernel/include/signal.h: what the handler is to see */

/*
 * Builds the frame of a handler on the user stack and points regs at the handler; -EFAULT when the
 * stack cannot be written. May sleep (user memory).
 */
int machine_signal_enter(struct regs *regs, const struct signal_frame *f);

/*
 * Code of a program's that ends a handler, for those that bring none of their own. The kernel maps
 * the page, readable and executable, at MACHINE_SIGNAL_CODE_VA of every program.
 */
#define MACHINE_SIGNAL_CODE_VA (machine_user_end - PAGE_SIZE)
void machine_signal_code(void *page);

/*
 * Undoes it (sigreturn, or rt_sigreturn): restores regs and FPU, stores the old mask. -EFAULT for a
 * frame that cannot be read, then nothing has changed.
 */
int machine_signal_return(struct regs *regs, bool rt, uint64_t *mask, uint32_t *alt_sp,
			  uint32_t *alt_size, uint32_t *alt_flags);

/*
 * Makes the program execute its system call again, with its number or with another; and declares
 * that these registers are in no system call any more.
 */
void machine_syscall_restart(struct regs *regs, int number);
void machine_syscall_done(struct regs *regs);

/* ---- Address spaces ------------------------------------------------------------------------ */

#define SPACE_READ  1u
#define SPACE_WRITE 2u
#define SPACE_EXEC  4u
#define SPACE_NONE  0u /* keeps the page, refuses every access */

/*
 * Where no page is mapped a space can keep a note instead: a number of the kernel's, from 1 to NOTE_MOST. It travels as
 * a pfn_t through space_map (access is ignored), space_unmap, space_lookup, and the put and get below; the machine
 * only keeps it, and every access to the address faults.
 */
#define NOTE_MOST 0x3ffffffful
#define NOTE_BIT  (~(~0ul >> 1))

static inline pfn_t note_of(unsigned long note)
{
	return pfn_of(note | NOTE_BIT);
}

static inline bool pfn_is_note(pfn_t pfn)
{
	return (pfn.v & NOTE_BIT) && !pfn_is_none(pfn);
}

static inline unsigned long note_x(pfn_t pfn)
{
	return pfn.v & ~NOTE_BIT;
}

/* An empty one; NULL when memory is short. The kernel is mapped in all of them. */
struct space *space_create(void);

/*
 * The last user is gone. put(pfn) is called for every page still mapped, when neither the machine nor
 * a TLB knows the mapping any more: much cheaper than unmapping one by one.
 */
void space_destroy(struct space *s, void (*put)(pfn_t pfn));

/* The running thread continues in `s`. */
void space_switch(struct space *s);

/*
 * Changes are collected: they are certain to be visible (and old ones gone from the TLBs) only after
 * space_sync, and before it the same address must not be changed or looked at again. The caller
 * serialises changes to one space. Addresses are page aligned.
 */
int space_map(struct space *s, unsigned long va, pfn_t pfn, unsigned access); /* 0, -ENOMEM */
pfn_t space_unmap(struct space *s, unsigned long va); /* what was there, or PFN_NONE */
void space_protect(struct space *s, unsigned long va, unsigned access);
void space_sync(struct space *s);

/* Has the page at va been used since this was asked last? The answer "yes" is one of the changes above. */
bool space_used(struct space *s, unsigned long va);

/* What is mapped at va (PFN_NONE: nothing) and how. */
pfn_t space_lookup(struct space *s, unsigned long va, unsigned *access);

/*
 * The next address >= va and < end at which something may be mapped, or end: lets loops skip the
 * empty gigabytes.
 */
unsigned long space_next(struct space *s, unsigned long va, unsigned long end);

/*
 * Copies the mappings of [start, end) to `to`, where the range is empty. With `cow` both sides lose
 * SPACE_WRITE. get(pfn) is called once a page copied. The caller syncs both. 0 or -ENOMEM; then some
 * pages are copied and stay for the caller's unmap.
 */
int space_copy(struct space *to, struct space *from, unsigned long start, unsigned long end,
	       bool cow, void (*get)(pfn_t pfn));

/* ---- User memory --------------------------------------------------------------------------- */

/*
 * Copies with the program's rights, taking page faults on the way, hence may sleep. They return how
 * many bytes at the end were NOT copied. The range is checked against machine_user_end.
 */
size_t machine_copy_in(void *dst, const void *user_src, size_t n);
size_t machine_copy_out(void *user_dst, const void *src, size_t n);
size_t machine_clear_out(void *user_dst, size_t n);

/* Length without the NUL, or -EFAULT; max when no NUL comes earlier (dst is then not terminated). */
long machine_copy_string(char *dst, const char *user_src, size_t max);

/* Atomic on 32-bit words of user memory; 0 or -EFAULT. */
int machine_user_load(const uint32_t *user, uint32_t *value);

/* ---- The end ------------------------------------------------------------------------------- */

_Noreturn void machine_poweroff(void);
_Noreturn void machine_reboot(void);
_Noreturn void machine_crash(void);		 /* after a panic */
void machine_backtrace(const struct regs *regs); /* NULL: of the caller; printk, symbolised */
void machine_show_regs(const struct regs *regs);

/* ---- What the machine uses of the kernel: contracts in kernel/include/kernel.h ---------------- */

void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *kmalloc(size_t size);
void *kzalloc(size_t size);
void kfree(const void *p);
pfn_t page_alloc(void);
pfn_t page_alloc_zeroed(void);
void page_put(pfn_t pfn);

/* ---- What the machine calls in the kernel --------------------------------------------------- */

_Noreturn void kernel_main(void); /* machine_info is filled, interrupts masked, on a boot stack */
void kernel_timer(void);	  /* the timer's interrupt, interrupts masked */
/* Something may be typed, or there is room for output again; interrupts masked. */
void kernel_console_input(void);
void kernel_thread_begin(void); /* first thing on a new thread's stack, interrupts masked */

/* A system call by the program: number and arguments in regs, result to regs. Unmasked. */
void kernel_syscall(struct regs *regs);

/* The way back to user mode: signals, preemption. Called and left with interrupts masked. */
void kernel_return_to_user(struct regs *regs);

/* The way back to an interrupted kernel thread: preemption, interrupts masked. */
void kernel_preempt(void);

#define FAULT_WRITE 1u
#define FAULT_EXEC  2u
#define FAULT_USER  4u

/* A page fault on a user address; 0 when the access can be repeated. Unmasked; may sleep. */
int kernel_fault(unsigned long va, unsigned flags, int *sig, int *code);

/* An exception in user mode that becomes a signal of the current thread. */
void kernel_exception(int sig, int code, unsigned long address);

/* What the signal frame will say about it: trap number, error code, address. Before the above. */
void kernel_exception_info(unsigned trap, unsigned error, unsigned long address);

/* Around the handlers of an interrupt; user: it came in user mode. Masked. */
void kernel_interrupt_begin(bool user);
void kernel_interrupt_end(void);

#endif
