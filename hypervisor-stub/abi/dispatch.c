/* SPDX-License-Identifier: MIT */
/*
 * The dispatcher: from the guest's registers to a function, and the last stop before the guest.
 *
 * Each hypercall has one small thunk for each width, made from hypercalls.def: it takes the six raw
 * argument words and calls do_NAME() with native arguments. The fast path records the call in the
 * vCPU's history (for crash reports), calls the thunk and stores the result; nothing else.
 *
 * A handler that stops half-way returns -ERESTART. Its number and words go into vcpu.cont, never back
 * into the guest's registers (real Xen does that, and guests have been seen to depend on neither way);
 * guest_return() calls it again, after softirqs had their say, so another vCPU may run in between.
 *
 * No locks: everything here belongs to the vCPU that runs on this pCPU.
 */
#include "abi/dispatch.h"
#include "abi/abi.h"
#include "abi/ops.h"
#include "abi/shared.h"
#include "abi/width.h"
#include "console/console.h"
#include "cpu/entry.h"
#include "event/event.h"
#include "grant/grant.h"
#include "mm/mm.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/timer.h"

struct hypercall {
	long (*call)(const uint64_t *args);
	const char *name;
};

/* How many raw words an argument takes, and its value from them, at either width. */
#define WORDS32_WORD 1
#define WORDS32_U32  1
#define WORDS32_GPTR 1
#define WORDS32_U64  2

#define TAKE32_WORD(a) ((a)[0])
#define TAKE32_U32(a)  ((uint32_t)(a)[0])
#define TAKE32_GPTR(a) _gptr((a)[0])
#define TAKE32_U64(a)  ((a)[0] | (a)[1] << 32)

#define TAKE64_WORD(a) ((a)[0])
#define TAKE64_U32(a)  ((uint32_t)(a)[0])
#define TAKE64_GPTR(a) _gptr((a)[0])
#define TAKE64_U64(a)  ((a)[0])

/* clang-format off */
#define THUNK(width, name, expr)                                              \
	static long call##width##_##name(const uint64_t *a)                   \
	{                                                                     \
		(void)a;                                                      \
		return expr;                                                  \
	}
#define SLOT1(k1)	  (a + WORDS32_##k1)
#define SLOT2(k1, k2)	  (a + WORDS32_##k1 + WORDS32_##k2)
#define SLOT3(k1, k2, k3) (a + WORDS32_##k1 + WORDS32_##k2 + WORDS32_##k3)

#define SLOT4(k1, k2, k3, k4)                                                 \
	(a + WORDS32_##k1 + WORDS32_##k2 + WORDS32_##k3 + WORDS32_##k4)

#define CALL64_2(name, k1, k2) do_##name(TAKE64_##k1(a), TAKE64_##k2(a + 1))

#define HC0(nr, name)                                                         \
	THUNK(32, name, do_##name())                                          \
	THUNK(64, name, do_##name())
#define HC1(nr, name, k1)                                                     \
	THUNK(32, name, do_##name(TAKE32_##k1(a)))                            \
	THUNK(64, name, do_##name(TAKE64_##k1(a)))
#define HC2(nr, name, k1, k2)                                                 \
	THUNK(32, name, do_##name(TAKE32_##k1(a), TAKE32_##k2(SLOT1(k1))))    \
	THUNK(64, name, CALL64_2(name, k1, k2))
#define HC3(nr, name, k1, k2, k3)                                             \
	THUNK(32, name, do_##name(TAKE32_##k1(a), TAKE32_##k2(SLOT1(k1)),     \
				  TAKE32_##k3(SLOT2(k1, k2))))                \
	THUNK(64, name, do_##name(TAKE64_##k1(a), TAKE64_##k2(a + 1),         \
				  TAKE64_##k3(a + 2)))
#define HC4(nr, name, k1, k2, k3, k4)                                         \
	THUNK(32, name, do_##name(TAKE32_##k1(a), TAKE32_##k2(SLOT1(k1)),     \
				  TAKE32_##k3(SLOT2(k1, k2)),                 \
				  TAKE32_##k4(SLOT3(k1, k2, k3))))            \
	THUNK(64, name, do_##name(TAKE64_##k1(a), TAKE64_##k2(a + 1),         \
				  TAKE64_##k3(a + 2), TAKE64_##k4(a + 3)))
#define HC5(nr, name, k1, k2, k3, k4, k5)                                     \
	THUNK(32, name, do_##name(TAKE32_##k1(a), TAKE32_##k2(SLOT1(k1)),     \
				  TAKE32_##k3(SLOT2(k1, k2)),                 \
				  TAKE32_##k4(SLOT3(k1, k2, k3)),             \
				  TAKE32_##k5(SLOT4(k1, k2, k3, k4))))        \
	THUNK(64, name, do_##name(TAKE64_##k1(a), TAKE64_##k2(a + 1),         \
				  TAKE64_##k3(a + 2), TAKE64_##k4(a + 3),     \
				  TAKE64_##k5(a + 4)))
#define ONLY64_2(nr, name, k1, k2) THUNK(64, name, CALL64_2(name, k1, k2))
#include "abi/hypercalls.def"
#undef HC0
#undef HC1
#undef HC2
#undef HC3
#undef HC4
#undef HC5
#undef ONLY64_2

#define ENTRY(width, nr, name) [nr] = { call##width##_##name, #name },

#define HC0(nr, name, ...)	ENTRY(32, nr, name)
#define HC1			HC0
#define HC2			HC0
#define HC3			HC0
#define HC4			HC0
#define HC5			HC0
#define ONLY64_2(nr, name, ...)
static const struct hypercall calls32[HYPERCALL_COUNT] = {
#include "abi/hypercalls.def"
};
#undef HC0
#undef ONLY64_2

#define HC0(nr, name, ...)	ENTRY(64, nr, name)
#define ONLY64_2		HC0
static const struct hypercall calls64[HYPERCALL_COUNT] = {
#include "abi/hypercalls.def"
};
/* clang-format on */

const char *hypercall_name(uint64_t nr)
{
	return nr < HYPERCALL_COUNT && calls64[nr].call ? calls64[nr].name : "?";
}

static const struct hypercall *find_call(const struct vcpu *v, uint64_t nr)
{
	if (unlikely(nr >= HYPERCALL_COUNT))
		return NULL;
	return v->domain->is_32bit ? &calls32[nr] : &calls64[nr];
}

long hypercall_invoke(struct vcpu *v, uint64_t nr, const uint64_t args[HYPERCALL_ARGS])
{
	const struct hypercall *h = find_call(v, nr);

	if (unlikely(!h || !h->call)) {
		v->call_name = "hypercall";
		return refuse(-ENOSYS, "there is no hypercall %lu%s", nr,
			      nr < HYPERCALL_COUNT && calls64[nr].call ? " for 32-bit guests" : "");
	}
	v->call_name = h->name;
	v->call_index = CALL_NO_INDEX;
	v->cont.started = false;
	return h->call(args);
}

long hypercall_again(struct vcpu *v, uint64_t nr, const uint64_t args[HYPERCALL_ARGS])
{
	const struct hypercall *h = find_call(v, nr);

	v->call_name = h->name;
	return h->call(args);
}

static void take_arguments(bool is_32bit, const struct cpu_user_regs *regs, uint64_t *args)
{
	if (is_32bit) {
		args[0] = (uint32_t)regs->rbx;
		args[1] = (uint32_t)regs->rcx;
		args[2] = (uint32_t)regs->rdx;
		args[3] = (uint32_t)regs->rsi;
		args[4] = (uint32_t)regs->rdi;
		args[5] = (uint32_t)regs->rbp;
	} else {
		args[0] = regs->rdi;
		args[1] = regs->rsi;
		args[2] = regs->rdx;
		args[3] = regs->r10;
		args[4] = regs->r8;
		args[5] = regs->r9;
	}
}

static inline void finish(struct vcpu *v, struct call_record *rec, long rc)
{
	rec->rc = rc;
	guest_regs()->rax = v->domain->is_32bit ? (uint32_t)rc : (uint64_t)rc;
}

static void suspend_call(struct vcpu *v, const struct call_record *rec)
{
	struct continuation *c = &v->cont;

	c->active = true;
	c->nr = rec->nr;
	for (unsigned int i = 0; i < HYPERCALL_ARGS; i++)
		c->args[i] = rec->args[i];
}

void guest_hypercall(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	bool is_32bit = v->domain->is_32bit;
	struct call_record *rec = &v->history[v->history_next % CALL_HISTORY];
	uint64_t nr = is_32bit ? (uint32_t)regs->rax : regs->rax;
	long rc;

	/*
	 * Half of every trap, so it goes the shortest way and is not recorded. Its result is the guest's
	 * own rax, any value at all, and it never stops half-way.
	 */
	if (nr == __HYPERVISOR_iret) {
		v->call_name = "iret";
		v->call_index = CALL_NO_INDEX;
		regs->rax = (uint64_t)do_iret();
		return;
	}
	v->history_next++;
	rec->nr = nr;
	rec->rc = -ERESTART;
	take_arguments(is_32bit, regs, rec->args);
	rc = hypercall_invoke(v, nr, rec->args);
	if (unlikely(rc == -ERESTART))
		suspend_call(v, rec);
	else
		finish(v, rec, rc);
}

/* The unfinished call again. Its record is still the newest: the guest has not run since. */
static void resume_call(struct vcpu *v)
{
	struct continuation *c = &v->cont;
	long rc;

	c->active = false;
	rc = hypercall_again(v, c->nr, c->args);
	if (rc == -ERESTART)
		c->active = true;
	else
		finish(v, &v->history[(v->history_next - 1) % CALL_HISTORY], rc);
}

static bool nmi_due(const struct vcpu *v)
{
	return v->pv.nmi_pending && !v->pv.nmi_masked;
}

/* One thing, other than an upcall, that stands between the vCPU and its next instruction. */
static void do_pending_work(void)
{
	struct vcpu *v;

	if (preempt_wanted()) {
		softirq_run();
		return;
	}
	v = current;
	if (v->cont.active)
		resume_call(v);
	else if (nmi_due(v))
		bounce_nmi(v);
}

static inline bool work_pending(const struct vcpu *v)
{
	return preempt_wanted() || v->cont.active || nmi_due(v);
}

static __attribute__((noinline)) void work_off(void)
{
	for (;;) {
		/* Anew each time: a softirq may have given the pCPU to another vCPU. */
		struct vcpu *v = current;

		if (unlikely(work_pending(v))) {
			asm volatile("sti" : : : "memory");
			do_pending_work();
			asm volatile("cli" : : : "memory");
		} else if (vcpu_upcall_due(v)) {
			/* A few words on the guest's stack: not worth opening interrupts for. */
			bounce_event(v);
		} else {
			return;
		}
	}
}

/* Nearly always there is nothing: then this is a leaf that needs no registers of its own. */
void guest_return(struct cpu_user_regs *regs)
{
	const struct vcpu *v = current;

	(void)regs;
	if (unlikely(work_pending(v) || vcpu_upcall_due(v)))
		work_off();
}

uint64_t *hc_progress(void)
{
	struct continuation *c = &current->cont;

	if (!c->started) {
		c->started = true;
		for (unsigned int i = 0; i < ARRAY_SIZE(c->progress); i++)
			c->progress[i] = 0;
	}
	return c->progress;
}

void hc_element(unsigned int index)
{
	current->call_index = index;
}

void hc_abandon(struct vcpu *v)
{
	v->cont = (struct continuation){ 0 };
}
