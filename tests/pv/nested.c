/* SPDX-License-Identifier: MIT */
/*
 * Nested traps: faults in handlers, and handlers that fault on purpose.
 *
 * Mechanism: each bounce pushes its own frame; there is no double fault as long as the stack holds.
 * An event and an exception at once both run, the event's handler first.
 * Steps: 1. a page fault in the #UD handler in the #GP handler; 2. a hundred levels; 3. an event
 * that became pending while masked, opened before a fault.
 * Fails by: the level or the order.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

static unsigned int depth, deepest, faults;
static char *window;

static bool on_ud(struct regs *regs)
{
	unsigned long ignored;

	/* The page fault resumes behind this read, which is two or three bytes long. */
	asm volatile("mov (%1), %0" : "=a"(ignored) : "c"(window));
	regs->ip += 2;
	return true;
}

static bool on_pf(struct regs *regs)
{
	faults++;
	expect_u64(trap_cr2(), (unsigned long)window, "cr2");
	regs->ip += sizeof(long) == 8 ? 3 : 2;
	return true;
}

static bool on_gp(struct regs *regs)
{
	asm volatile("ud2");
	regs->ip += 1; /* hlt */
	return true;
}

static bool on_bp(struct regs *regs)
{
	(void)regs;
	if (++depth < 100)
		asm volatile("int3");
	if (depth > deepest)
		deepest = depth;
	depth--;
	return true;
}

static unsigned int order[4], n_order;

static bool note_ud(struct regs *regs)
{
	order[n_order++ & 3] = VEC_UD;
	regs->ip += 2;
	return true;
}

static void note_upcall(struct regs *regs)
{
	(void)regs;
	order[n_order++ & 3] = VEC_EVENT;
}

static void check_order(void)
{
	int port = evtchn_bind_ipi(0);

	trap_handle(VEC_UD, note_ud);
	upcall_hook = note_upcall;
	upcall_mask(true);
	evtchn_send(port);
	upcall_mask(false);
	asm volatile("ud2");
	upcall_mask(true);
	expect(n_order, 2, "handlers run");
	expect(order[0], VEC_EVENT, "first");
	expect(order[1], VEC_UD, "second");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	event_init();
	window = window_init();
	trap_handle(VEC_UD, on_ud);
	trap_handle(VEC_PF, on_pf);
	trap_handle(VEC_GP, on_gp);
	trap_handle(VEC_BP, on_bp);
	asm volatile("hlt");
	expect(faults, 1, "page faults, three levels deep");
	asm volatile("int3");
	expect(deepest, 100, "levels of int3");
	expect(depth, 0, "levels left");
	check_order();
}
