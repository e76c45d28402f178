/* SPDX-License-Identifier: MIT */
/*
 * Domain 0 of the latency test: pins page tables that map half a gigabyte, again and again.
 *
 * Mechanism: validating a tree takes time in its size, and the hypervisor may not make another domain
 * wait for that: the work stops when a time slice is over and goes on afterwards.
 * Steps: 256 level-1 tables full of mappings (512 MB) hang below one unpinned level-2 table; pin it,
 * unpin it, and so on for as long as the command line says.
 * Fails by: a refusal. The other domain, ticker.c, measures what it felt.
 */
#include "lib/pv.h"
#include "lib/event.h"

enum { L1_TABLES = 256 };

static uint64_t seconds(void)
{
	const char *at = strstr((const char *)start_info->cmd_line, "seconds=");

	return at ? strtoul(at + 8, NULL, 10) : 3;
}

/* Frames far above the boot mapping, each used as a table through one window slot. */
static mfn_t table_frame(unsigned int i)
{
	return pfn_to_mfn(PFN(start_info->nr_pages - 1 - i));
}

static void fill_l1(uint64_t *table)
{
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		table[i] = pte(virt_to_mfn(boot_stack), PTE_KERN_R);
}

static mfn_t build_tree(void)
{
	uint64_t *slot = (uint64_t *)window_init();
	mfn_t l2 = table_frame(L1_TABLES);
	uint64_t *entries = page_alloc();

	for (unsigned int i = 0; i < L1_TABLES; i++) {
		map_va(slot, pte(table_frame(i), PTE_KERN));
		fill_l1(slot);
		map_va(slot, 0);
		entries[i] = pte(table_frame(i), PTE_TABLE);
	}
	map_va(slot, pte(l2, PTE_KERN));
	memcpy(slot, entries, PAGE_SIZE);
	map_va(slot, 0);
	return l2;
}

void test_main(void)
{
	uint64_t end;
	unsigned int rounds = 0;
	mfn_t l2;

	shared_info_map();
	l2 = build_tree();
	for (end = system_time() + seconds() * 1000000000ULL; system_time() < end; rounds++) {
		expect(mmuext(MMUEXT_PIN_L2_TABLE, l2), 0, "pin");
		expect(mmuext(MMUEXT_UNPIN_TABLE, l2), 0, "unpin");
	}
	printk("pinner: %u rounds of 512 MB\n", rounds);
	ensure(rounds > 0, "there was time for a round");
}
