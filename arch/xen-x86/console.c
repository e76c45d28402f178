/* SPDX-License-Identifier: MIT */
/*
 * The console from the first instruction on: the hypervisor's own (console_io) for domain 0 and for
 * guests that were given no other, else the ring that start_info names.
 *
 * The ring belongs to nobody but the two ends, so it works long before there is a store. Programs wait for
 * room asleep (machine_console_room); the kernel's own messages wait here, and no longer than PATIENCE_NS for
 * a reader that does not move: dmesg still has them.
 */
#include "xen-x86.h"
#include <xen/io/console.h>

static struct xencons_interface *ring;
static unsigned ring_port;
static bool input_ready; /* the port is bound and the clock runs */
static bool reader_gone; /* it was waited for in vain, and has not moved since */

#define WAIT_NS	    (10 * 1000000ull)
#define PATIENCE_NS (5 * 1000000000ull)

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

static uint32_t ring_used(void)
{
	return ring->out_prod - *(volatile XENCONS_RING_IDX *)&ring->out_cons;
}

static size_t ring_put(const char *s, size_t n)
{
	XENCONS_RING_IDX prod = ring->out_prod;
	size_t done = 0, room = machine_console_room();

	while (done < n && done < room)
		ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = s[done++];
	barrier();
	ring->out_prod = prod;
	barrier();
	return done;
}

/*
 * Gives the CPU away until the reader's event or some milliseconds later. An event that is pending already
 * (what was typed, and interrupts are masked) would end the wait at once: then only the time counts.
 */
static void ring_wait(void)
{
	bool pending = xen_shared_info.evtchn_pending[ring_port / 32] >> ring_port % 32 & 1;
	evtchn_port_t port = ring_port;
	struct sched_poll op = { .nr_ports = !pending, .timeout = machine_now() + WAIT_NS };

	set_xen_guest_handle(op.ports, &port);
	/* Before the clock runs, and where polling is not to be had: let others run. */
	if (!input_ready || hypercall_sched_op(SCHEDOP_poll, &op))
		hypercall_sched_op(SCHEDOP_yield, NULL);
}

/* Waits until there is room. False: the reader has not moved for so long that it counts as gone. */
static bool ring_wait_for_room(void)
{
	uint64_t deadline = 0;

	while (ring_used() >= sizeof(ring->out)) {
		if (input_ready && !deadline)
			deadline = machine_now() + PATIENCE_NS;
		if (reader_gone || (input_ready && machine_now() >= deadline)) {
			reader_gone = true;
			return false;
		}
		ring_wait();
	}
	reader_gone = false;
	return true;
}

static void ring_write(const char *s, size_t n)
{
	while (n && ring_wait_for_room()) {
		size_t done = ring_put(s, n);

		event_send(ring_port);
		s += done;
		n -= done;
	}
}

size_t machine_console_room(void)
{
	uint32_t used = ring ? ring_used() : 0;

	if (!ring)
		return PAGE_SIZE; /* the hypervisor takes any length */
	return used < sizeof(ring->out) ? sizeof(ring->out) - used : 0;
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
	if (ring) {
		event_bind(ring_port, console_event, NULL);
		input_ready = true;
	} else {
		event_bind_virq(VIRQ_CONSOLE, console_event, NULL);
	}
}
