/* SPDX-License-Identifier: MIT */
/*
 * SCHEDOP_poll: wait for one of some event channels, with or without upcalls.
 *
 * A vCPU that polls sleeps with in_poll set until an event arrives on its one port (or, if it named
 * several, on any port of its domain), or its timer fires; the guest itself looks which it was. A port
 * that is masked counts too. Locks: none; the flags are set before the pending bits are looked at, and an
 * event sets its bit before it looks at the flags, so no wake-up is lost. Who ends the poll, the vCPU
 * itself or whoever wakes it, is settled by in_poll's exchange.
 */
#include "abi/abi.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "event/event.h"
#include "sched/sched.h"

#define POLL_PORTS_MAX 128 /* observed32.md 3.12: 129 is refused */

static void poll_timeout(void *data)
{
	struct vcpu *v = data;

	/* Not for an earlier poll: it may fire on one pCPU while v goes to sleep anew on another. */
	if (READ_ONCE(v->sched.in_poll) && now() >= READ_ONCE(v->sched.poll_deadline))
		vcpu_wake(v);
}

void poll_end(struct vcpu *v)
{
	if (READ_ONCE(v->sched.in_poll) &&
	    __atomic_exchange_n(&v->sched.in_poll, false, __ATOMIC_SEQ_CST))
		v->domain->pollers--;
}

void poll_init_vcpu(struct vcpu *v)
{
	timer_init(&v->sched.poll_timer, poll_timeout, v);
}

void poll_wake(struct domain *d, evtchn_port_t port)
{
	struct vcpu *v;

	for_each_vcpu (d, v)
		if (READ_ONCE(v->sched.in_poll) &&
		    (!v->sched.poll_port || v->sched.poll_port == port))
			vcpu_wake(v);
}

/* 1: one of them is pending, 0: none, or an error. */
static int look(struct vcpu *v, const struct sched_poll *poll)
{
	for (unsigned int i = 0; i < poll->nr_ports; i++) {
		uint32_t port;

		if (guest_get_u32(&port, guest_handle(poll->ports), i))
			return (int)refuse(-EFAULT, "the list of ports cannot be read");
		if (!evtchn_is_open(v->domain, port))
			return (int)refuse(-EINVAL, "port %u is not open", port);
		if (evtchn_is_pending(v->domain, port))
			return 1;
		v->sched.poll_port = poll->nr_ports == 1 ? port : 0;
	}
	return 0;
}

static void stop_polling(struct vcpu *v)
{
	WRITE_ONCE(v->sched.blocked, false);
	poll_end(v);
}

long poll_ports(gptr_t arg)
{
	struct vcpu *v = current;
	struct sched_poll poll;
	int rc;

	if (guest_get_sched_poll(&poll, arg, 0))
		return refuse(-EFAULT, "sched_poll cannot be read");
	if (poll.nr_ports > POLL_PORTS_MAX)
		return refuse(-EINVAL, "%u ports, at most %u can be polled", poll.nr_ports,
			      POLL_PORTS_MAX);
	v->sched.poll_port = 0;
	v->sched.poll_deadline = poll.timeout;
	v->domain->pollers++;
	WRITE_ONCE(v->sched.in_poll, true);
	WRITE_ONCE(v->sched.blocked, true);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rc = vcpu_upcall_due(v) ? 1 : look(v, &poll);
	if (rc) {
		stop_polling(v);
		return rc < 0 ? rc : 0;
	}
	/* A timeout in the past fires at once; none means for ever. */
	if (poll.timeout)
		timer_set(&v->sched.poll_timer, poll.timeout);
	else
		timer_stop(&v->sched.poll_timer);
	softirq_raise(SOFTIRQ_SCHED);
	return 0;
}
