/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's core: states of vCPUs, one queue a pCPU, and the softirq that switches.
 *
 * Whoever wants another vCPU to run changes a flag under the runq lock and raises SOFTIRQ_SCHED;
 * schedule() alone decides, on the way back to the guest or from the idle loop, when nothing is on the
 * stack and no lock is held. The order of waiting vCPUs is the policy's business (sched/policy.h).
 * Trusts: its callers. Lock: runq, one a pCPU, guards the queue and vcpu.sched of its vCPUs.
 */
#include "sched/sched.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "lib/string.h"
#include "mm/mm.h"

struct runq {
	struct spinlock lock;
	struct sched_queue queue;
	struct timer slice; /* end of the running unit's turn; set only while others wait */
	uint64_t turn;	    /* ns that the running unit may stay, from `since` */
	stime_t since;	    /* when it got the pCPU */
};

static struct runq runqs[MAX_PCPUS];
static const struct sched_policy *policy = &policy_rr;
/* Idle vCPUs need a domain to name them; this one owns nothing. */
static struct domain idle_domain;

static struct runq *runq_of(const struct vcpu *v)
{
	return &runqs[v->sched.cpu->id];
}

static struct vcpu *unit_vcpu(struct sched_unit *u)
{
	return container_of(u, struct vcpu, sched.unit);
}

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

static void raise_sched(struct pcpu *cpu)
{
	if (cpu == this_pcpu())
		softirq_raise(SOFTIRQ_SCHED);
	else
		softirq_raise_on(cpu, SOFTIRQ_SCHED);
}

/* Somebody waits now: the running unit's turn must end. Locks: runq. */
static void watch_slice(struct runq *q)
{
	if (q->queue.waiting && !timer_is_set(&q->slice))
		timer_set(&q->slice, q->since + q->turn);
}

/* A vCPU that is not running became able to run. Locks: runq. */
static void make_ready(struct runq *q, struct vcpu *v)
{
	struct pcpu *cpu = v->sched.cpu;

	if (v->sched.unit.ready)
		return;
	policy->ready(&q->queue, &v->sched.unit, 0);
	if (vcpu_is_idle(cpu->running) ||
	    policy->preempts(&q->queue, &cpu->running->sched.unit, &v->sched.unit))
		raise_sched(cpu);
	else
		watch_slice(q);
}

/* After any change of v's flags: put it where it belongs now. Locks: runq. */
static void settle(struct runq *q, struct vcpu *v)
{
	if (v->sched.running) {
		if (!can_run(v))
			raise_sched(v->sched.cpu);
		return;
	}
	if (can_run(v))
		make_ready(q, v);
	else
		policy->remove(&q->queue, &v->sched.unit);
	if (v->sched.runstate.state != (int)waiting_state(v))
		runstate_enter(v, waiting_state(v), now());
}

static void slice_over(void *data)
{
	raise_sched(data);
}

static void put_back(struct runq *q, struct vcpu *prev, uint64_t ran)
{
	if (can_run(prev))
		policy->ready(&q->queue, &prev->sched.unit, max(ran, (uint64_t)1));
	else
		policy->stopped(&q->queue, &prev->sched.unit, ran);
}

static struct vcpu *pick_next(struct runq *q, struct pcpu *cpu, stime_t t)
{
	struct sched_unit *u = policy->pick(&q->queue, &q->turn);

	q->since = t;
	if (!u)
		return cpu->idle;
	return unit_vcpu(u);
}

/* SOFTIRQ_SCHED. */
static void schedule(void)
{
	struct pcpu *cpu = this_pcpu();
	struct runq *q = &runqs[cpu->id];
	struct vcpu *prev = current, *next;
	stime_t t = now();

	spin_lock(&q->lock);
	if (!vcpu_is_idle(prev))
		put_back(q, prev, t - q->since);
	next = pick_next(q, cpu, t);
	if (timer_is_set(&q->slice))
		timer_stop(&q->slice);
	if (!vcpu_is_idle(next))
		watch_slice(q);
	if (prev == next) {
		spin_unlock(&q->lock);
		return;
	}
	prev->sched.running = false;
	runstate_enter(prev, waiting_state(prev), t);
	next->sched.running = true;
	runstate_enter(next, RUNSTATE_running, t);
	spin_unlock(&q->lock);
	context_switch(prev, next);
}

void vcpu_wake(struct vcpu *v)
{
	struct runq *q = runq_of(v);

	spin_lock(&q->lock);
	v->sched.blocked = false;
	if (v->sched.in_poll) {
		v->sched.in_poll = false;
		v->domain->pollers--;
	}
	settle(q, v);
	spin_unlock(&q->lock);
}

void vcpu_kick(struct vcpu *v)
{
	/* The pCPU that runs v looks at its events before it goes back to it. */
	if (v->sched.blocked)
		vcpu_wake(v);
	else if (v->sched.running && v->sched.cpu != this_pcpu())
		raise_sched(v->sched.cpu);
}

static void resettle(struct vcpu *v)
{
	struct runq *q = runq_of(v);

	spin_lock(&q->lock);
	settle(q, v);
	spin_unlock(&q->lock);
}

void vcpu_pause_nosync(struct vcpu *v)
{
	v->sched.pause_count++;
	resettle(v);
}

void vcpu_pause(struct vcpu *v)
{
	vcpu_pause_nosync(v);
	while (v != current && READ_ONCE(v->sched.running))
		asm volatile("pause");
}

void vcpu_unpause(struct vcpu *v)
{
	v->sched.pause_count--;
	resettle(v);
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	d->pause_count++;
	for_each_vcpu (d, v)
		resettle(v);
}

void domain_unpause(struct domain *d)
{
	struct vcpu *v;

	d->pause_count--;
	for_each_vcpu (d, v)
		resettle(v);
}

void vcpu_start(struct vcpu *v)
{
	v->sched.down = false;
	resettle(v);
}

void vcpu_stop(struct vcpu *v)
{
	v->sched.down = true;
	resettle(v);
}

void vcpu_retire(struct vcpu *v)
{
	timer_stop(&v->sched.poll_timer);
	resettle(v);
}

void vcpu_block_current(void)
{
	struct vcpu *v = current;

	v->sched.blocked = true;
	softirq_raise(SOFTIRQ_SCHED);
}

void sched_yield_current(void)
{
	struct vcpu *v = current;
	struct runq *q = runq_of(v);

	spin_lock(&q->lock);
	policy->yields(&q->queue, &v->sched.unit);
	spin_unlock(&q->lock);
	softirq_raise(SOFTIRQ_SCHED);
}

int sched_init_vcpu(struct vcpu *v)
{
	v->sched.cpu = &pcpus[0];
	v->sched.down = true;
	v->sched.runstate.state = RUNSTATE_offline;
	v->sched.runstate.state_entry_time = now();
	policy->unit_init(&v->sched.unit);
	poll_init_vcpu(v);
	return 0;
}

void sched_free_vcpu(struct vcpu *v)
{
	vcpu_retire(v);
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
}

void sched_init(void)
{
	idle_domain.id = DOMID_IDLE;
	idle_domain.state = DOM_ALIVE;
	strlcpy(idle_domain.name, "idle", sizeof(idle_domain.name));
	for (unsigned int i = 0; i < max(pcpu_count, 1u); i++) {
		spin_init(&runqs[i].lock, LOCK_RUNQ);
		policy->queue_init(&runqs[i].queue);
		timer_init(&runqs[i].slice, slice_over, &pcpus[i]);
		init_idle(&pcpus[i]);
	}
	current = pcpus[0].idle;
	softirq_register(SOFTIRQ_SCHED, schedule);
	log_info("scheduler: %s", policy->name);
}

noreturn void sched_start(void)
{
	softirq_raise(SOFTIRQ_SCHED);
	idle_enter();
}
