/* SPDX-License-Identifier: MIT */
/*
 * A paused domain stands still, on every processor, and only as long as it is paused.
 *
 * Mechanism: pausedomain returns when no vCPU of the domain runs any more; pauses are counted; an event
 * for a paused domain waits.
 * Steps: a guest of four vCPUs counts in the page that it shares; 1. it counts; 2. paused, no count
 * changes; 3. paused twice and unpaused once, neither; 4. it goes on; 5. many short pauses, with the counts
 * looked at right behind the call; 6. destroyed while paused.
 * Fails by: the step and the vCPU that moved.
 * Run with: guest=both smp=1,4,2
 * Runs as: domain 0.
 */
#include "lib/event.h"
#include "lib/smp.h"
#include "lib/toolstack.h"

enum { VCPUS = 4, SHORT = 50 };

static struct guest g;

static void count_up(unsigned int me)
{
	struct mailbox_page *box = guest_mailbox();

	for (;;)
		box->word[me]++;
}

static void guest(void)
{
	trap_init();
	shared_info_map();
	smp_run(smp_vcpus(VCPUS), count_up);
}

static void read_counts(uint32_t *count)
{
	for (unsigned int v = 0; v < VCPUS; v++)
		count[v] = g.mailbox->word[v];
}

static void expect_still(const char *when, unsigned int ms)
{
	uint32_t count[VCPUS];

	read_counts(count);
	if (ms)
		toolstack_sleep(ms);
	else
		delay(100000);
	for (unsigned int v = 0; v < VCPUS; v++)
		expect(g.mailbox->word[v], count[v], "%s: vCPU %u", when, v);
}

static void expect_moving(const char *when)
{
	uint32_t count[VCPUS];

	read_counts(count);
	for (unsigned int v = 0; v < VCPUS; v++)
		ensure(toolstack_wait_word(&g, v, count[v] + 1, 5000), "%s: vCPU %u stands still",
		       when, v);
}

void test_main(void)
{
	struct xen_domctl_getdomaininfo info;

	if (!is_dom0()) {
		guest();
		return;
	}
	toolstack_init();
	if (toolstack_create(&g, &(struct guest_config){ .vcpus = VCPUS })) {
		test_failure("no domain");
		return;
	}
	expect_moving("at first");
	expect(toolstack_pause(&g), 0, "pause");
	expect_still("paused", 50);
	expect(toolstack_info(g.domid, &info), 0, "getdomaininfo");
	ensure(info.flags & XEN_DOMINF_paused && !(info.flags & XEN_DOMINF_running),
	       "flags %#x of a paused domain", info.flags);
	expect(toolstack_pause(&g), 0, "pause again");
	expect(toolstack_unpause(&g), 0, "unpause once");
	expect_still("paused once more", 20);
	expect(toolstack_unpause(&g), 0, "unpause");
	expect(toolstack_unpause(&g), -XEN_EINVAL, "unpause what is not paused");
	expect_moving("unpaused");
	for (unsigned int i = 0; i < SHORT; i++) {
		expect(toolstack_pause(&g), 0, "short pause");
		expect_still("short pause", 0);
		expect(toolstack_unpause(&g), 0, "unpause after it");
		if (i % 8 == 0)
			toolstack_sleep(1);
	}
	expect_moving("after short pauses");
	expect(toolstack_pause(&g), 0, "pause");
	expect(toolstack_destroy(&g), 0, "destroy it while paused");
}
