/* SPDX-License-Identifier: MIT */
/*
 * Debug key: the event channels of every domain, with what is pending and masked.
 *
 * Reads without locks, as all debug keys do: they must work in a machine that hangs.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "event/internal.h"
#include "lib/vsnprintf.h"

static void describe(const struct port *p, char *text, size_t size)
{
	switch (p->state) {
	case PORT_UNBOUND:
		snprintf(text, size, "unbound, for d%u", p->unbound_from);
		break;
	case PORT_INTERDOMAIN:
		snprintf(text, size, "to d%u port %u", p->peer.domain->id, p->peer.port);
		break;
	case PORT_VIRQ:
		snprintf(text, size, "virtual interrupt %u", p->virq);
		break;
	case PORT_PIRQ:
		snprintf(text, size, "PIRQ %u", p->pirq);
		break;
	case PORT_IPI:
		snprintf(text, size, "IPI");
		break;
	case PORT_HYPERVISOR:
		snprintf(text, size, "to the hypervisor");
		break;
	default:
		snprintf(text, size, "in state %u", p->state);
	}
}

static void show_ports(struct domain *d)
{
	for (evtchn_port_t port = PORT_FIRST_VALID; port < d->evtchn->used; port++) {
		const struct port *p = port_at(d, port);
		char text[40];

		if (p->state == PORT_FREE)
			continue;
		describe(p, text, sizeof(text));
		log_info("  port %u: %s, tells v%u%s%s", port, text, p->vcpu,
			 evtchn_is_pending(d, port) ? ", pending" : "",
			 evtchn_is_masked(d, port) ? ", masked" : "");
	}
}

static void show_channels(void)
{
	struct domain *d;

	list_for_each (d, &domain_list, all) {
		log_info("event channels of d%u:", d->id);
		show_ports(d);
	}
}

void evtchn_dump_init(void)
{
	debug_key('e', "event channels of every domain", show_channels);
}
