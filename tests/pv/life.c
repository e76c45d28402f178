/* SPDX-License-Identifier: MIT */
/*
 * The life of a domain that a toolstack made: how it ends, goes on, and what it costs.
 *
 * Mechanism: a domain that shut down keeps everything, with its reason, until it is destroyed or
 * resumed; its toolstack hears of it by VIRQ_DOM_EXC. A paused domain takes little of the
 * hypervisor's heap beside its own memory, and when it is gone all of that is back. What a
 * toolstack maps of it keeps it a number until it lets go.
 * Steps: 1. each reason stays, and destroying ends it; 2. resume after a suspend; 3. what a paused
 * domain costs; 4. destroy one that is shut down, running, half built; 5. a foreign mapping keeps
 * it; 6. reset and look at its ports; 7. numbers are taken while there is anything left.
 * Fails by: the step.
 * Run with: guest=both hv=dom0_mem=64M smp=1,2
 * Runs as: domain 0.
 */
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/pv.h"
#include "lib/toolstack.h"

#define HEAP_MOST	40 /* kB that a paused domain may cost */
#define HEAP_MOST_PLAIN 20 /* without shared_info, grant frames and L4 */

/* ---- the guest ---------------------------------------------------------------------------------- */

static void shut_down(unsigned int reason)
{
	struct sched_shutdown s = { reason };

	hv_sched_op(SCHEDOP_shutdown, &s);
}

static void be_guest(void)
{
	struct mailbox_page *box = guest_mailbox();

	box->word[1]++; /* it runs */
	if (box->word[0] != ~0u)
		shut_down(box->word[0]);
	/* Resumed, or told to stay. */
	box->word[2]++;
	for (;;)
		hv_sched_op(SCHEDOP_yield, NULL);
}

/* ---- domain 0 ----------------------------------------------------------------------------------- */

static bool make(struct guest *g, uint32_t reason)
{
	struct guest_config c = { .until = GUEST_READY };

	*g = (struct guest){ 0 };
	if (toolstack_create(g, &c))
		return false;
	g->mailbox->word[0] = reason;
	return true;
}

static uint32_t flags_of(domid_t d)
{
	struct xen_domctl_getdomaininfo info = { 0 };

	return toolstack_info(d, &info) ? 0 : info.flags;
}

static void destroy(struct guest *g, const char *what)
{
	expect(toolstack_destroy(g), 0, "destroy %s", what);
}

static int resume(domid_t d)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_resumedomain, d, &op);
}

static int create_at(domid_t d)
{
	struct guest_config c = { .until = GUEST_CREATED, .domid = d };
	struct guest g = { 0 };

	return toolstack_create(&g, &c);
}

static void check_reasons(void)
{
	static const uint32_t reasons[] = { SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_suspend,
					    SHUTDOWN_crash, SHUTDOWN_soft_reset };

	for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct guest g;
		uint32_t flags;

		if (!make(&g, reasons[i]))
			return;
		port_clear(toolstack_dom_exc);
		toolstack_unpause(&g);
		expect(toolstack_wait(&g, 10000), reasons[i], "the reason");
		ensure(toolstack_take_dom_exc(), "reason %u: no VIRQ_DOM_EXC", reasons[i]);
		toolstack_sleep(20);
		flags = flags_of(g.domid);
		ensure(flags & XEN_DOMINF_shutdown, "reason %u: it did not stay (%x)", reasons[i],
		       flags);
		expect(flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, reasons[i],
		       "its code later");
		destroy(&g, "one that shut down");
		expect(resume(g.domid), -XEN_ESRCH, "resume what is gone");
	}
}

static void check_resume(void)
{
	struct guest g;

	if (!make(&g, SHUTDOWN_suspend))
		return;
	toolstack_unpause(&g);
	expect(toolstack_wait(&g, 10000), SHUTDOWN_suspend, "suspend");
	expect(g.mailbox->word[2], 0, "it runs on after its suspend");
	expect(resume(g.domid), 0, "resume");
	ensure(toolstack_wait_word(&g, 2, 1, 5000), "it does not go on");
	expect(g.mailbox->word[1], 1, "it began anew");
	ensure(!(flags_of(g.domid) & XEN_DOMINF_shutdown), "it still counts as shut down");
	expect(resume(g.domid), 0, "resume one that runs");
	destroy(&g, "one that runs");
}

static void check_cost(void)
{
	uint64_t before = toolstack_free_pages(), with;
	struct xen_domctl_getdomaininfo info;
	struct guest g;
	long heap, pages;

	if (!make(&g, ~0u))
		return;
	with = toolstack_free_pages();
	expect(toolstack_info(g.domid, &info), 0, "getdomaininfo");
	heap = (long)(before - with - info.tot_pages) * 4;
	/* shared_info, a grant frame, the L4 of a 32-bit vCPU */
	pages = 4 + 4 + (g.is_32bit ? 4 : 0);
	printk("a paused %u-bit domain: %ld kB of heap\n", g.is_32bit ? 32 : 64, heap);
	/* Real Xen takes 84, and gives the last domain's back when it likes. */
	ensure(heap <= HEAP_MOST || !on_ringmaster(), "%ld kB of heap", heap);
	ensure(heap - pages <= HEAP_MOST_PLAIN || !on_ringmaster(),
	       "%ld kB of heap beside its shared pages", heap - pages);
	destroy(&g, "one that is paused");
	/* Slabs keep a page or two for the next; real Xen may still be at it. */
	for (int i = 0; i < 100 && !on_ringmaster() && toolstack_free_pages() + 4 < before; i++)
		toolstack_sleep(10);
	ensure(toolstack_free_pages() + 4 >= before, "%lu pages are missing",
	       (unsigned long)(before - toolstack_free_pages()));
}

static void check_phases(void)
{
	for (enum guest_phase phase = GUEST_CREATED; phase <= GUEST_RUNNING; phase++) {
		struct guest_config c = { .until = phase };
		struct guest g = { 0 };

		if (toolstack_create(&g, &c))
			return;
		destroy(&g, "a domain half built");
	}
}

static void check_foreign(void)
{
	struct xen_domctl_getdomaininfo info;
	struct guest g;
	volatile unsigned long *page;
	domid_t d;

	if (!make(&g, ~0u))
		return;
	d = g.domid;
	page = foreign_map(d, guest_frame(&g, 5), true);
	ensure(page, "map a foreign page: %d", foreign_error);
	if (!page)
		return;
	*page = 0x1234;
	expect(toolstack_destroy(&g), -XEN_EBUSY, "destroy one of which we map a page");
	expect(toolstack_info(d, &info), 0, "the zombie's info");
	expect(info.tot_pages, 1, "the zombie's pages");
	ensure(info.flags & XEN_DOMINF_dying, "the zombie's flags: %x", info.flags);
	expect_u64(*page, 0x1234, "its page");
	expect(toolstack_kill(&g), 0, "destroy it again");
	expect(create_at(d), -XEN_EEXIST, "its number is taken");
	foreign_unmap((void *)page);
	ensure(toolstack_gone(d, 1000), "it does not go when the page does");
}

static void check_ports(void)
{
	struct evtchn_reset r;
	struct evtchn_status s;
	struct guest g;
	int port, mine;

	if (!make(&g, ~0u))
		return;
	r.dom = g.domid;
	port = evtchn_alloc_unbound(g.domid, 0);
	ensure(port > 0, "a port in a foreign domain: %d", port);
	mine = evtchn_bind_interdomain(g.domid, port);
	ensure(mine > 0, "bind to it: %d", mine);
	expect(evtchn_status(g.domid, port, &s), 0, "its status");
	expect(s.status, EVTCHNSTAT_interdomain, "its status");
	expect(s.u.interdomain.port, mine, "its other end");
	expect(evtchn_send(mine), 0, "send to a paused domain");
	toolstack_unpause(&g);
	expect(hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_reset, &r, 0, 0, 0), -XEN_EINVAL,
	       "reset the ports of a domain that runs");
	toolstack_pause(&g);
	expect(hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_reset, &r, 0, 0, 0), 0,
	       "reset those of a paused one");
	expect(evtchn_status(DOMID_SELF, mine, &s), 0, "status of our end");
	expect(s.status, EVTCHNSTAT_unbound, "our end after the reset");
	expect(evtchn_send(mine), 0, "send to nobody");
	destroy(&g, "one whose ports were reset");
	expect(evtchn_close(mine), 0, "close our end");
}

void test_main(void)
{
	if (!is_dom0()) {
		trap_init();
		shared_info_map();
		be_guest();
	}
	toolstack_init();
	check_reasons();
	check_resume();
	check_cost();
	check_phases();
	check_foreign();
	check_ports();
}
