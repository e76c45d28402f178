/* SPDX-License-Identifier: MIT */
/*
 * The final page tables of the hypervisor's slots (mm/layout.h is the map they follow).
 *
 *	image		text read and execute, constants read, data read and write: never both
 *	direct map	all RAM, read and write, never executed; 2 MiB pages where they fit
 *	  - the image	read-only there, so that a stray pointer cannot patch it
 *	  - tables	read-only there: they are complete when this file is done
 *	window, device	empty tables inside the image (cpu/hvmap.c fills them)
 *
 * The frame table and the M2P are mapped by mm/init.c between the two halves of this file. All tables
 * come from one pool, so that sealing them is one range; the pool's rest goes back.
 */
#include "boot/paging.h"
#include "boot/memmap.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/hvmap.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/pte.h"

#define LARGE	    (1ULL << 21)
#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_A)
#define RW_FLAGS    (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
#define RO_FLAGS    (PTE_P | PTE_A | PTE_NX)
#define TEXT_FLAGS  (PTE_P | PTE_A)

extern const uint8_t image_start[], image_text_end[], image_rodata_end[], image_end[];

static uint64_t l4[PT_ENTRIES] __attribute__((aligned(4096), section(".bss.page")));

static struct {
	uint64_t start, next, end;
} pool; /* machine addresses; given out from the end down */

static pte_t *pool_table(void)
{
	if (pool.next == pool.start)
		panic("the pool of page tables was made too small");
	pool.next -= PAGE_SIZE;
	return maddr_to_virt(_maddr(pool.next));
}

/* The table below entry `e`, made if there is none; a superpage is split. Level: that of `e`. */
static pte_t *descend(pte_t *e, unsigned int level)
{
	pte_t *table;

	if ((*e & PTE_P) && !(*e & PTE_PSE))
		return maddr_to_virt(_maddr(*e & PTE_ADDRESS));
	table = pool_table();
	if (*e & PTE_PSE) {
		if (level != 2)
			panic("cannot split a level %u superpage", level);
		for (unsigned int i = 0; i < PT_ENTRIES; i++)
			table[i] = (*e & ~PTE_PSE) + i * PAGE_SIZE;
	}
	*e = maddr_x(mfn_to_maddr(virt_to_mfn(table))) | TABLE_FLAGS;
	return table;
}

static pte_t *l2_entry(uint64_t va)
{
	pte_t *l3 = descend(&hv_l4[pt_slot(va, 4)], 4);

	return &descend(&l3[pt_slot(va, 3)], 3)[pt_slot(va, 2)];
}

/* Map [va, va + bytes) to pa, replacing what was there. Superpages where all three allow it. */
static void map(uint64_t va, uint64_t pa, uint64_t bytes, uint64_t flags)
{
	uint64_t end = va + bytes;

	while (va < end) {
		pte_t *e = l2_entry(va);
		uint64_t step = PAGE_SIZE;

		if (!(va % LARGE) && !(pa % LARGE) && end - va >= LARGE &&
		    (!(*e & PTE_P) || (*e & PTE_PSE))) {
			*e = pa | flags | PTE_PSE;
			step = LARGE;
		} else {
			descend(e, 2)[pt_slot(va, 1)] = pa | flags;
		}
		va += step;
		pa += step;
	}
}

static void unmap_page(uint64_t va)
{
	descend(l2_entry(va), 2)[pt_slot(va, 1)] = 0;
}

/* The linker's symbols are separate objects to the compiler: subtract addresses. */
static uint64_t span(const uint8_t *start, const uint8_t *end)
{
	return (uint64_t)end - (uint64_t)start;
}

static void map_image(void)
{
	uint64_t pa = maddr_x(image_maddr(image_start));
	uint64_t text = span(image_start, image_text_end);
	uint64_t ro = span(image_text_end, image_rodata_end);
	uint64_t data = span(image_rodata_end, image_end);

	map(IMAGE_VA, pa, text, TEXT_FLAGS);
	map(IMAGE_VA + text, pa + text, ro, RO_FLAGS);
	map(IMAGE_VA + text + ro, pa + text + ro, data, RW_FLAGS);
	unmap_page((uint64_t)boot_stack + IST_GUARD * PAGE_SIZE);
}

/* RAM and nothing else: a device mapped here would be cached. */
static void map_direct(void)
{
	for (unsigned int i = 0; i < ram.count; i++) {
		const struct memrange *r = &ram.range[i];

		map(DIRECT_MAP_VA + r->start, r->start, r->end - r->start, RW_FLAGS);
	}
}

/* Hook tables that live in the image below one slot, from its beginning. */
static void hook_tables(uint64_t va, uint64_t (*tables)[512], unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		*l2_entry(va + i * LARGE) = maddr_x(image_maddr(tables[i])) | TABLE_FLAGS;
}

/*
 * An upper bound: the direct map's and the frame table's and M2P's tables, what is split, and six tables for a
 * gigabyte that is a hole (mm/init.c).
 */
static uint64_t pool_pages(uint64_t top)
{
	uint64_t gigabytes = (top >> 30) + 1;

	return 64 + 4 * ram.count + gigabytes * 8 + gigabytes / 16;
}

void *paging_alloc(unsigned int order)
{
	uint64_t bytes = PAGE_SIZE << order;

	return order ? maddr_to_virt(memmap_alloc(bytes, bytes)) : pool_table();
}

void paging_init(void)
{
	uint64_t top = ram.range[ram.count - 1].end, bytes = pool_pages(top) * PAGE_SIZE;

	if (top > DIRECT_MAP_END - DIRECT_MAP_VA)
		panic("RAM above 5 TiB cannot be mapped");
	hv_l4 = l4;
	pool.start = maddr_x(memmap_alloc(bytes, PAGE_SIZE));
	pool.next = pool.end = pool.start + bytes;
	map_image();
	map_direct();
	hook_tables(PCPU_WINDOW_VA, window_tables, WINDOW_TABLES);
	hook_tables(DEVICE_VA, device_tables, DEVICE_TABLES);
	hook_tables((uint64_t)ap_stacks, &ap_stack_table, 1);
	write_cr3(maddr_x(hv_l4_maddr()));
}

void paging_seal(void)
{
	uint64_t image = maddr_x(image_maddr(image_start));

	map(DIRECT_MAP_VA + image, image, span(image_start, image_end), RO_FLAGS);
	/* Splitting takes from the pool: do that first, so that the range below is final. */
	descend(l2_entry(DIRECT_MAP_VA + pool.start), 2);
	descend(l2_entry(DIRECT_MAP_VA + pool.end - PAGE_SIZE), 2);
	map(DIRECT_MAP_VA + pool.next, pool.next, pool.end - pool.next, RO_FLAGS);
	memmap_free(pool.start, pool.next);
	write_cr3(maddr_x(hv_l4_maddr()));
}
