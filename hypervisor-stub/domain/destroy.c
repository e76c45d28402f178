/* SPDX-License-Identifier: MIT */
/*
 * Taking a domain apart: everything that it has goes back, in whatever order its peers let go.
 *
 * The work is a list of steps. Each may stop (-ERESTART), for preemption or because a vCPU is still on
 * another pCPU, and is called again. When the last step is done the domain is dead: it has no memory of
 * its own, and what is left is a number and a few structures, for as long as somebody holds a reference.
 *
 *	dying: stop vCPUs, calls, events, mappings, roots, memory ...
 *	    |                                                |  others still hold frames (-EBUSY):
 *	    |                                                v  the last of them to go calls us
 *	    +------------------------------------------->  dead -- last reference --> off the list, freed
 *
 * Two may want to work: the reaper (SOFTIRQ_REAP, a little at a time, so that a big domain's end delays
 * nobody), and a toolstack's domain_destroy(). Whoever takes the domain off the list of the dying works
 * on it alone, and puts it back if something is left to do. A domain of which others hold frames stays on
 * no list; domain_frames_gone() puts it back.
 *
 * The number stays taken, and the domain findable, until the last reference has gone: so whatever names
 * it by number (frames, pins, grants) never means another one.
 *
 * Locks: dying_lock for the two lists; the steps run with none held. The last reference may go anywhere
 * and under any lock, so freeing is left to the reaper (domain_bury).
 */
#include "abi/abi.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/life.h"
#include "domain/vtimer.h"
#include "event/event.h"
#include "grant/grant.h"
#include "irq/irq.h"
#include "mm/types.h"
#include "pv/pv.h"
#include "sched/sched.h"

#define REAP_PAUSE MS(1)

static struct spinlock dying_lock = SPINLOCK_INIT(LOCK_DOMAIN_LIST);
static struct list dying = LIST_INIT(dying);   /* to be taken apart */
static struct list buried = LIST_INIT(buried); /* dead, without a reference: to be freed */
static struct timer reap_timer[MAX_PCPUS];     /* one a pCPU: only it sets its own */

/* ---- the steps ------------------------------------------------------------------------------------- */

static int stop_vcpus(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v) {
		vcpu_retire(v);
		if (READ_ONCE(v->sched.running))
			return -ERESTART;
	}
	/* Nobody sets them any more; a function that runs on another pCPU is waited for. */
	for_each_vcpu (d, v) {
		vtimer_stop_vcpu(v);
		timer_kill(&v->sched.poll_timer);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++)
		if (d->watchdog[i].fire)
			timer_kill(&d->watchdog[i]);
	return 0;
}

static int abandon_calls(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v)
		hc_abandon(v);
	return 0;
}

static int close_events(struct domain *d)
{
	int rc = evtchn_destroy(d);

	if (!rc)
		pirqs_destroy(d);
	return rc;
}

/* Everything that a vCPU references in its domain's memory. */
static int drop_vcpu_frames(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v) {
		int rc = root_drop_vcpu(v);

		if (rc)
			return rc;
		pv_drop_ldt(v);
		pv_drop_gdt(v);
		vcpu_drop_info(v);
	}
	return 0;
}

/* Nobody outside may be told of it any more, and what it subscribed to ends. */
static int drop_virqs(struct domain *d)
{
	virq_forget_handler(d);
	return 0;
}

static int (*const steps[])(struct domain *) = {
	stop_vcpus,	  abandon_calls, drop_virqs, close_events, grants_release_mappings,
	drop_vcpu_frames, mm_relinquish,
};

/* As far as it goes without delaying anybody. 0: all done; -ERESTART; -EBUSY: others hold its frames. */
static int take_apart(struct domain *d)
{
	while (d->kill_step < ARRAY_SIZE(steps)) {
		int rc = steps[d->kill_step](d);

		if (rc)
			return rc;
		d->kill_step++;
		if (d->kill_step < ARRAY_SIZE(steps) && preempt_wanted())
			return -ERESTART;
	}
	return 0;
}

/* ---- who works ------------------------------------------------------------------------------------- */

static void put_back(struct domain *d)
{
	spin_lock(&dying_lock);
	list_add_tail(&dying, &d->dying);
	spin_unlock(&dying_lock);
}

/* This one, if nobody else works on it; or with NULL whichever is next. */
static struct domain *take(struct domain *d)
{
	spin_lock(&dying_lock);
	if (!d && !list_empty(&dying))
		d = list_first(&dying, struct domain, dying);
	if (d && list_empty(&d->dying))
		d = NULL;
	if (d)
		list_del(&d->dying);
	spin_unlock(&dying_lock);
	return d;
}

static bool anything_dying(void)
{
	return !list_empty(&dying) || !list_empty(&buried);
}

/* Others may hold frames of it, but it is over: its toolstack hears so. */
static void declare_dead(struct domain *d)
{
	bool first;

	spin_lock(&d->life);
	first = d->state == DOM_DYING;
	d->state = DOM_DEAD;
	spin_unlock(&d->life);
	if (first)
		virq_send_handler(VIRQ_DOM_EXC);
}

/* d is the caller's alone. False: something is left to do, and d is on the list again. */
static bool work_on(struct domain *d)
{
	int rc;

	/* Once others hold the rest, d may be put back and finished elsewhere at any moment. */
	domain_hold(d);
	rc = take_apart(d);
	if (rc == -ERESTART)
		put_back(d);
	else
		declare_dead(d);
	if (!rc)
		domain_put(d); /* the reference that it was made with */
	domain_put(d);
	return rc != -ERESTART;
}

void domain_frames_gone(struct domain *d)
{
	put_back(d);
	softirq_raise(SOFTIRQ_REAP);
}

void domain_bury(struct domain *d)
{
	spin_lock(&dying_lock);
	list_add_tail(&buried, &d->dying);
	spin_unlock(&dying_lock);
	softirq_raise(SOFTIRQ_REAP);
}

static struct domain *take_buried(void)
{
	struct domain *d = NULL;

	spin_lock(&dying_lock);
	if (!list_empty(&buried)) {
		d = list_first(&buried, struct domain, dying);
		list_del(&d->dying);
	}
	spin_unlock(&dying_lock);
	return d;
}

static void free_buried(void)
{
	struct domain *d;
	domid_t id;

	while ((d = take_buried())) {
		id = d->id;
		domain_free(d);
		log_info("d%u: gone, %lu kB free", id, heap_free_pages() * (PAGE_SIZE / 1024));
		virq_send_handler(VIRQ_DOM_EXC);
		if (list_empty(&domain_list)) {
			log_info("the last domain is gone");
			machine_end(true);
		}
	}
}

static void raise_reap(void *unused)
{
	(void)unused;
	softirq_raise(SOFTIRQ_REAP);
}

/* SOFTIRQ_REAP, on any pCPU. */
static void reap_softirq(void)
{
	struct domain *d = take(NULL);

	if (d)
		(void)work_on(d);
	free_buried();
	/* Guests run in between, or a big domain's end would stop them all. */
	if (anything_dying())
		timer_set(&reap_timer[this_pcpu()->id], now() + REAP_PAUSE);
}

void life_init(void)
{
	for (unsigned int i = 0; i < MAX_PCPUS; i++)
		timer_init(&reap_timer[i], raise_reap, NULL);
	grants_start();
	evtchn_start();
	softirq_register(SOFTIRQ_REAP, reap_softirq);
}

/* ---- for others -------------------------------------------------------------------------------------- */

void domain_kill(struct domain *d)
{
	struct vcpu *v;
	bool first;

	spin_lock(&d->life);
	first = d->state < DOM_DYING;
	if (first)
		d->state = DOM_DYING;
	spin_unlock(&d->life);
	if (!first)
		return;
	for_each_vcpu (d, v)
		vcpu_retire(v);
	put_back(d);
	softirq_raise(SOFTIRQ_REAP);
}

long domain_destroy(struct domain *d)
{
	domain_kill(d);
	if (READ_ONCE(d->state) == DOM_DEAD)
		return 0;
	/* Else the reaper has it in hand just now. */
	if (take(d) && work_on(d))
		return 0;
	return -ERESTART;
}
