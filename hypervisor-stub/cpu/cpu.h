/* SPDX-License-Identifier: MIT */
/*
 * This machine: one pCPU's registers, stacks, descriptor tables and pending work.
 *
 * Owns: GDT, IDT, TSS, stacks, the entry code, control registers, softirqs. Everything here belongs
 * to one pCPU and is touched by it alone.
 *
 * A pCPU has one stack of STACK_SIZE, aligned to its size. Its top is `struct cpu_info`, so both the
 * guest's registers and `current` are found from the stack pointer: no swapgs, and the guest's GS base
 * stays where it is. Traps from a guest push struct cpu_user_regs exactly into cpu_info.regs. The
 * interrupt stacks (IST) of NMI, #DF, #MC and #DB are the lowest pages of the same region, so that
 * `current` works there too:
 *
 *	+0x0000 NMI | +0x1000 #DF | +0x2000 #MC | +0x3000 #DB | +0x4000 not mapped | ... | cpu_info
 *
 * What one pCPU writes of another: its softirq bits, and nothing else.
 */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#define STACK_SHIFT 15
#define STACK_SIZE  (1 << STACK_SHIFT)
#define MAX_PCPUS   64
#define IST_GUARD   4 /* the page of a stack that is not mapped */

/* Our own selectors; the guests' are in <xen/arch-x86/xen-x86_{32,64}.h>. */
#define HV_CS	     0xe008
#define HV_DS	     0xe010
#define HV_TSS	     0xe040
#define HV_LDT	     0xe050
#define HV_GDT_LIMIT 0xefff
#define HV_GDT_PAGE  14 /* which page of the window is ours */

#define AP_ENTRY_SIZE 32 /* of one of the further pCPUs' SYSCALL entries (cpu/entry.S) */

/* For the assembler, which cannot ask the compiler; cpu/init.c asserts them. */
#define CPU_INFO_SIZE	232
#define REGS_ERROR_CODE 120
#define REGS_RIP	128
#define REGS_CS		136
#define REGS_RSP	152
#define REGS_ES		168

#ifndef __ASSEMBLER__

struct vcpu;

struct pcpu {
	unsigned int id;
	uint32_t apic_id;      /* by which interrupt messages name it */
	struct cpu_info *info; /* the top of its stack */
	struct vcpu *running;  /* the same as cpu_info.current, for other pCPUs */
	struct vcpu *idle;
	struct vcpu *fpu_owner; /* whose FPU state is in the registers */
	uint64_t *window_l1;	/* its GDT/LDT window: 32 PTEs, 16 of each */
	bool ldt_shown;		/* the window has LDT pages */
	uint64_t *gdt_page[2];	/* our GDT page: [0] seen by 64-bit, [1] by 32-bit guests */
	uint64_t gdt_pte[2];	/* PTEs that map them, for window_l1[HV_GDT_PAGE] */
	void *tss;
	uint32_t tlb_epoch;  /* of its last full flush */
	uint32_t park_seen;  /* the last round in which it stood still: cpu/stop.c */
	bool tlb_clean;	     /* stands on our own root: has no guest's translations */
	uint64_t locks_held; /* debug builds: bit a lock class */
};

/* The top of each pCPU's stack. */
struct cpu_info {
	struct cpu_user_regs regs; /* the guest's, while the hypervisor runs */
	struct pcpu *pcpu;
	struct vcpu *current;
	_Atomic uint32_t softirqs; /* bits of enum softirq */
	uint32_t pad;
	uint64_t
		align; /* so that regs.es, where the processor begins to push, is 16-byte aligned */
};

/* Those that run: 0 is the boot pCPU. The count is final before the scheduler begins. */
extern struct pcpu pcpus[MAX_PCPUS];
extern unsigned int pcpu_count;

/* The boot pCPU's stack is in the image, those of the others in an area of their own (boot/link.ld). */
extern uint8_t boot_stack[STACK_SIZE], ap_stacks[MAX_PCPUS][STACK_SIZE];

static inline uint8_t *pcpu_stack(unsigned int id)
{
	return id ? ap_stacks[id] : boot_stack;
}

static inline struct cpu_info *cpu_info(void)
{
	uint64_t sp;

	/* Not volatile: within one function the stack is the same one. */
	asm("mov %%rsp, %0" : "=r"(sp));
	return (struct cpu_info *)((sp | (STACK_SIZE - 1)) + 1) - 1;
}

#define current	     (cpu_info()->current)
#define this_pcpu()  (cpu_info()->pcpu)
#define guest_regs() (&cpu_info()->regs)

/* In the order in which they run; the scheduler's last, since it may not come back. */
enum softirq {
	SOFTIRQ_TIMER,
	SOFTIRQ_IRQ, /* devices interrupted: events for domains */
	SOFTIRQ_CONSOLE,
	SOFTIRQ_PARK,
	SOFTIRQ_REAP,
	SOFTIRQ_SCHED,
	SOFTIRQ_COUNT
};

/* Once, before any other pCPU runs. */
void softirq_init(void);
void softirq_register(enum softirq nr, void (*handler)(void));
static inline void softirq_raise(enum softirq nr)
{
	__atomic_fetch_or((uint32_t *)&cpu_info()->softirqs, 1u << nr, __ATOMIC_RELAXED);
}
/* On another pCPU: sets the bit and, if it was clear, sends an interrupt. From anywhere. */
void softirq_raise_on(struct pcpu *cpu, enum softirq nr);
/* Runs all pending ones with interrupts on; may switch the vCPU and then does not return here. */
void softirq_run(void);

/*
 * stop.c. All others stand still where they hold no lock and change nothing, until cpus_unpark(); interrupts
 * on, no lock held.
 */
void cpus_park_others(void);
void cpus_unpark(void);
/* For loops that wait, with no lock held, for what another pCPU does: take part. */
void cpu_stand_still(void);
extern uint32_t park_round;
static inline void cpu_park_point(void)
{
	if (unlikely(__atomic_load_n(&park_round, __ATOMIC_RELAXED) & 1))
		cpu_stand_still();
}
/* They stop for ever, at once, wherever they are: who asks ends the machine. From anywhere. */
void cpus_halt_others(void);
/* The NMI handler's part of it. */
void cpu_halt_if_asked(void);
void stop_init(void);

/* A long operation asks this between its steps, and stops with -ERESTART if so. */
static inline bool preempt_wanted(void)
{
	return __atomic_load_n((uint32_t *)&cpu_info()->softirqs, __ATOMIC_RELAXED) != 0;
}

/* The window's page that holds our descriptors, in the version that such a guest expects. */
void gdt_select(bool is_32bit);
/* Point the LDT selector at this pCPU's LDT window (entries 0: no LDT) and load it. */
void ldt_select(unsigned int entries);

/*
 * SMEP and SMAP as the guest that runs next needs them: on for a 64-bit guest, whose kernel is a user to
 * paging; off for a 32-bit one in ring 1, a supervisor that may read and run its own user pages.
 */
void guard_select(bool is_32bit);
/* CR4 as it is while a guest with `guest_bits` (DE, TSD) runs; guard_select() keeps those. */
void cr4_set_guest_bits(uint64_t guest_bits);

/* Leave the hypervisor for the current vCPU, whose registers are in guest_regs(); never returns. */
noreturn void exit_to_guest(void);

#endif /* __ASSEMBLER__ */

#endif
