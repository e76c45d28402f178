/* SPDX-License-Identifier: MIT */
/*
 * Exceptions as a test wants them: try one instruction, and see what came of it.
 *
 * TRY(instruction, operands) executes one instruction and returns the exception that it raised, or
 * EXC_NONE. user_call() runs a function in user mode until it returns or raises an exception. A
 * test that wants the whole frame, or to resume, registers a handler of its own with
 * trap_handle(). An exception that nobody expected prints its frame and fails the test.
 */
#ifndef PV_TRAP_H
#define PV_TRAP_H

#include "hypercall.h"

/* clang-format off */
enum vector {
	VEC_DE, VEC_DB, VEC_NMI, VEC_BP, VEC_OF, VEC_BR, VEC_UD, VEC_NM,
	VEC_DF, VEC_CSO, VEC_TS, VEC_NP, VEC_SS, VEC_GP, VEC_PF, VEC_SPV,
	VEC_MF, VEC_AC, VEC_MC, VEC_XM,
	VEC_USER_EXIT = 0x21,	/* how user_call()'s function comes back */
	/* Entries that are no vectors of the trap table, numbered behind it. */
	VEC_EVENT = 256, VEC_FAILSAFE, VEC_NMI_CALLBACK, VEC_SYSCALL, VEC_SYSENTER,
	VEC_COUNT
};
/* clang-format on */

/* An exception: happened, vector, error code. */
typedef uint32_t exc_t;
#define EXC_NONE	   0U
#define EXC(vector, error) (1U << 31 | (uint32_t)(vector) << 16 | (uint16_t)(error))
#define EXC_VECTOR(exc)	   ((exc) >> 16 & 0x7fff)
#define EXC_ERROR(exc)	   ((uint16_t)(exc))

/* Bits of a page fault's error code, and of error codes that name a selector. */
#define PF_PRESENT   1
#define PF_WRITE     2
#define PF_USER	     4
#define PF_RSVD	     8
#define PF_FETCH     16
#define SEL_ERROR(s) ((s) & ~3)
#define INT_ERROR(n) ((n)*8 + 2)

#define FLAG_CF	  (1UL << 0)
#define FLAG_TF	  (1UL << 8)
#define FLAG_IF	  (1UL << 9)
#define FLAG_DF	  (1UL << 10)
#define FLAG_OF	  (1UL << 11)
#define FLAG_IOPL (3UL << 12)
#define FLAG_NT	  (1UL << 14)
#define FLAG_RF	  (1UL << 16)
#define FLAG_VM	  (1UL << 17)
#define FLAG_AC	  (1UL << 18)
#define FLAG_ID	  (1UL << 21)

/*
 * Everything that the entry stubs leave on the stack, lowest address first. From the field `ip` on
 * it is the hypervisor's frame; a 32-bit kernel's own frames end before `sp`.
 */
struct regs {
#ifdef __i386__
	unsigned long gs, fs, es, ds;
	unsigned long di, si, bp, unused, bx, dx, cx, ax;
#else
	unsigned long r15, r14, r13, r12, r10, r9, r8;
	unsigned long di, si, bp, bx, dx, cx, r11, ax;
#endif
	unsigned long vector, error;
	unsigned long ip;
	uint16_t cs;
#ifdef __x86_64__
	uint16_t unused_cs;
#endif
	uint8_t saved_mask;
	uint8_t unused_mask[sizeof(long) == 8 ? 3 : 1];
	unsigned long flags;
	unsigned long sp, ss;
};

/* The selectors that a failsafe frame carries below the usual one, of the last such call. */
struct failsafe_segs {
	unsigned long ds, es, fs, gs;
};
extern struct failsafe_segs failsafe_segs;

/* Install stubs for all 256 vectors of the trap table: DPL 3 for #BP, #OF and VEC_USER_EXIT. */
void trap_init(void);

/* The stub of a vector, for tests that write trap-table entries of their own. */
unsigned long trap_stub(unsigned int vector);
/* Set one entry of the trap table; flags as in trap_info (DPL, mask events). */
int trap_set(unsigned int vector, unsigned int flags);

/* A handler returns true when it dealt with the trap and the frame is to be resumed. */
typedef bool (*trap_fn)(struct regs *regs);
void trap_handle(unsigned int vector, trap_fn fn);

bool regs_from_user(const struct regs *regs);
/* Stack pointer at the time of the trap: a 32-bit kernel's own frames do not hold it. */
unsigned long regs_sp(const struct regs *regs);
/* CR2 as the hypervisor left it for the last page fault. */
unsigned long trap_cr2(void);
const char *vector_name(unsigned int vector);

/* The last exception that TRY() or user_call() caught. */
struct exc_info {
	exc_t exc;
	unsigned long ip, sp, cs, ss, flags, cr2;
	unsigned long ax, bx, cx, dx, si, di;
	uint8_t saved_mask;
};
extern struct exc_info exc_last;

/* Where TRY() resumes after a fault; 0 while none is armed. Written by the macro's assembler. */
extern unsigned long exc_resume, exc_sp;
exc_t exc_taken(void);

/*
 * The operands are those of an extended asm, from the outputs on: TRY("mov %%cr0, %0", "=r"(x)).
 * Resuming restores the stack pointer, so the instruction may also push, jump or return to nowhere.
 */
#ifdef __i386__
#define EXC_ARM "movl $772f, exc_resume\n\tmovl %%esp, exc_sp\n771:\t"
#define EXC_END "\n772:\tmovl $0, exc_resume"
#else
#define EXC_ARM "movq $772f, exc_resume\n\tmovq %%rsp, exc_sp\n771:\t"
#define EXC_END "\n772:\tmovq $0, exc_resume"
#endif
#define TRY(insn, ...)                                            \
	({                                                        \
		exc_last.exc = EXC_NONE;                          \
		asm volatile("" : : : "memory");                  \
		asm volatile(EXC_ARM insn EXC_END : __VA_ARGS__); \
		asm volatile("" : : : "memory");                  \
		exc_taken();                                      \
	})

/* Address of the instruction of the TRY() that follows it in the same asm. */
static inline exc_t try_read(const void *p, unsigned long *value)
{
	unsigned long v = 0;
	exc_t e = TRY("mov %1, %0", "=&r"(v) : "m"(*(const volatile unsigned long *)p));

	if (value)
		*value = v;
	return e;
}

static inline exc_t try_write(void *p, unsigned long value)
{
	return TRY("mov %1, %0", "+m"(*(volatile unsigned long *)p) : "r"(value));
}

/* Jump there; only a fault comes back, so the address must not hold code. */
static inline exc_t try_jump(unsigned long addr)
{
	return TRY("jmp *%0", : "r"(addr));
}

/*
 * User mode. user_init() makes the image's pages accessible to it and sets the kernel stack for
 * traps. The function runs with event delivery as it is, on a stack of its own, and must not call
 * hypercalls. Returns EXC_NONE when it returned (its value to *result), else the exception.
 */
typedef unsigned long (*user_fn)(unsigned long arg);
void user_init(void);
exc_t user_call(user_fn fn, unsigned long arg, unsigned long *result);
extern char user_stack[], user_stack_top[];
/* The stack that traps from user mode arrive on. */
extern char trap_stack[], trap_stack_top[];

/* Define a function of one instruction for user_call(); `reg` holds the argument and the result. */
#define USER_INSN(name, insn)              \
	unsigned long name(unsigned long); \
	asm(".pushsection .text\n\t.global " #name "\n" #name ":\n\t" insn "\n\tret\n\t.popsection")

#endif
