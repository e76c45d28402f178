/* SPDX-License-Identifier: MIT */
/*
 * A guest that lies on its console ring: first a line, as all do, then noise in the whole page, indices
 * included, with an event each time; and it never ends, nor sleeps.
 *
 * The console daemon must say so, close this console, and serve the others as before.
 */
#include "lib/hypercall.h"
#include "lib/mm.h"
#include "lib/pv.h"
#include <xen/io/console.h>

static uint32_t noise(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

void test_main(void)
{
	struct xencons_interface *ring = pfn_to_virt(mfn_to_pfn(MFN(start_info->console.domU.mfn)));
	struct evtchn_send send = { .port = start_info->console.domU.evtchn };
	static const char line[] = "an honest word\n";
	uint32_t *words = (uint32_t *)ring;

	for (unsigned int i = 0; line[i]; i++)
		ring->out[MASK_XENCONS_IDX(ring->out_prod++, ring->out)] = line[i];
	hv_event_channel_op(EVTCHNOP_send, &send);
	while (*(volatile XENCONS_RING_IDX *)&ring->out_cons != ring->out_prod)
		hv_sched_op(SCHEDOP_yield, NULL);
	for (;;) {
		for (unsigned int i = 0; i < sizeof(*ring) / sizeof(*words); i++)
			words[i] = noise();
		hv_event_channel_op(EVTCHNOP_send, &send);
		hv_sched_op(SCHEDOP_yield, NULL);
	}
}
