/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts: of a vCPU, of a domain, and those of the machine that one domain handles.
 *
 * A virtual interrupt is an event with a meaning that the ABI gives it (VIRQ_*). Two kinds are told to a
 * guest about itself: each vCPU's own (the timer), and the domain's, kept by vCPU 0 and bound wherever the
 * guest likes. A few of the latter tell about the machine (a domain ended, a key was pressed): domain 0
 * hears of them, unless it made another domain their handler (xenstored in a domain of its own).
 *
 * Locks: evtchn of the domain that is told; handlers_lock around the table.
 */
#include "console/console.h"
#include "event/internal.h"

static struct spinlock handlers_lock = SPINLOCK_INIT(LOCK_DOMAIN_LIST);
static struct domain *handlers[NR_VIRQS]; /* with a reference; NULL: domain 0 */

bool virq_is_global(unsigned int virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
	       virq != VIRQ_XENPMU;
}

void virq_send_vcpu(struct vcpu *v, unsigned int virq)
{
	struct domain *d = v->domain;

	spin_lock(&d->evtchn->lock);
	if (v->virq_port[virq])
		port_set_pending(d, v, v->virq_port[virq]);
	spin_unlock(&d->evtchn->lock);
}

/* Kept by vCPU 0, and told to the vCPU that its port is bound to. */
void virq_send_global(struct domain *d, unsigned int virq)
{
	spin_lock(&d->evtchn->lock);
	if (d->vcpu[0] && d->vcpu[0]->virq_port[virq])
		port_notify(d, d->vcpu[0]->virq_port[virq]);
	spin_unlock(&d->evtchn->lock);
}

int virq_set_handler(struct domain *d, unsigned int virq)
{
	struct domain *old;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return -EINVAL;
	domain_hold(d);
	spin_lock(&handlers_lock);
	old = handlers[virq];
	handlers[virq] = d;
	spin_unlock(&handlers_lock);
	if (old)
		domain_put(old);
	return 0;
}

void virq_forget_handler(struct domain *d)
{
	for (unsigned int virq = 0; virq < NR_VIRQS; virq++) {
		bool was;

		spin_lock(&handlers_lock);
		was = handlers[virq] == d;
		if (was)
			handlers[virq] = NULL;
		spin_unlock(&handlers_lock);
		if (was)
			domain_put(d);
	}
}

/* With a reference; NULL: nobody is there to be told. */
static struct domain *handler_of(unsigned int virq)
{
	struct domain *d;

	spin_lock(&handlers_lock);
	d = handlers[virq];
	if (d)
		domain_hold(d);
	spin_unlock(&handlers_lock);
	return d ? d : domain_get(0);
}

void virq_send_handler(unsigned int virq)
{
	struct domain *d = handler_of(virq);

	if (!d)
		return;
	virq_send_global(d, virq);
	domain_put(d);
}
