/* SPDX-License-Identifier: MIT */
/*
 * No domain of these tests has an interrupt: what event/ asks irq/ then.
 */
#include "irq/irq.h"

bool pirq_is_mapped(const struct domain *d, unsigned int pirq)
{
	(void)d;
	(void)pirq;
	return false;
}

evtchn_port_t pirq_port(const struct domain *d, unsigned int pirq)
{
	(void)d;
	(void)pirq;
	return 0;
}

int pirq_bind(struct domain *d, unsigned int pirq, evtchn_port_t port, bool will_share,
	      const struct vcpu *v)
{
	(void)d;
	(void)pirq;
	(void)port;
	(void)will_share;
	(void)v;
	return -EPERM;
}

void pirq_unbind(struct domain *d, unsigned int pirq, evtchn_port_t port)
{
	(void)d;
	(void)pirq;
	(void)port;
}

void pirq_aim(struct domain *d, unsigned int pirq, evtchn_port_t port, const struct vcpu *v)
{
	(void)d;
	(void)pirq;
	(void)port;
	(void)v;
}
