/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's core: states of vCPUs, the queue of all pCPUs, and the softirq that switches.
 *
 * Whoever wants another vCPU to run changes a flag under the runq lock and raises SOFTIRQ_SCHED on the
 * pCPU concerned; schedule() alone decides, on the way back to the guest or from the idle loop, when nothing
 * is on the stack and no lock is held. The order of waiting vCPUs is the policy's business (sched/policy.h).
 *
 * When a vCPU begins to wait, somebody must look: an idle pCPU that it may use, its own last one and those
 * that it prefers first; else the pCPU whose vCPU has the best reason to leave, if the policy puts the
 * new one before it; else the end of a turn, for which each pCPU's slice timer is set while anybody waits.
 *
 * Trusts: its callers. Lock: runq, for the queue, sched_cpus and vcpu.sched; without it a vCPU sets its own
 * `blocked`, and anybody reads `running`, `blocked` and `cpu` as a hint.
 */
#include "sched/sched.h"
#include "abi/shared.h"
#include "boot/options.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "sched/budget.h"
#include "sched/dump.h"
#include "sched/internal.h"

struct spinlock runq = SPINLOCK_INIT(LOCK_RUNQ);
struct sched_cpu sched_cpus[MAX_PCPUS];
const struct sched_policy *policy = &policy_bvt;

static uint64_t online;	  /* pCPUs that take part */
static uint64_t idle;	  /* those that run nobody, and were not told to look at the queue */
static struct timer caps; /* the next period of capped domains */
static bool started;	  /* domains are built: guests may run */
/* Idle vCPUs need a domain to name them; this one owns nothing. */
static struct domain idle_domain;

static bool can_run(const struct vcpu *v)
{
	return !v->sched.blocked && !v->sched.down && !v->sched.pause_count &&
	       !v->domain->pause_count && domain_is_live(v->domain);
}

static unsigned int waiting_state(const struct vcpu *v)
{
	if (can_run(v))
		return RUNSTATE_runnable;
	return v->sched.blocked ? RUNSTATE_blocked : RUNSTATE_offline;
}

static void raise_sched(unsigned int cpu)
{
	if (&pcpus[cpu] == this_pcpu())
		softirq_raise(SOFTIRQ_SCHED);
	else
		softirq_raise_on(&pcpus[cpu], SOFTIRQ_SCHED);
}

/*
 * The scheduler's clock, one for all pCPUs, and it never runs backwards: pCPUs read theirs a little differently, and a
 * turn that had begun in the future would have lasted for ages. Locks: runq.
 */
static stime_t sched_now(void)
{
	static stime_t latest;
	stime_t t = now();

	if (t > latest)
		latest = t;
	return latest;
}

/* ---- somebody waits ---------------------------------------------------------------------------------- */

static unsigned int first_cpu(uint64_t mask)
{
	return (unsigned int)__builtin_ctzll(mask);
}

/* The best of these pCPUs for v: where it ran last, those that it prefers, any. Not 0. */
static unsigned int best_cpu(const struct vcpu *v, uint64_t mask)
{
	unsigned int last = v->sched.cpu->id;
	uint64_t soft = mask & v->sched.unit.soft;

	if (soft)
		mask = soft;
	return mask >> last & 1 ? last : first_cpu(mask);
}

/* Of these pCPUs, the one whose vCPU should go first, if v should run before it. */
static struct sched_cpu *weakest(const struct vcpu *v, uint64_t mask, stime_t t)
{
	struct sched_cpu *found = NULL;
	uint64_t last = policy->rank(&v->sched.unit, 0);

	for (; mask; mask &= mask - 1) {
		struct sched_cpu *c = &sched_cpus[first_cpu(mask)];
		uint64_t rank;

		if (vcpu_is_idle(c->turn))
			continue;
		rank = policy->rank(&c->turn->sched.unit, t - c->since);
		if (!key_before(last, rank))
			continue;
		found = c;
		last = rank;
	}
	return found;
}

/* The turn there ends at t, or earlier if that was so already. Locks: runq. */
static void end_turn_by(struct sched_cpu *c, stime_t t)
{
	if (!timer_is_set(&c->slice) || c->slice.deadline > t)
		timer_set(&c->slice, t);
}

void sched_tickle(struct vcpu *v)
{
	uint64_t mask = v->sched.unit.hard & online, free = mask & idle;
	struct sched_cpu *c;
	stime_t t;

	if (free) {
		unsigned int cpu = best_cpu(v, free);

		idle &= ~(1ULL << cpu);
		raise_sched(cpu);
		return;
	}
	t = sched_now();
	c = weakest(v, mask, t);
	if (c && t - c->since >= sched_settings.ratelimit) {
		raise_sched((unsigned int)(c - sched_cpus));
		return;
	}
	if (c)
		end_turn_by(c, c->since + sched_settings.ratelimit);
	for (; mask; mask &= mask - 1) {
		c = &sched_cpus[first_cpu(mask)];
		if (!vcpu_is_idle(c->turn) && !timer_is_set(&c->slice))
			timer_set(&c->slice, c->since + c->length);
	}
}

static void make_ready(struct vcpu *v)
{
	if (v->sched.unit.ready)
		return;
	policy->wake(&v->sched.unit, sched_now());
	sched_tickle(v);
}

void sched_settle(struct vcpu *v)
{
	unsigned int state;

	if (has_turn(v)) {
		if (!can_run(v))
			raise_sched(v->sched.cpu->id);
		return;
	}
	if (can_run(v))
		make_ready(v);
	else
		policy->remove(&v->sched.unit);
	state = waiting_state(v);
	if (v->sched.runstate.state != (int)state)
		runstate_enter(v, state, sched_now());
}

void sched_unit_changed(struct vcpu *v)
{
	policy->changed(&v->sched.unit, sched_now());
	/* It may have to leave, or to stop earlier than was planned. */
	if (has_turn(v))
		raise_sched(v->sched.cpu->id);
	else if (v->sched.unit.ready)
		sched_tickle(v);
}

/* ---- switching --------------------------------------------------------------------------------------- */

static void slice_over(void *data)
{
	const struct pcpu *cpu = data;

	raise_sched(cpu->id);
}

/* The one that had the pCPU: charge it, and let it wait among the others if it would go on. */
static void put_back(struct vcpu *prev, stime_t t)
{
	struct sched_unit *u = &prev->sched.unit;

	policy->stop(u, t - sched_cpus[u->cpu].since, t);
	if (can_run(prev))
		policy->requeue(u, t);
}

static struct vcpu *pick_next(unsigned int cpu, stime_t t)
{
	struct sched_cpu *c = &sched_cpus[cpu];
	struct sched_unit *u = started ? policy->pick(cpu, t, &c->length) : NULL;

	c->since = t;
	if (timer_is_set(&c->slice))
		timer_stop(&c->slice);
	if (!u) {
		idle |= 1ULL << cpu;
		return pcpus[cpu].idle;
	}
	idle &= ~(1ULL << cpu);
	if (policy->queue->count || u->paid)
		timer_set(&c->slice, t + c->length);
	return unit_vcpu(u);
}

/* The next period of the caps may let those go on that had to stop. Locks: runq. */
static void watch_caps(stime_t t)
{
	uint64_t when = budget_when(t);

	if (when != SCHED_NEVER && !timer_is_set(&caps))
		timer_set(&caps, when);
}

static void caps_renewed(void *unused)
{
	struct sched_unit *u;
	stime_t t;

	(void)unused;
	spin_lock(&runq);
	t = sched_now();
	while ((u = budget_next(t))) {
		policy->wake(u, t);
		sched_tickle(unit_vcpu(u));
	}
	watch_caps(t);
	spin_unlock(&runq);
}

/* next has the pCPU from now on, and prev has not. */
static void hand_over(struct sched_cpu *c, struct vcpu *prev, struct vcpu *next, stime_t t)
{
	c->turn = next;
	runstate_enter(prev, waiting_state(prev), t);
	next->sched.cpu = this_pcpu();
	next->sched.unit.cpu = next->sched.cpu->id;
	next->sched.unit.held = true;
	next->sched.running = true;
	runstate_enter(next, RUNSTATE_running, t);
}

/* SOFTIRQ_SCHED. */
static void schedule(void)
{
	unsigned int cpu = this_pcpu()->id;
	struct vcpu *prev = current, *next;
	struct vcpu_runstate_info left;
	stime_t t;

	spin_lock(&runq);
	t = sched_now();
	if (!vcpu_is_idle(prev))
		put_back(prev, t);
	next = pick_next(cpu, t);
	watch_caps(t);
	if (prev == next) {
		spin_unlock(&runq);
		return;
	}
	hand_over(&sched_cpus[cpu], prev, next, t);
	if (!gptr_is_null(prev->sched.runstate_area))
		left = prev->sched.runstate;
	spin_unlock(&runq);
	/* Its tables are still loaded, and a sibling may want to know that it waits. */
	if (!gptr_is_null(prev->sched.runstate_area))
		runstate_write(prev, &left);
	context_switch(prev, next);
}

void sched_saved(struct vcpu *prev)
{
	/* In this order: who sees it no longer held may run it, and sets `running`. */
	__atomic_store_n(&prev->sched.running, false, __ATOMIC_RELEASE);
	__atomic_store_n(&prev->sched.unit.held, false, __ATOMIC_SEQ_CST);
	/* Pcpus that looked at the queue meanwhile had to leave it there. */
	if (pcpu_count == 1 || !READ_ONCE(prev->sched.unit.ready))
		return;
	spin_lock(&runq);
	if (prev->sched.unit.ready)
		sched_tickle(prev);
	spin_unlock(&runq);
}

/* ---- waking ------------------------------------------------------------------------------------------ */

void vcpu_wake(struct vcpu *v)
{
	spin_lock(&runq);
	v->sched.blocked = false;
	poll_end(v);
	sched_settle(v);
	spin_unlock(&runq);
}

void vcpu_kick(struct vcpu *v)
{
	/* The pCPU that runs v looks at its events before it goes back to it. */
	if (READ_ONCE(v->sched.blocked))
		vcpu_wake(v);
	else if (READ_ONCE(v->sched.running) && READ_ONCE(v->sched.cpu) != this_pcpu())
		raise_sched(READ_ONCE(v->sched.cpu)->id);
}

void vcpu_block_current(void)
{
	struct vcpu *v = current;

	/*
	 * First the flag, then the look: an event sets its bits first and looks at the flag then. One that is
	 * there already has nothing to wait for, its upcall comes on the way back.
	 */
	__atomic_store_n(&v->sched.blocked, true, __ATOMIC_SEQ_CST);
	if (vcpu_upcall_pending(v) || (v->pv.nmi_pending && !v->pv.nmi_masked))
		WRITE_ONCE(v->sched.blocked, false);
	else
		softirq_raise(SOFTIRQ_SCHED);
}

void sched_yield_current(void)
{
	/* Nobody waits: nothing to give way to. */
	if (!READ_ONCE(policy->queue->count))
		return;
	current->sched.unit.yielded = true;
	softirq_raise(SOFTIRQ_SCHED);
}

/* ---- whether it may run -------------------------------------------------------------------------------- */

static void settle_locked(struct vcpu *v)
{
	spin_lock(&runq);
	sched_settle(v);
	spin_unlock(&runq);
}

static void settle_all(struct domain *d)
{
	struct vcpu *v;

	spin_lock(&runq);
	for_each_vcpu (d, v)
		sched_settle(v);
	spin_unlock(&runq);
}

void vcpu_pause_nosync(struct vcpu *v)
{
	v->sched.pause_count++;
	settle_locked(v);
}

void vcpu_unpause(struct vcpu *v)
{
	v->sched.pause_count--;
	settle_locked(v);
}

void domain_pause_nosync(struct domain *d)
{
	d->pause_count++;
	settle_all(d);
}

void domain_unpause(struct domain *d)
{
	d->pause_count--;
	settle_all(d);
}

/*
 * Wait until v is off its pCPU. In a circle of vCPUs that wait for each other, each is asked to leave by
 * the one before it, and one at least waits for a lower address: that one gives up, and leaves.
 */
static bool wait_saved(const struct vcpu *v)
{
	const struct vcpu *me = current;

	if (v == me)
		return true;
	while (READ_ONCE(v->sched.running)) {
		if (me > v && !vcpu_is_idle(me) && !can_run(me))
			return false;
		cpu_park_point();
		asm volatile("pause");
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return true;
}

int vcpu_pause(struct vcpu *v)
{
	vcpu_pause_nosync(v);
	if (wait_saved(v))
		return 0;
	vcpu_unpause(v);
	return -ERESTART;
}

int domain_pause(struct domain *d)
{
	struct vcpu *v;

	domain_pause_nosync(d);
	for_each_vcpu (d, v) {
		if (wait_saved(v))
			continue;
		domain_unpause(d);
		return -ERESTART;
	}
	return 0;
}

void vcpu_start(struct vcpu *v)
{
	v->sched.down = false;
	settle_locked(v);
}

void vcpu_stop(struct vcpu *v)
{
	v->sched.down = true;
	settle_locked(v);
}

void vcpu_retire(struct vcpu *v)
{
	timer_stop(&v->sched.poll_timer);
	settle_locked(v);
}

/* ---- beginnings ---------------------------------------------------------------------------------------- */

void sched_init_domain(struct domain *d)
{
	d->sched = (struct sched_group){ .weight = SCHED_WEIGHT };
}

/* dom0_vcpus_pin: each vCPU of domain 0 on a pCPU of its own, as long as there are enough. */
static uint64_t first_mask(const struct vcpu *v)
{
	if (v->domain->id == 0 && option_flag("dom0_vcpus_pin"))
		return 1ULL << v->id % max(pcpu_count, 1u);
	return ~0ULL;
}

int sched_init_vcpu(struct vcpu *v)
{
	v->sched.cpu = &pcpus[0];
	v->sched.down = true;
	v->sched.runstate.state = RUNSTATE_offline;
	v->sched.runstate.state_entry_time = now();
	v->sched.unit.group = &v->domain->sched;
	v->sched.hard = v->sched.unit.hard = first_mask(v);
	v->sched.unit.soft = ~0ULL;
	spin_lock(&runq);
	policy->unit_init(&v->sched.unit);
	spin_unlock(&runq);
	poll_init_vcpu(v);
	return 0;
}

void sched_free_vcpu(struct vcpu *v)
{
	vcpu_retire(v);
	spin_lock(&runq);
	policy->unit_gone(&v->sched.unit);
	spin_unlock(&runq);
}

static void init_idle(struct pcpu *cpu)
{
	struct vcpu *v = kalloc(sizeof(*v));

	if (!v)
		panic("no memory for the idle vCPU of CPU %u", cpu->id);
	v->domain = &idle_domain;
	v->id = cpu->id;
	v->sched.cpu = cpu;
	v->cr3 = hv_root; /* no guest's tables stay in use while nobody runs */
	v->sched.running = true;
	v->sched.runstate.state = RUNSTATE_running;
	cpu->idle = v;
	cpu->running = v;
	sched_cpus[cpu->id].turn = v;
	timer_init(&sched_cpus[cpu->id].slice, slice_over, cpu);
}

static void choose_policy(void)
{
	char name[16];

	if (option_string("sched", name, sizeof(name))) {
		if (!strcmp(name, policy_credit.name))
			policy = &policy_credit;
		else if (strcmp(name, policy_bvt.name) != 0)
			log_warning("sched=%s: there are bvt and credit", name);
	}
	sched_init_settings();
}

void sched_init(void)
{
	idle_domain.id = DOMID_IDLE;
	idle_domain.state = DOM_ALIVE;
	strlcpy(idle_domain.name, "idle", sizeof(idle_domain.name));
	for (unsigned int i = 0; i < max(pcpu_count, 1u); i++)
		init_idle(&pcpus[i]);
	choose_policy();
	timer_init(&caps, caps_renewed, NULL);
	policy->start(max(pcpu_count, 1u));
	online = 1;
	current = pcpus[0].idle;
	softirq_register(SOFTIRQ_SCHED, schedule);
	sched_dump_init();
	log_info("scheduler: %s", policy->name);
}

uint64_t sched_online(void)
{
	return pcpu_count < 64 ? (1ULL << max(pcpu_count, 1u)) - 1 : ~0ULL;
}

void sched_join(void)
{
	uint64_t bit = 1ULL << this_pcpu()->id;

	if (likely(READ_ONCE(online) & bit))
		return;
	spin_lock(&runq);
	online |= bit;
	spin_unlock(&runq);
	softirq_raise(SOFTIRQ_SCHED);
}

noreturn void sched_start(void)
{
	uint64_t others;

	spin_lock(&runq);
	started = true;
	others = online;
	spin_unlock(&runq);
	for (; others; others &= others - 1)
		raise_sched(first_cpu(others));
	idle_enter();
}
