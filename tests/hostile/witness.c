/* SPDX-License-Identifier: MIT */
/*
 * The well-behaved domain beside the hostile ones: its memory stays what it wrote.
 *
 * Mechanism: whatever other domains ask the hypervisor for, no byte, page-table entry, grant or port of a
 * third one changes.
 * Steps: as domain 0, which does nothing privileged: every page of memory that it has to spare holds words
 * that follow from their address and the round; again and again all are read, some rewritten, a page is mapped
 * and unmapped, an event sent to itself, until every hostile domain (numbers 1 to domains=N) is gone.
 * Fails by: the address of a word that changed, an update that was refused, an event that did not come.
 */
#include "lib/event.h"
#include "lib/pv.h"

enum { PAGES = 256, WORDS = PAGE_SIZE / sizeof(unsigned long) };

static unsigned long *page[PAGES], written[PAGES];

static unsigned long word(unsigned int p, unsigned int w)
{
	return (written[p] * 0x9e3779b1UL) ^ (p << 16 | w);
}

static void write_page(unsigned int p, unsigned long round)
{
	written[p] = round;
	for (unsigned int w = 0; w < WORDS; w++)
		page[p][w] = word(p, w);
}

static void check_page(unsigned int p)
{
	for (unsigned int w = 0; w < WORDS; w++) {
		unsigned long got = ((volatile unsigned long *)page[p])[w];

		if (got == word(p, w))
			continue;
		test_failure("%p holds %#lx, not %#lx as written in round %lu", &page[p][w], got,
			     word(p, w), written[p]);
		test_exit();
	}
}

static unsigned int hostile_left(unsigned int domains)
{
	unsigned int left = 0;

	for (domid_t dom = 1; dom <= domains; dom++)
		left += hv_memory_op(XENMEM_current_reservation, &dom) != -XEN_ESRCH;
	return left;
}

static void one_round(unsigned long round, evtchn_port_t port, char *window)
{
	unsigned int p = round % PAGES;
	struct sched_poll sleep = { .timeout = system_time() + 500000 };

	for (unsigned int i = 0; i < PAGES; i++)
		check_page(i);
	for (unsigned int i = 0; i < 16; i++)
		write_page((p + i) % PAGES, round);
	expect(map_va(window, pte(virt_to_mfn(page[p]), PTE_KERN_R)), 0, "map");
	expect_u64(*(volatile unsigned long *)window, word(p, 0), "the page behind a new mapping");
	expect(map_va(window, 0), 0, "unmap");
	port_clear(port);
	expect(evtchn_send(port), 0, "send");
	ensure(port_pending(port), "an event to ourselves");
	hv_sched_op(SCHEDOP_poll, &sleep);
}

void test_main(void)
{
	const char *at = strstr((const char *)start_info->cmd_line, "domains=");
	unsigned int domains = at ? strtoul(at + 8, NULL, 10) : 2;
	unsigned long round = 1;
	char *window;
	int port;

	trap_init();
	shared_info_map();
	window = window_init();
	port = evtchn_bind_ipi(0);
	for (unsigned int p = 0; p < PAGES; p++) {
		page[p] = page_alloc();
		write_page(p, 0);
	}
	for (; hostile_left(domains); round++)
		one_round(round, (evtchn_port_t)port, window);
	one_round(round, (evtchn_port_t)port, window);
	printk("witness: %lu rounds\n", round);
}
