/* SPDX-License-Identifier: MIT */
/*
 * How a domain ends, and the machine with it.
 *
 * A domain shuts itself down (SCHEDOP_shutdown), crashes, or is killed. Domain 0's end is the
 * machine's (observed32.md 5.3); so is the end of the last domain. Another domain is destroyed in the
 * background by a list of steps. Each step may stop, for preemption or because another domain still
 * holds a frame, and goes on at the next SOFTIRQ_REAP: a big domain's end delays nobody. The domain
 * stays findable, and its number taken, until its memory is back.
 *
 * Locks: domain.life for the state; the steps run with none held, in softirq context.
 */
#include "abi/abi.h"
#include "boot/options.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "domain/vtimer.h"
#include "event/event.h"
#include "grant/grant.h"
#include "mm/types.h"
#include "sched/sched.h"

#include <stdarg.h>

#include "lib/vsnprintf.h"

#define REAP_PAUSE MS(1)

#define EXIT_CLEAN 0
#define EXIT_DIRTY 1 /* the audit found differences, or domain 0 crashed */

/* ---- the machine ------------------------------------------------------------------------------ */

/* Recount all memory before the machine goes: every run is a test of it. */
static bool audit_clean(void)
{
	unsigned int differences = mm_audit();

	if (differences)
		log_error("audit: %u differences", differences);
	else
		log_info("audit: clean");
	return !differences;
}

static noreturn void machine_end(bool ok)
{
	ok = audit_clean() && ok;
	machine_poweroff(ok ? EXIT_CLEAN : EXIT_DIRTY);
}

static noreturn void machine_restart(void)
{
	(void)audit_clean();
	machine_reboot();
}

static noreturn void crashed_or_unknown(void)
{
	if (option_flag("noreboot")) {
		log_error("'noreboot' set: the machine ends here");
		machine_end(false);
	}
	log_error("rebooting machine");
	machine_restart();
}

static noreturn void machine_follows(struct domain *d, unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		log_info("Hardware Dom%u halted: halting machine", d->id);
		machine_end(true);
	case SHUTDOWN_reboot:
		log_info("Hardware Dom%u shutdown: rebooting machine", d->id);
		machine_restart();
	case SHUTDOWN_watchdog:
		log_error("Hardware Dom%u shutdown: watchdog rebooting machine", d->id);
		machine_restart();
	case SHUTDOWN_soft_reset:
		log_error("Hardware domain %u did unsupported soft reset, rebooting", d->id);
		machine_restart();
	case SHUTDOWN_crash:
		log_error("Hardware Dom%u crashed", d->id);
		crashed_or_unknown();
	default:
		log_error("Hardware Dom%u shutdown: unknown reason %u", d->id, reason);
		crashed_or_unknown();
	}
}

/* ---- destroying a domain ----------------------------------------------------------------------- */

static int stop_vcpus(struct domain *d)
{
	struct vcpu *v;

	for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++)
		if (d->watchdog[i].fire)
			timer_stop(&d->watchdog[i]);
	for_each_vcpu (d, v) {
		vtimer_stop_vcpu(v);
		vcpu_retire(v);
		if (v->sched.running)
			return -ERESTART;
	}
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
	evtchn_destroy(d);
	return 0;
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

/* Somebody else maps a page that we share with the domain (a privileged domain may). */
static bool mapped_elsewhere(const void *page)
{
	return (load64(&mfn_to_frame(virt_to_mfn(page))->refs) & REFS_COUNT) > 1;
}

/* The pages that are ours but the domain's to map. Needs its number: so before it is gone. */
static int drop_shared_pages(struct domain *d)
{
	if (mapped_elsewhere(d->shared_info) || grants_mapped_elsewhere(d, mapped_elsewhere))
		return -EBUSY;
	frame_unshare(d->shared_info);
	d->shared_info = NULL;
	grants_drop_frames(d);
	return 0;
}

/* The domain that controls others hears that one of them changed. */
static void tell_control(void)
{
	struct domain *control = domain_get(0);

	if (!control)
		return;
	if (domain_is_live(control))
		virq_send_global(control, VIRQ_DOM_EXC);
	domain_put(control);
}

static int finish(struct domain *d)
{
	log_info("d%u: gone, %lu kB free", d->id, heap_free_pages() * (PAGE_SIZE / 1024));
	d->state = DOM_DEAD;
	tell_control();
	return 0;
}

static int (*const kill_steps[])(struct domain *) = {
	stop_vcpus,	  abandon_calls, close_events,	    grants_release_mappings,
	drop_vcpu_frames, mm_relinquish, drop_shared_pages, finish,
};

/* One domain as far as it goes without delaying anybody. True: it is gone. */
static bool reap(struct domain *d)
{
	while (d->kill_step < ARRAY_SIZE(kill_steps)) {
		if (kill_steps[d->kill_step](d))
			return false;
		d->kill_step++;
	}
	return true;
}

static struct domain *next_dying(void)
{
	struct domain *d;

	list_for_each (d, &domain_list, all)
		if (d->state == DOM_DYING)
			return d;
	return NULL;
}

static struct timer reap_timer;

static void raise_reap(void *unused)
{
	(void)unused;
	softirq_raise(SOFTIRQ_REAP);
}

/* SOFTIRQ_REAP. */
static void reap_softirq(void)
{
	struct domain *d = next_dying();

	if (!d)
		return;
	if (reap(d))
		domain_unlist(d);
	if (next_dying()) {
		/* Guests run in between, or a big domain's end would stop them all. */
		timer_set(&reap_timer, now() + REAP_PAUSE);
	} else if (list_empty(&domain_list)) {
		log_info("the last domain is gone");
		machine_end(true);
	}
}

void life_init(void)
{
	timer_init(&reap_timer, raise_reap, NULL);
	grants_start();
	softirq_register(SOFTIRQ_REAP, reap_softirq);
}

void domain_kill(struct domain *d)
{
	struct vcpu *v;

	spin_lock(&d->life);
	if (d->state == DOM_ALIVE || d->state == DOM_SHUTDOWN)
		d->state = DOM_DYING;
	spin_unlock(&d->life);
	for_each_vcpu (d, v)
		vcpu_retire(v);
	softirq_raise(SOFTIRQ_REAP);
}

/* ---- the reasons ------------------------------------------------------------------------------- */

static const char *reason_name(unsigned int reason)
{
	static const char *const names[] = { "poweroff", "reboot",   "suspend",
					     "crash",	 "watchdog", "soft reset" };

	return reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason";
}

void domain_shutdown(struct domain *d, unsigned int reason)
{
	bool first;

	spin_lock(&d->life);
	/* A code stored before (SCHEDOP_shutdown_code, or a first crash) says why it really ends. */
	if (d->shutdown_code == SHUTDOWN_CODE_NONE)
		d->shutdown_code = reason;
	reason = d->shutdown_code;
	first = d->state == DOM_ALIVE;
	if (first)
		d->state = DOM_SHUTDOWN;
	spin_unlock(&d->life);
	if (!first)
		return;
	if (d->privileged)
		machine_follows(d, reason);
	log_info("d%u: shut down (%s)", d->id, reason_name(reason));
	tell_control();
	domain_kill(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	struct vcpu *v = current->domain == d ? current : d->vcpu[0];
	char reason[160];
	va_list args;

	if (!domain_is_live(d))
		return;
	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	crash_report(v, reason);
	domain_shutdown(d, SHUTDOWN_crash);
}
