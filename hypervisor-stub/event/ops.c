/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op: each operation reads its structure, does its work and writes its results.
 *
 * Every domain begins with two-level channels; the FIFO ABI is in use from its first init_control until
 * a reset.
 * Locks: those of the functions called.
 */
#include "abi/abi.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/privilege.h"
#include "event/internal.h"

static long unreadable(void)
{
	return refuse(-EFAULT, "the argument cannot be read");
}

static long unwritable(void)
{
	return refuse(-EFAULT, "the result cannot be written");
}

/*
 * Operations with a result: done first, told after. A port that its owner cannot be told of is closed
 * again, so that nothing is left behind.
 */
static long op_alloc_unbound(gptr_t arg)
{
	struct evtchn_alloc_unbound op;
	long rc;

	if (guest_get_evtchn_alloc_unbound(&op, arg, 0))
		return unreadable();
	rc = bind_unbound(&op);
	if (!rc && guest_put_evtchn_alloc_unbound(arg, 0, &op))
		return unwritable();
	return rc;
}

static long op_bind_interdomain(gptr_t arg)
{
	struct evtchn_bind_interdomain op;
	long rc;

	if (guest_get_evtchn_bind_interdomain(&op, arg, 0))
		return unreadable();
	rc = bind_interdomain(&op);
	if (!rc && guest_put_evtchn_bind_interdomain(arg, 0, &op)) {
		(void)port_close(current->domain, op.local_port);
		return unwritable();
	}
	return rc;
}

static long op_bind_virq(gptr_t arg)
{
	struct evtchn_bind_virq op;
	long rc;

	if (guest_get_evtchn_bind_virq(&op, arg, 0))
		return unreadable();
	rc = bind_virq(&op);
	if (!rc && guest_put_evtchn_bind_virq(arg, 0, &op)) {
		(void)port_close(current->domain, op.port);
		return unwritable();
	}
	return rc;
}

static long op_bind_ipi(gptr_t arg)
{
	struct evtchn_bind_ipi op;
	long rc;

	if (guest_get_evtchn_bind_ipi(&op, arg, 0))
		return unreadable();
	rc = bind_ipi(&op);
	if (!rc && guest_put_evtchn_bind_ipi(arg, 0, &op)) {
		(void)port_close(current->domain, op.port);
		return unwritable();
	}
	return rc;
}

static long op_bind_pirq(gptr_t arg)
{
	struct evtchn_bind_pirq op;
	long rc;

	if (guest_get_evtchn_bind_pirq(&op, arg, 0))
		return unreadable();
	rc = bind_pirq(&op);
	if (!rc && guest_put_evtchn_bind_pirq(arg, 0, &op)) {
		(void)port_close(current->domain, op.port);
		return unwritable();
	}
	return rc;
}

static long op_close(gptr_t arg)
{
	struct evtchn_close op;

	if (guest_get_evtchn_close(&op, arg, 0))
		return unreadable();
	if (port_close(current->domain, op.port))
		return refuse(-EINVAL, "port %u is not open", op.port);
	return 0;
}

static long op_send(gptr_t arg)
{
	struct evtchn_send op;

	if (unlikely(guest_get_evtchn_send(&op, arg, 0)))
		return unreadable();
	return event_send(op.port);
}

static void describe(const struct port *p, struct evtchn_status *op)
{
	op->vcpu = p->vcpu;
	switch (p->state) {
	case PORT_UNBOUND:
		op->status = EVTCHNSTAT_unbound;
		op->u.unbound.dom = p->unbound_from;
		break;
	case PORT_INTERDOMAIN:
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = p->peer.domain->id;
		op->u.interdomain.port = p->peer.port;
		break;
	case PORT_HYPERVISOR:
		/* As if a backend in domain 0 held the other end: a guest shall not see a difference. */
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = 0;
		op->u.interdomain.port = 0;
		break;
	case PORT_PIRQ:
		op->status = EVTCHNSTAT_pirq;
		op->u.pirq = p->pirq;
		break;
	case PORT_VIRQ:
		op->status = EVTCHNSTAT_virq;
		op->u.virq = p->virq;
		break;
	case PORT_IPI:
		op->status = EVTCHNSTAT_ipi;
		break;
	default:
		op->status = EVTCHNSTAT_closed;
		break;
	}
}

/* Of its own ports anybody may ask; of another domain's a privileged one. */
static long status(struct evtchn_status *op)
{
	struct domain *d = domain_get_or_self(op->dom);
	const struct port *p;
	long rc = 0;

	if (!d)
		return refuse(-ESRCH, "there is no domain %u", op->dom);
	rc = privilege_check(__HYPERVISOR_event_channel_op, EVTCHNOP_status, d);
	if (rc) {
		domain_put(d);
		return rc;
	}
	spin_lock(&d->evtchn->lock);
	p = port_at(d, op->port);
	if (p)
		describe(p, op);
	else if (op->port < PORT_GROUP)
		op->status = EVTCHNSTAT_closed; /* the first ports are always there */
	else
		rc = -EINVAL;
	spin_unlock(&d->evtchn->lock);
	domain_put(d);
	return rc ? refuse(rc, "port %u was never used", op->port) : 0;
}

static long op_status(gptr_t arg)
{
	struct evtchn_status op;
	long rc;

	if (guest_get_evtchn_status(&op, arg, 0))
		return unreadable();
	rc = status(&op);
	return !rc && guest_put_evtchn_status(arg, 0, &op) ? unwritable() : rc;
}

static long op_bind_vcpu(gptr_t arg)
{
	struct evtchn_bind_vcpu op;

	if (guest_get_evtchn_bind_vcpu(&op, arg, 0))
		return unreadable();
	return bind_vcpu(&op);
}

static long op_unmask(gptr_t arg)
{
	struct evtchn_unmask op;

	if (unlikely(guest_get_evtchn_unmask(&op, arg, 0)))
		return unreadable();
	return event_unmask(op.port);
}

/* Close every port, and back to two levels; mask words stay as the guest left them. */
static long op_reset(gptr_t arg)
{
	struct evtchn_reset op;
	struct domain *d;
	uint64_t *next;
	long rc;

	if (guest_get_evtchn_reset(&op, arg, 0))
		return unreadable();
	d = domain_get_or_self(op.dom);
	if (!d)
		return refuse(-ESRCH, "there is no domain %u", op.dom);
	rc = privilege_check(__HYPERVISOR_event_channel_op, EVTCHNOP_reset, d);
	if (rc) {
		domain_put(d);
		return rc;
	}
	if (d != current->domain && !d->controller_pauses) {
		domain_put(d);
		return refuse(-EINVAL, "d%u runs: its toolstack must pause it first", op.dom);
	}
	next = hc_progress();
	while (*next < d->evtchn->used && !preempt_wanted())
		(void)port_close(d, (evtchn_port_t)(*next)++);
	if (*next < d->evtchn->used) {
		domain_put(d);
		return -ERESTART;
	}
	evtchn_lock(d);
	fifo_off(d);
	evtchn_unlock(d);
	domain_put(d);
	return 0;
}

static long op_set_priority(gptr_t arg)
{
	struct evtchn_set_priority op;

	if (guest_get_evtchn_set_priority(&op, arg, 0))
		return unreadable();
	if (!evtchn_is_open(current->domain, op.port))
		return refuse(-EINVAL, "port %u is not open", op.port);
	if (!current->domain->evtchn->fifo_on)
		return refuse(-ENOSYS, "two-level channels have no priorities");
	return fifo_set_priority(&op);
}

static long op_init_control(gptr_t arg)
{
	struct evtchn_init_control op;
	long rc;

	if (guest_get_evtchn_init_control(&op, arg, 0))
		return unreadable();
	rc = fifo_init_control(&op);
	return !rc && guest_put_evtchn_init_control(arg, 0, &op) ? unwritable() : rc;
}

static long op_expand_array(gptr_t arg)
{
	struct evtchn_expand_array op;

	if (guest_get_evtchn_expand_array(&op, arg, 0))
		return unreadable();
	return fifo_expand_array(&op);
}

long do_event_channel_op(int cmd, gptr_t arg)
{
	/* What drivers do all day stands before the table jump. */
	if (likely(cmd == EVTCHNOP_send))
		return op_send(arg);
	switch (cmd) {
	case EVTCHNOP_unmask:
		return op_unmask(arg);
	case EVTCHNOP_alloc_unbound:
		return op_alloc_unbound(arg);
	case EVTCHNOP_bind_interdomain:
		return op_bind_interdomain(arg);
	case EVTCHNOP_bind_virq:
		return op_bind_virq(arg);
	case EVTCHNOP_bind_ipi:
		return op_bind_ipi(arg);
	case EVTCHNOP_bind_pirq:
		return op_bind_pirq(arg);
	case EVTCHNOP_close:
		return op_close(arg);
	case EVTCHNOP_status:
		return op_status(arg);
	case EVTCHNOP_bind_vcpu:
		return op_bind_vcpu(arg);
	case EVTCHNOP_reset:
		return op_reset(arg);
	case EVTCHNOP_set_priority:
		return op_set_priority(arg);
	case EVTCHNOP_init_control:
		return op_init_control(arg);
	case EVTCHNOP_expand_array:
		return op_expand_array(arg);
	default:
		return refuse(-ENOSYS, "there is no event_channel_op %d", cmd);
	}
}

/* The first form: one structure with the command in front. */
long do_event_channel_op_compat(gptr_t op)
{
	uint32_t cmd;

	if (guest_get_u32(&cmd, op, 0))
		return unreadable();
	if (cmd >= EVTCHNOP_reset)
		return refuse(-ENOSYS, "there is no old event_channel_op %u", cmd);
	return do_event_channel_op((int)cmd, gptr_add(op, offsetof(struct evtchn_op, u)));
}
