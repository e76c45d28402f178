/* SPDX-License-Identifier: MIT */
/*
 * sched_op: what a guest says about its own running: yield, block, poll, shut down, watchdog.
 *
 * Results as observed32.md 3.12 and 5.3 show them. Locks: those of the functions called.
 */
#include "abi/abi.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/privilege.h"
#include "event/event.h"
#include "sched/sched.h"

#define SECONDS 1000000000ULL

static long block(void)
{
	struct vcpu *v = current;

	vcpu_set_upcall_mask(v, false);
	vcpu_block_current();
	return 0;
}

static long yield(void)
{
	sched_yield_current();
	return 0;
}

static long shut_down(gptr_t arg)
{
	struct sched_shutdown s;

	if (guest_get_sched_shutdown(&s, arg, 0))
		return refuse(-EFAULT, "the reason cannot be read");
	domain_shutdown(current->domain, s.reason);
	return 0;
}

/* Only the reason is stored: the shutdown itself comes by other means later. */
static long shutdown_code(gptr_t arg)
{
	struct domain *d = current->domain;
	struct sched_shutdown s;

	if (guest_get_sched_shutdown(&s, arg, 0))
		return refuse(-EFAULT, "the reason cannot be read");
	spin_lock(&d->life);
	if (d->shutdown_code == SHUTDOWN_CODE_NONE)
		d->shutdown_code = s.reason;
	spin_unlock(&d->life);
	return 0;
}

static long remote_shutdown(gptr_t arg)
{
	struct sched_remote_shutdown s;
	struct domain *d;
	long rc;

	if (guest_get_sched_remote_shutdown(&s, arg, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	if (s.domain_id == DOMID_SELF || s.domain_id == current->domain->id)
		return refuse(-ESRCH, "a domain shuts itself down with SCHEDOP_shutdown");
	d = domain_get(s.domain_id);
	if (!d)
		return refuse(-ESRCH, "there is no domain %u", s.domain_id);
	rc = privilege_check(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, d);
	if (!rc)
		domain_shutdown(d, s.reason);
	domain_put(d);
	return rc;
}

static void watchdog_fires(void *data)
{
	struct domain *d = data;

	log_error("d%u: its watchdog was not poked in time", d->id);
	domain_shutdown(d, SHUTDOWN_watchdog);
}

static void set_watchdog(struct domain *d, unsigned int i, uint32_t seconds)
{
	if (!d->watchdog[i].fire)
		timer_init(&d->watchdog[i], watchdog_fires, d);
	d->watchdog_used[i] = true;
	timer_set(&d->watchdog[i], now() + seconds * SECONDS);
}

static long new_watchdog(struct domain *d, uint32_t seconds)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++) {
		if (d->watchdog_used[i])
			continue;
		set_watchdog(d, i, seconds);
		return i + 1;
	}
	return refuse(-ENOSPC, "both watchdogs are in use");
}

/* Id 0 makes a new one; else timeout 0 destroys it and any other pokes it. Locks: domain.life. */
static long change_watchdog(struct domain *d, const struct sched_watchdog *w)
{
	if (!w->id)
		return new_watchdog(d, w->timeout);
	if (w->id > ARRAY_SIZE(d->watchdog))
		return refuse(-EINVAL, "watchdog %u: there are only %zu", w->id,
			      ARRAY_SIZE(d->watchdog));
	if (!d->watchdog_used[w->id - 1])
		return refuse(-EINVAL, "watchdog %u was not created", w->id);
	if (w->timeout) {
		set_watchdog(d, w->id - 1, w->timeout);
	} else {
		timer_stop(&d->watchdog[w->id - 1]);
		d->watchdog_used[w->id - 1] = false;
	}
	return 0;
}

static long watchdog(gptr_t arg)
{
	struct domain *d = current->domain;
	struct sched_watchdog w;
	long rc;

	if (guest_get_sched_watchdog(&w, arg, 0))
		return refuse(-EFAULT, "sched_watchdog cannot be read");
	spin_lock(&d->life);
	rc = change_watchdog(d, &w);
	spin_unlock(&d->life);
	return rc;
}

static long pin_override(gptr_t arg)
{
	struct sched_pin_override p;
	long rc = privilege_check(__HYPERVISOR_sched_op, SCHEDOP_pin_override, NULL);

	if (rc)
		return rc;
	if (guest_get_sched_pin_override(&p, arg, 0))
		return refuse(-EFAULT, "sched_pin_override cannot be read");
	return vcpu_override_affinity(current, p.pcpu);
}

long do_sched_op(int cmd, gptr_t arg)
{
	switch (cmd) {
	case SCHEDOP_yield:
		return yield();
	case SCHEDOP_block:
		return block();
	case SCHEDOP_shutdown:
		return shut_down(arg);
	case SCHEDOP_poll:
		return poll_ports(arg);
	case SCHEDOP_remote_shutdown:
		return remote_shutdown(arg);
	case SCHEDOP_shutdown_code:
		return shutdown_code(arg);
	case SCHEDOP_watchdog:
		return watchdog(arg);
	case SCHEDOP_pin_override:
		return pin_override(arg);
	default:
		return refuse(-ENOSYS, "there is no sched_op %d", cmd);
	}
}

/* The first form of the call: the argument is a number, not a structure. */
long do_sched_op_compat(int cmd, uint64_t arg)
{
	switch (cmd) {
	case SCHEDOP_yield:
		return yield();
	case SCHEDOP_block:
		return block();
	case SCHEDOP_shutdown:
		domain_shutdown(current->domain, (unsigned int)arg);
		return 0;
	default:
		return refuse(-ENOSYS, "there is no old sched_op %d", cmd);
	}
}
