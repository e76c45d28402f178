/* SPDX-License-Identifier: MIT */
/*
 * The console from the first instruction on: the hypervisor's own (console_io) for domain 0 and for
 * guests that were given no other, else the ring that start_info names.
 */
#include "xen-x86.h"
#include <xen/io/console.h>

static struct xencons_interface *ring;
static unsigned ring_port;

void console_init(void)
{
	const start_info_t *si = xen_start_info;
	pfn_t pfn;

	/* Domain 0 has other fields in this union. A ring without an event channel has no reader. */
	if (si->flags & SIF_INITDOMAIN || !si->console.domU.mfn || !si->console.domU.evtchn)
		return;
	pfn = mfn_to_pfn(mfn_of(si->console.domU.mfn));
	if (pfn_is_none(pfn))
		return;
	ring_port = si->console.domU.evtchn;
	ring = machine_page_va(pfn);
}

static size_t ring_put(const char *s, size_t n)
{
	XENCONS_RING_IDX prod = ring->out_prod;
	size_t done = 0;

	while (done < n && prod - *(volatile XENCONS_RING_IDX *)&ring->out_cons < sizeof(ring->out))
		ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = s[done++];
	barrier();
	ring->out_prod = prod;
	barrier();
	return done;
}

static void ring_write(const char *s, size_t n)
{
	while (n) {
		size_t done = ring_put(s, n);

		event_send(ring_port);
		s += done;
		n -= done;
		if (n)
			hypercall_sched_op(SCHEDOP_yield, NULL);
	}
}

void machine_console_write(const char *s, size_t n)
{
	if (ring)
		ring_write(s, n);
	else
		hypercall_console_io(CONSOLEIO_write, n, (char *)s);
}

static size_t ring_read(char *buf, size_t n)
{
	XENCONS_RING_IDX cons = ring->in_cons, prod = *(volatile XENCONS_RING_IDX *)&ring->in_prod;
	size_t done = 0;

	barrier();
	while (done < n && cons != prod)
		buf[done++] = ring->in[MASK_XENCONS_IDX(cons++, ring->in)];
	barrier();
	ring->in_cons = cons;
	if (done)
		event_send(ring_port);
	return done;
}

size_t machine_console_read(char *buf, size_t n)
{
	long rc;

	if (ring)
		return ring_read(buf, n);
	rc = hypercall_console_io(CONSOLEIO_read, n, buf);
	return rc > 0 ? rc : 0;
}

static void console_event(void *unused)
{
	(void)unused;
	kernel_console_input();
}

/* A guest that is not privileged may be refused the hypervisor's keyboard: it then only prints. */
void console_init_input(void)
{
	if (ring)
		event_bind(ring_port, console_event, NULL);
	else
		event_bind_virq(VIRQ_CONSOLE, console_event, NULL);
}
