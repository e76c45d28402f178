/* SPDX-License-Identifier: MIT */
/*
 * Many domains that a toolstack makes, all alive at once.
 *
 * Mechanism: creating, waking, finding and destroying a domain works whatever their number, and all of their
 * memory comes back, whatever the order of their ends.
 * Steps: 1. as many as the command line says (domains=N); 2. each answers once when asked, and sleeps; 3. every
 * second one is destroyed, the others answer again; 4. the rest is destroyed; 5. all of it again.
 * Fails by: the domain that was not made, did not answer or did not go; the pages that did not come back.
 * Run with: guest=both hv=dom0_mem=64M
 * Runs as: domain 0.
 */
#include "lib/event.h"
#include "lib/pv.h"
#include "lib/toolstack.h"

enum { DOMAINS = 24, MOST = 256, CROWDS = 5, ASKED = 0, ANSWERED = 1 };

static struct guest crowd[MOST];

static void guest(void)
{
	struct mailbox_page *box = guest_mailbox();
	struct sched_poll sleep = { 0 };

	shared_info_map();
	for (;;) {
		if (box->word[ANSWERED] != box->word[ASKED])
			box->word[ANSWERED] = box->word[ASKED];
		sleep.timeout = system_time() + 20000000;
		hv_sched_op(SCHEDOP_poll, &sleep);
	}
}

static void ask_all(unsigned int n, unsigned int step, uint32_t question)
{
	for (unsigned int i = 0; i < n; i += step)
		crowd[i].mailbox->word[ASKED] = question;
	for (unsigned int i = 0; i < n; i += step)
		ensure(toolstack_wait_word(&crowd[i], ANSWERED, question, 30000),
		       "d%u does not answer question %u", crowd[i].domid, question);
}

static void destroy_all(unsigned int from, unsigned int n, unsigned int step)
{
	for (unsigned int i = from; i < n; i += step)
		expect(toolstack_destroy(&crowd[i]), 0, "destroy d%u", crowd[i].domid);
}

/* Make them, talk to them, end them; returns how many there were. */
static unsigned int round(unsigned int wanted)
{
	unsigned int n;

	for (n = 0; n < wanted; n++) {
		if (toolstack_create(&crowd[n], &(struct guest_config){ 0 })) {
			test_failure("only %u domains", n);
			break;
		}
		/* One slot of the window for each is enough. */
		foreign_unmap(crowd[n].ring);
		crowd[n].ring = NULL;
	}
	ask_all(n, 1, 1);
	destroy_all(1, n, 2);
	ask_all(n, 2, 2);
	destroy_all(0, n, 2);
	toolstack_sleep(200);
	return n;
}

void test_main(void)
{
	unsigned int wanted = (unsigned int)argument("domains=", DOMAINS);
	uint64_t before = 0, after;

	if (!is_dom0()) {
		guest();
		return;
	}
	toolstack_init();
	if (wanted > MOST)
		wanted = MOST;
	/* What the first crowds leave are caches of small objects; a leak would cost every one of them. */
	round(wanted);
	after = toolstack_free_pages();
	for (unsigned int i = 0; i < CROWDS; i++) {
		before = after;
		printk("%u domains at once\n", round(wanted));
		after = toolstack_free_pages();
		if (after >= before)
			return;
	}
	test_failure("each crowd costs memory: %llu pages the last",
		     (unsigned long long)(before - after));
}
