/* SPDX-License-Identifier: MIT */
/*
 * The console ring of a domu module: what a console daemon does for a domain that a toolstack built.
 *
 * A PV kernel without the initial domain's rights prints into a ring of shared memory
 * (<xen/io/console.h>) and sends an event; somebody must take the text out, or the kernel waits for
 * room for ever. For domains from boot modules that somebody is the hypervisor: their console port's
 * other end is console_ring_drain(). The text goes where console_io's goes.
 *
 * The ring belongs to the guest, indices included: each is read once, and what makes no sense is
 * skipped. The page is held only while it is looked at, so the guest may even give it away.
 * Locks: none; called with none held, on behalf of the domain whose ring it is or from the console's
 * softirq.
 */
#include "domain/console_ring.h"
#include "console/console.h"
#include "domain/domain.h"
#include "event/event.h"
#include "mm/mm.h"

#include <xen/io/console.h>

/* The ring, held as writable memory until ring_release(); NULL: no longer the domain's memory. */
static struct xencons_interface *ring_hold(struct domain *d)
{
	if (frame_get_typed(d->console_ring, d, FT_WRITABLE))
		return NULL;
	return mfn_to_virt(d->console_ring);
}

static void ring_release(const struct domain *d)
{
	frame_put_typed(mfn_to_frame(d->console_ring));
}

static void take_output(struct domain *d, struct xencons_interface *ring)
{
	XENCONS_RING_IDX cons = READ_ONCE(ring->out_cons), prod = READ_ONCE(ring->out_prod);
	char text[128];

	if (prod - cons > sizeof(ring->out))
		cons = prod; /* nonsense: begin anew */
	barrier();
	while (cons != prod) {
		size_t n = 0;

		while (n < sizeof(text) && cons != prod)
			text[n++] = ring->out[MASK_XENCONS_IDX(cons++, ring->out)];
		console_guest_write(d, text, n);
	}
	barrier();
	WRITE_ONCE(ring->out_cons, cons);
}

/* The domain sent an event: take what is there, and tell it that there is room. */
static void console_ring_drain(struct domain *d)
{
	struct xencons_interface *ring = ring_hold(d);

	if (!ring)
		return;
	take_output(d, ring);
	ring_release(d);
	evtchn_notify(d, d->console_port);
}

uint32_t console_ring_attach(struct domain *d, mfn_t ring)
{
	int port = evtchn_bind_hypervisor(d, console_ring_drain);

	d->console_ring = ring;
	d->console_port = port < 0 ? 0 : (uint16_t)port;
	return d->console_port;
}

void console_ring_type(struct domain *d, char c)
{
	struct xencons_interface *ring = d->console_port ? ring_hold(d) : NULL;
	XENCONS_RING_IDX prod;

	if (!ring)
		return;
	prod = READ_ONCE(ring->in_prod);
	if (prod - READ_ONCE(ring->in_cons) < sizeof(ring->in)) {
		ring->in[MASK_XENCONS_IDX(prod, ring->in)] = c;
		barrier();
		WRITE_ONCE(ring->in_prod, prod + 1);
	}
	ring_release(d);
	evtchn_notify(d, d->console_port);
}
