/* SPDX-License-Identifier: MIT */
/*
 * Device memory and the tables behind it: what of our address space can change after boot.
 */
#include "cpu/hvmap.h"
#include "cpu/asm.h"
#include "mm/layout.h"
#include "mm/pte.h"

#define LOAD_PADDR 0x200000ULL

#define PAGE_TABLE __attribute__((aligned(4096), section(".bss.page")))

PAGE_TABLE uint64_t window_tables[WINDOW_TABLES][512];
PAGE_TABLE uint64_t device_tables[DEVICE_TABLES][512];
PAGE_TABLE uint64_t ap_stack_table[512];

uint64_t *hv_l4;

maddr_t image_maddr(const void *p)
{
	return _maddr((uint64_t)p - IMAGE_VA + LOAD_PADDR);
}

maddr_t hv_l4_maddr(void)
{
	return image_maddr(hv_l4);
}

void *device_try_map(maddr_t start, size_t bytes, enum device_cache cache)
{
	static unsigned int used; /* pages of the area, from its beginning */
	uint64_t first = maddr_x(start) >> PAGE_SHIFT;
	uint64_t last = (maddr_x(start) + bytes - 1) >> PAGE_SHIFT;
	uint64_t flags = cache == DEVICE_UNCACHED
				 ? PTE_P | PTE_RW | PTE_PWT | PTE_PCD | PTE_A | PTE_D | PTE_NX
				 : PTE_P | PTE_A | PTE_NX;
	void *va = (void *)(DEVICE_VA + used * PAGE_SIZE + maddr_x(start) % PAGE_SIZE);

	if (used + (last - first + 1) > DEVICE_TABLES * PT_ENTRIES)
		return NULL;
	for (uint64_t frame = first; frame <= last; frame++, used++) {
		pte_write(&device_tables[used / PT_ENTRIES][used % PT_ENTRIES],
			  pte_make(_mfn(frame), flags));
		invlpg(DEVICE_VA + used * PAGE_SIZE);
	}
	return va;
}

void *device_map(maddr_t start, size_t bytes, enum device_cache cache)
{
	void *va = device_try_map(start, bytes, cache);

	if (!va)
		panic("device memory area is full: %llx, %zu bytes",
		      (unsigned long long)maddr_x(start), bytes);
	return va;
}
