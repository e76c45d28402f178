/* SPDX-License-Identifier: MIT */
/*
 * A domain made by domctl from an image in memory, from its first step to its last.
 *
 * Mechanism: createdomain, max_vcpus, set_address_size, max_mem, populate_physmap for another domain,
 * foreign mappings, a pin by foreigndom, setvcpucontext and unpausedomain make a running domain; it
 * ends by itself, stays as it ended until destroydomain, and then its number is free again.
 * Steps: 1. create it; 2. words go through the shared page in both directions; 3. it shuts down with a
 * reason; 4. getdomaininfo says so; 5. destroy it.
 * Fails by: the step.
 * Run with: guest=both
 * Runs as: domain 0.
 */
#include "lib/event.h"
#include "lib/pv.h"
#include "lib/toolstack.h"

enum { TO_GUEST, TO_US };

static void guest(void)
{
	struct mailbox_page *box = guest_mailbox();

	shared_info_map();
	printk("hello from a domain that domctl made, %lu pages\n", start_info->nr_pages);
	ensure(!is_dom0() && !(start_info->flags & SIF_PRIVILEGED), "flags %#x", start_info->flags);
	while (box->word[TO_GUEST] != 0x1234)
		hv_sched_op(SCHEDOP_yield, NULL);
	box->word[TO_US] = 0x4321;
}

void test_main(void)
{
	static struct guest g;
	struct xen_domctl_getdomaininfo info;
	domid_t domid;

	if (!is_dom0()) {
		guest();
		return;
	}
	toolstack_init();
	if (toolstack_create(&g, &(struct guest_config){ .cmdline = "one two" })) {
		test_failure("no domain");
		return;
	}
	domid = g.domid;
	ensure(domid && domid < DOMID_FIRST_RESERVED, "its number %u", domid);
	expect(toolstack_info(domid, &info), 0, "getdomaininfo");
	expect_u64(info.tot_pages, g.pages, "its pages");
	expect_u64(info.max_pages, g.pages, "its limit");
	ensure(!(info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_paused)),
	       "flags %#x of a running domain", info.flags);
	g.mailbox->word[TO_GUEST] = 0x1234;
	ensure(toolstack_wait_word(&g, TO_US, 0x4321, 5000), "its answer: %#x",
	       g.mailbox->word[TO_US]);
	expect(toolstack_wait(&g, 5000), SHUTDOWN_poweroff, "its shutdown");
	ensure(toolstack_take_dom_exc(), "VIRQ_DOM_EXC came");
	expect(toolstack_destroy(&g), 0, "destroy it");
	expect(toolstack_info(domid, &info), -XEN_ESRCH, "getdomaininfo after its end");
}
