/* SPDX-License-Identifier: MIT */
/*
 * A big tree: pinning and unpinning many tables at once.
 *
 * Mechanism: pinning a level-2 table validates every level-1 table below. That is long work, which
 * the hypervisor does in pieces, while the guest sees one call; events stay masked or are delivered
 * as ever. A bad entry at the very end undoes everything.
 * Steps: 1. 64 full level-1 tables under one level-2 table; 2. pin, check that all are tables,
 * unpin, check that none is; 3. the last entry of the last table is bad; 4. the same with a timer
 * event that comes meanwhile.
 * Fails by: the first table of the wrong kind.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

#define TABLES 64

static uint64_t *l1[TABLES], *l2;

static void build(mfn_t data)
{
	l2 = page_alloc();
	for (unsigned int t = 0; t < TABLES; t++) {
		l1[t] = page_alloc();
		for (unsigned int i = 0; i < PT_ENTRIES; i++)
			l1[t][i] = pte(data, PTE_KERN | PTE_US);
		l2[t] = pte(virt_to_mfn(l1[t]), PTE_TABLE);
		page_make_ro(l1[t]);
	}
	page_make_ro(l2);
}

/* Whether all tables are, or none is, writable again. */
static void expect_tables(bool are, const char *when)
{
	for (unsigned int t = 0; t < TABLES; t++) {
		int rc = page_make_rw(l1[t]);

		expect(rc, are ? -XEN_EBUSY : 0, "%s: table %u writable", when, t);
		if (!rc)
			page_make_ro(l1[t]);
	}
}

static int pin(void)
{
	return mmuext(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2));
}

void test_main(void)
{
	int port;

	trap_init();
	shared_info_map();
	event_init();
	build(virt_to_mfn(page_alloc()));
	expect_tables(false, "before");
	expect(pin(), 0, "pin");
	expect_tables(true, "pinned");
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2)), 0, "unpin");
	expect_tables(false, "unpinned");

	page_make_rw(l1[TABLES - 1]);
	l1[TABLES - 1][511] = pte(root_mfn(), PTE_P | PTE_RW);
	page_make_ro(l1[TABLES - 1]);
	expect(pin(), -XEN_EBUSY, "pin, the last entry is bad");
	expect_tables(false, "refused");
	page_make_rw(l1[TABLES - 1]);
	l1[TABLES - 1][511] = 0;
	page_make_ro(l1[TABLES - 1]);

	port = evtchn_bind_virq(VIRQ_TIMER, 0);
	upcall_mask(false);
	for (unsigned int i = 0; i < 20; i++) {
		hv_set_timer_op(system_time() + 200000 * i);
		expect(pin(), 0, "pin, round %u", i);
		expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2)), 0, "unpin, round %u", i);
	}
	hv_set_timer_op(0);
	upcall_mask(true);
	ensure(port_count[port] > 0, "no timer event in twenty rounds");
	expect_tables(false, "at the end");
}
