/* SPDX-License-Identifier: MIT */
/*
 * A domain may be destroyed at any moment of its life, and everything comes back.
 *
 * Mechanism: destroydomain undoes what was done so far, whether a domain has no memory yet, half of it,
 * tables half built, runs, waits, is paused or shut down, or is in the middle of a long operation. Frames
 * that others map keep it dying; the last one who lets go ends it. The machine has as many free pages after
 * as before.
 * Steps: 1. refusals; 2. every phase of building; 3. tables pinned in part; 4. paused, shut down; 5. with a
 * frame of it mapped by us; 6. while it pins and unpins a large tree; 7. twenty times (or
 * times=N of the command line).
 * Fails by: the step, and the pages that did not come back.
 * Run with: guest=both smp=1,2
 * Runs as: domain 0.
 */
#include "lib/event.h"
#include "lib/pv.h"
#include "lib/toolstack.h"

enum { TIMES = 20, TREE_PAGES = 2048, TREE_TABLES = 256, INTERRUPTED = 8 };

static struct guest g;
static uint64_t free_before;

/* ---- the guest -------------------------------------------------------------------------------------- */

/* Hundreds of level-1 tables full of mappings below one level-2 table that is pinned and unpinned. */
static void pin_for_ever(void)
{
	struct mailbox_page *box = guest_mailbox();
	uint64_t *slot = (uint64_t *)window_init(), *entries = page_alloc();
	mfn_t l2 = pfn_to_mfn(PFN(start_info->nr_pages - 1));

	for (unsigned int i = 0; i < TREE_TABLES; i++) {
		mfn_t l1 = pfn_to_mfn(PFN(start_info->nr_pages - 2 - i));

		map_va(slot, pte(l1, PTE_KERN));
		for (unsigned int e = 0; e < PT_ENTRIES; e++)
			slot[e] = pte(virt_to_mfn(boot_stack), PTE_KERN_R);
		entries[i] = pte(l1, PTE_TABLE);
	}
	map_va(slot, pte(l2, PTE_KERN));
	memcpy(slot, entries, PAGE_SIZE);
	map_va(slot, 0);
	for (;;) {
		expect(mmuext(MMUEXT_PIN_L2_TABLE, l2), 0, "pin");
		box->word[0]++;
		expect(mmuext(MMUEXT_UNPIN_TABLE, l2), 0, "unpin");
	}
}

static void guest(void)
{
	if (guest_role("pin"))
		pin_for_ever();
	if (guest_role("end"))
		return;
	for (;;) {
		guest_mailbox()->word[0]++;
		hv_sched_op(SCHEDOP_yield, NULL);
	}
}

/* ---- domain 0 --------------------------------------------------------------------------------------- */

/* More than before is no loss: real Xen gives the last pages of a domain back some time later. */
static void expect_all_back(const char *when)
{
	uint64_t end = system_time() + 2000000000, now;

	while ((now = toolstack_free_pages()) < free_before && system_time() < end)
		toolstack_sleep(1);
	ensure(now >= free_before, "%llu pages did not come back after: %s",
	       (unsigned long long)(free_before - now), when);
	free_before = now;
}

static bool create(const char *role, unsigned int pages, enum guest_phase until)
{
	if (!toolstack_create(&g, &(struct guest_config){
					  .cmdline = role, .pages = pages, .until = until }))
		return true;
	test_failure("no domain (%s, phase %u)", role, until);
	return false;
}

static void end(const char *when)
{
	expect(toolstack_destroy(&g), 0, "destroy: %s", when);
	expect_all_back(when);
}

static void check_refusals(void)
{
	struct guest nobody = { .domid = 4711 }, ourselves = { .domid = 0 },
		     special = { .domid = DOMID_SELF };

	expect(toolstack_kill(&nobody), -XEN_ESRCH, "destroy domain 4711");
	expect(toolstack_kill(&ourselves), -XEN_EINVAL, "destroy ourselves");
	expect(toolstack_kill(&special), -XEN_ESRCH, "destroy DOMID_SELF");
}

static void phases(void)
{
	static const char *const names[] = { "",	  "created", "with vCPUs", "half populated",
					     "populated", "loaded",  "pinned",	   "ready",
					     "running" };

	for (enum guest_phase p = GUEST_CREATED; p <= GUEST_RUNNING; p++)
		if (create("run", 0, p))
			end(names[p]);
}

/* The lowest of its tables pinned each for itself, then the one above; nothing of it is a root. */
static void pinned_in_part(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE };
	const uint64_t *root;

	if (!create("run", 0, GUEST_LOADED))
		return;
	/* The boot mapping's tables follow the root; the last ones are of level 1 at 64 bits. */
	root = foreign_map(g.domid, g.root, false);
	ensure(root, "map its root to read");
	if (root) {
		mfn_t next = pte_mfn(root[g.is_32bit ? 3 : 511]);

		foreign_unmap(root);
		op.cmd = g.is_32bit ? MMUEXT_PIN_L2_TABLE : MMUEXT_PIN_L3_TABLE;
		op.arg1.mfn = next.m;
		expect(hv_mmuext_op(&op, 1, NULL, g.domid), 0, "pin the table below its root");
		op.cmd = MMUEXT_PIN_L1_TABLE;
		expect(hv_mmuext_op(&op, 1, NULL, g.domid), -XEN_EINVAL, "pin it as another kind");
	}
	end("tables pinned in part");
}

static void ended_or_paused(void)
{
	if (create("end", 0, GUEST_RUNNING)) {
		expect(toolstack_wait(&g, 5000), SHUTDOWN_poweroff, "its end");
		end("shut down");
	}
	if (create("run", 0, GUEST_RUNNING)) {
		ensure(toolstack_wait_word(&g, 0, 1, 5000), "it runs");
		expect(toolstack_pause(&g), 0, "pause");
		end("paused");
	}
}

static void held_by_us(void)
{
	struct xen_domctl_getdomaininfo info;
	void *page;

	if (!create("run", 0, GUEST_RUNNING))
		return;
	ensure(toolstack_wait_word(&g, 0, 1, 5000), "it runs");
	page = foreign_map(g.domid, guest_frame(&g, g.pages - 1), true);
	ensure(page, "map a frame of it: %d", foreign_error);
	foreign_unmap(g.mailbox);
	foreign_unmap(g.ring);
	g.mailbox = NULL;
	g.ring = NULL;
	expect(toolstack_kill(&g), 0, "destroy it while we map a frame of it");
	toolstack_sleep(20);
	expect(toolstack_info(g.domid, &info), 0, "it is still there");
	ensure(info.flags & XEN_DOMINF_dying, "flags %#x of a dying domain", info.flags);
	expect(info.tot_pages, 1, "pages that it still has");
	expect(toolstack_unpause(&g), -XEN_EINVAL, "unpause a dying domain");
	ensure(!foreign_map(g.domid, g.root, false), "map another frame of a dying domain");
	*(volatile char *)page = 1;
	foreign_unmap(page);
	ensure(toolstack_gone(g.domid, 2000), "it is gone when we let go");
	evtchn_close((evtchn_port_t)g.console_local);
	expect_all_back("held by us");
}

static void in_the_middle(void)
{
	for (unsigned int i = 0; i < INTERRUPTED; i++) {
		if (!create("pin", TREE_PAGES, GUEST_RUNNING))
			return;
		ensure(toolstack_wait_word(&g, 0, 2, 10000), "it pins");
		delay(i * 370000ULL);
		end("in the middle of pin or unpin");
	}
}

void test_main(void)
{
	if (!is_dom0()) {
		guest();
		return;
	}
	toolstack_init();
	check_refusals();
	/* The first one may fill caches that stay, and its last pages may take a moment. */
	if (create("run", 0, GUEST_RUNNING))
		expect(toolstack_destroy(&g), 0, "destroy the first");
	toolstack_sleep(100);
	free_before = toolstack_free_pages();
	phases();
	pinned_in_part();
	ended_or_paused();
	held_by_us();
	in_the_middle();
	for (unsigned long i = 0; i < argument("times=", TIMES); i++)
		if (create("run", 0, GUEST_RUNNING))
			end("again");
}
