/* SPDX-License-Identifier: MIT */
/*
 * Two domains: grants and event channels between domain 0 and an unprivileged one of other width.
 *
 * Mechanism: a grant names the domain that may use it and how; an unbound port names the domain that
 * may bind to it. What is in use cannot become a page table. Notifications cross in both directions.
 * Steps: 1. write through a mapping both ways; 2. read-only and foreign grants; 3. a mapped page is
 * no table, an unmapped one may be; 4. copies both ways; 5. a channel, both ways; 6. ports that are
 * not for us.
 * Fails by: the step and the side.
 * Run with: pair=other
 * Also runs on: real Xen, no: it starts a second domain only from a toolstack.
 */
#include "lib/event.h"
#include "lib/peer.h"
#include "lib/pv.h"

enum { RW = 9, RO, OTHER, COPY };

static struct mailbox *box;

static void granter(void)
{
	unsigned long *page = page_alloc(), *copy = page_alloc();
	int port, other;
	struct evtchn_status s;

	*page = 0x1111;
	*copy = 0x2222;
	grant_access(RW, 0, virt_to_mfn(page), false);
	grant_access(RO, 0, virt_to_mfn(page), true);
	grant_access(OTHER, 7, virt_to_mfn(page), false);
	grant_access(COPY, 0, virt_to_mfn(copy), false);
	expect(page_make_ro(page), 0, "own mapping read-only");
	peer_step(1); /* domain 0 maps RW and writes */
	peer_step(2);
	expect_u64(*page, 0x3333, "what domain 0 wrote");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), -XEN_EINVAL, "pin it while mapped");
	peer_step(3); /* domain 0 unmaps */
	peer_step(4);
	memset(page_make_rw(page) ? copy : page, 0, PAGE_SIZE);
	expect(page_make_ro(page), 0, "read-only");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), 0, "pin it now");
	peer_step(5); /* domain 0 tries again, and copies */
	peer_step(6);
	expect_u64(*copy, 0x4444, "what domain 0 copied");

	port = evtchn_alloc_unbound(DOMID_SELF, 0);
	other = evtchn_alloc_unbound(DOMID_SELF, 7);
	ensure(port > 0, "unbound port for domain 0: %d", port);
	box->word[0] = port;
	box->word[1] = other > 0 ? other : 0;
	peer_step(7); /* domain 0 binds */
	peer_step(8);
	expect(evtchn_status(DOMID_SELF, port, &s), 0, "status");
	expect(s.status, EVTCHNSTAT_interdomain, "status of the port");
	expect(s.u.interdomain.dom, 0, "its peer's domain");
	expect(evtchn_send(port), 0, "send to domain 0");
	while (!port_pending(port))
		hv_sched_op(SCHEDOP_yield, NULL);
	peer_step(9);
}

static void check_grants(char *window)
{
	grant_handle_t h, r;

	expect(grant_map(RW, PEER_DOMU, (unsigned long)window, GNTMAP_host_map, &h), GNTST_okay,
	       "map");
	expect_u64(*(volatile unsigned long *)window, 0x1111, "what the other wrote");
	*(volatile unsigned long *)window = 0x3333;
	expect(grant_map(RO, PEER_DOMU, (unsigned long)window + PAGE_SIZE, GNTMAP_host_map, &r),
	       GNTST_general_error, "map a read-only grant writable");
	expect(grant_map(OTHER, PEER_DOMU, (unsigned long)window + PAGE_SIZE, GNTMAP_host_map, &r),
	       GNTST_general_error, "map what is granted to domain 7");
	expect(map_va(window + PAGE_SIZE, window_l1[0]), -XEN_EBUSY,
	       "map its frame without a grant");
	peer_step(2);
	peer_step(3);
	expect(grant_unmap(h, (unsigned long)window), GNTST_okay, "unmap");
	peer_step(4);
	peer_step(5);
	expect(grant_map(RW, PEER_DOMU, (unsigned long)window, GNTMAP_host_map, &h),
	       GNTST_general_error, "map a page that is a table now");
}

static void check_copy(void)
{
	unsigned long *mine = page_alloc();
	struct gnttab_copy c = { .len = 8, .flags = GNTCOPY_source_gref };

	c.source.u.ref = COPY;
	c.source.domid = PEER_DOMU;
	c.dest.u.gmfn = virt_to_mfn(mine).m;
	c.dest.domid = DOMID_SELF;
	expect(hv_grant_table_op(GNTTABOP_copy, &c, 1), 0, "copy");
	expect(c.status, GNTST_okay, "copy from the other");
	expect_u64(*mine, 0x2222, "what was copied");
	*mine = 0x4444;
	c.flags = GNTCOPY_dest_gref;
	c.dest.u.ref = COPY;
	c.dest.domid = PEER_DOMU;
	c.source.u.gmfn = virt_to_mfn(mine).m;
	c.source.domid = DOMID_SELF;
	expect(hv_grant_table_op(GNTTABOP_copy, &c, 1), 0, "copy");
	expect(c.status, GNTST_okay, "copy to the other");
	peer_step(6);
}

static void check_events(void)
{
	int port;

	peer_step(7);
	port = evtchn_bind_interdomain(PEER_DOMU, box->word[0]);
	ensure(port > 0, "bind to the other's port: %d", port);
	port_clear(port);
	if (box->word[1])
		expect(evtchn_bind_interdomain(PEER_DOMU, box->word[1]), -XEN_EINVAL,
		       "bind to a port for domain 7");
	peer_step(8);
	while (!port_pending(port))
		hv_sched_op(SCHEDOP_yield, NULL);
	expect(evtchn_send(port), 0, "send to the other");
	peer_step(9);
}

void test_main(void)
{
	box = peer_init();
	if (is_dom0()) {
		char *window = window_init();

		peer_step(1);
		check_grants(window);
		check_copy();
		check_events();
	} else {
		granter();
	}
	peer_bye();
}
