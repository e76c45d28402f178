/* SPDX-License-Identifier: MIT */
/*
 * A domain that ends while another still uses its page.
 *
 * Mechanism: what others hold keeps a page, and its domain, dying; they may use it as before. When
 * the last of them lets go, the domain is gone, and its number means nothing any more. A channel to
 * it becomes unbound.
 * Steps: 1. domain 0 maps a page and binds a port of the other; 2. the other shuts down; 3. the page
 * still reads and writes; 4. the port is unbound; 5. after the unmapping the domain vanishes, and
 * its grants with it.
 * Fails by: the step.
 * Run with: pair=same
 * Also runs on: real Xen, no: it starts a second domain only from a toolstack.
 */
#include "lib/event.h"
#include "lib/peer.h"
#include "lib/pv.h"

#define REF 9

void test_main(void)
{
	struct mailbox *box = peer_init();
	struct evtchn_status s = { 0 };
	grant_handle_t h;
	unsigned long *page;
	uint64_t end;
	int port;

	if (!is_dom0()) {
		page = page_alloc();
		*page = 0xabc;
		grant_access(REF, 0, virt_to_mfn(page), false);
		box->word[0] = evtchn_alloc_unbound(DOMID_SELF, 0);
		peer_step(1);
		peer_step(2);
		peer_bye();
	}
	page = (unsigned long *)window_init();
	peer_step(1);
	expect(grant_map(REF, PEER_DOMU, (unsigned long)page, GNTMAP_host_map, &h), GNTST_okay,
	       "map");
	port = evtchn_bind_interdomain(PEER_DOMU, box->word[0]);
	ensure(port > 0, "bind: %d", port);
	peer_step(2);

	end = system_time() + 5000000000ULL;
	while (system_time() < end) {
		expect(evtchn_status(DOMID_SELF, port, &s), 0, "status");
		if (s.status != EVTCHNSTAT_interdomain)
			break;
		hv_sched_op(SCHEDOP_yield, NULL);
	}
	expect(s.status, EVTCHNSTAT_unbound, "the port of a domain that ended");
	expect_u64(*(volatile unsigned long *)page, 0xabc, "its page, read");
	*(volatile unsigned long *)page = 0xdef;
	expect_u64(*(volatile unsigned long *)page, 0xdef, "its page, written");
	expect(grant_unmap(h, (unsigned long)page), GNTST_okay, "unmap");
	peer_bye();
	expect(grant_map(REF, PEER_DOMU, (unsigned long)page, GNTMAP_host_map, &h),
	       GNTST_bad_domain, "map a grant of a domain that is gone");
	expect(evtchn_bind_interdomain(PEER_DOMU, box ? 1 : 0), -XEN_ESRCH, "bind to it");
}
