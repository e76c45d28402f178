/* SPDX-License-Identifier: MIT */
/*
 * Threads: kernel stacks, the switch between them, and the way into a new one.
 *
 * What a switch tells the hypervisor goes into one multicall: the stack for the next entry from
 * ring 3, the descriptors that differ, and that the FPU holds another thread's numbers.
 */
#include "xen-x86.h"
#include "switch.h"
#include "lib/string.h"

void switch_stacks(uint32_t *save_esp, uint32_t new_esp);
_Noreturn void enter_user(struct regs *r);
extern const char entry_thread[], entry_fork_child[];

struct machine_thread *switch_running;

/* What switch_stacks pops, from the lowest address up. */
struct switch_frame {
	uint32_t edi, esi, ebx, ebp, eip;
};

static void *stack_top(void *stack)
{
	return (char *)stack + KERNEL_STACK_SIZE;
}

struct regs *machine_user_regs(void *stack)
{
	return (struct regs *)stack_top(stack) - 1;
}

void machine_thread_init(struct machine_thread *t, void *stack, void (*entry)(void *), void *arg)
{
	struct switch_frame *f = (struct switch_frame *)machine_user_regs(stack) - 1;

	memset(t, 0, sizeof(*t));
	*f = (struct switch_frame){ .eip = (uint32_t)entry_thread,
				    .esi = (uint32_t)entry,
				    .edi = (uint32_t)arg };
	t->esp = (uint32_t)f;
}

void machine_thread_fork(struct machine_thread *t, void *stack, const struct regs *regs,
			 struct machine_thread *parent)
{
	struct regs *child = machine_user_regs(stack);
	struct switch_frame *f = (struct switch_frame *)child - 1;

	fpu_save_current(parent);
	*t = *parent;
	*child = *regs;
	*f = (struct switch_frame){ .eip = (uint32_t)entry_fork_child };
	t->esp = (uint32_t)f;
}

/* Without its address space a thread cannot go on; a descriptor of a program may well be refused. */
static void switch_multicall(struct multicall_entry *calls, unsigned n)
{
	unsigned i;

	if (hypercall_multicall(calls, n))
		panic("the hypervisor refused a context switch");
	for (i = 0; i < n; i++)
		if (calls[i].op == __HYPERVISOR_mmuext_op && calls[i].result)
			panic("the hypervisor refused to load an address space");
}

void machine_switch(struct machine_thread *from, struct machine_thread *to, void *to_stack,
		    struct space *space)
{
	struct multicall_entry calls[SWITCH_CALLS_MAX];
	struct mmuext_op root;
	unsigned n = 0;

	calls[n].op = __HYPERVISOR_stack_switch;
	calls[n].args[0] = FLAT_KERNEL_SS;
	calls[n++].args[1] = (unsigned long)stack_top(to_stack);
	n += space_switch_calls(&calls[n], space, &root);
	n += desc_switch_calls(&calls[n], to);
	n += fpu_switch_calls(&calls[n], to);
	switch_running = to;
	if (n == 1)
		hypercall_stack_switch(FLAT_KERNEL_SS, (unsigned long)stack_top(to_stack));
	else
		switch_multicall(calls, n);
	switch_stacks(&from->esp, to->esp);
}

void machine_thread_reset(struct machine_thread *t)
{
	fpu_drop(t);
	memset(t->tls, 0, sizeof(t->tls));
	desc_load(t);
}

void machine_thread_fini(struct machine_thread *t)
{
	fpu_drop(t);
}

_Noreturn void machine_enter_user(void *stack)
{
	enter_user(machine_user_regs(stack));
}
