/* SPDX-License-Identifier: MIT */
/*
 * The states of a domain, and what moves it from one to the next.
 *
 *	            shutdown, crash, watchdog              domain_destroy()
 *	  alive ---------------------------> shut down ---------------------> dying -------> dead
 *	    ^                                    |            (also at once from alive)
 *	    +------------------------------------+
 *	           domain_resume(): after a suspend
 *
 * A domain that shut down keeps everything, and says why by its code, until the toolstack that made it
 * destroys or resumes it; a boot module has no toolstack and is destroyed at once (autodestroy). What
 * happens between dying and dead is destroy.c's. Domain 0's end is the machine's (finale.c).
 *
 * A vCPU of a domain that shut down is held by a pause of its own (not counted as the toolstack's), so
 * that a resumed domain goes on exactly where it stood, blocked or not.
 *
 * Lock: domain.life for state and code. Neither the scheduler nor event channels are called under it.
 */
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/life.h"
#include "event/event.h"
#include "pv/pv.h"
#include "sched/sched.h"

#include <stdarg.h>

#include "lib/vsnprintf.h"

static const char *reason_name(unsigned int reason)
{
	static const char *const names[] = { "poweroff", "reboot",   "suspend",
					     "crash",	 "watchdog", "soft reset" };

	return reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason";
}

static void stop_all(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v)
		vcpu_pause_nosync(v);
}

/* A domain that suspends itself may have asked for an event of its own to say so (domctl subscribe). */
static void tell_control(struct domain *d, unsigned int reason)
{
	evtchn_port_t port = READ_ONCE(d->suspend_port);

	if (reason == SHUTDOWN_suspend && port)
		(void)evtchn_send_from(d, port);
	else
		virq_send_handler(VIRQ_DOM_EXC);
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
	stop_all(d);
	log_info("d%u: shut down (%s)", d->id, reason_name(reason));
	tell_control(d, reason);
	if (d->autodestroy)
		domain_kill(d);
}

int domain_resume(struct domain *d)
{
	struct vcpu *v;
	bool was;

	spin_lock(&d->life);
	was = d->state == DOM_SHUTDOWN;
	if (was) {
		d->state = DOM_ALIVE;
		d->shutdown_code = SHUTDOWN_CODE_NONE;
		d->crash_told = false;
	}
	spin_unlock(&d->life);
	if (!was)
		return domain_is_live(d) ? 0 : -EINVAL;
	for_each_vcpu (d, v)
		vcpu_unpause(v);
	log_info("d%u: resumed", d->id);
	return 0;
}

/*
 * Reports are long, and two of them line by line in each other are of no use: one at a time, of all domains.
 * No lock, since a report is no place to keep an order of locks, and who waits takes part in standing still.
 */
static bool reporting;

static void report_once(struct domain *d, struct vcpu *v, const char *reason)
{
	while (__atomic_exchange_n(&reporting, true, __ATOMIC_ACQUIRE))
		cpu_park_point();
	if (d->crash_told)
		log_error("(d%uv%u) crashed, too: %s", d->id, v->id, reason);
	else
		crash_report(v, reason);
	d->crash_told = true;
	__atomic_store_n(&reporting, false, __ATOMIC_RELEASE);
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
	report_once(d, v, reason);
	domain_shutdown(d, SHUTDOWN_crash);
}
