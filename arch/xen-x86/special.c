/* SPDX-License-Identifier: MIT */
/*
 * The special area: kernel addresses for frames that are not ours.
 *
 * Rings of other domains, the grant table, registers of devices. All its L1 tables exist from boot
 * (mm_boot.c), so a mapping here is in every address space at once. Addresses are handed out first fit
 * from a bitmap; the area is small and long-lived mappings dominate. Locking: masked interrupts.
 */
#include "xen-x86.h"

#define SPECIAL_PAGES (SPECIAL_BYTES / PAGE_SIZE)

static uint8_t used[SPECIAL_PAGES]; /* a byte a page: no arithmetic to get wrong, and 2 KiB */
static unsigned long base;

void special_init(unsigned long start)
{
	base = start;
}

static bool is_free(unsigned long first, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++)
		if (used[first + i])
			return false;
	return true;
}

static void mark(unsigned long first, unsigned pages, bool taken)
{
	for (unsigned i = 0; i < pages; i++)
		used[first + i] = taken;
}

void *special_reserve(unsigned pages)
{
	unsigned long state = irq_save();
	void *va = NULL;

	for (unsigned long first = 0; pages && !va && first + pages <= SPECIAL_PAGES; first++)
		if (is_free(first, pages)) {
			mark(first, pages, true);
			va = (void *)(base + first * PAGE_SIZE);
		}
	irq_restore(state);
	return va;
}

void special_release(void *va, unsigned pages)
{
	unsigned long state = irq_save();

	mark(((unsigned long)va - base) / PAGE_SIZE, pages, false);
	irq_restore(state);
}

void *special_map(mfn_t first, unsigned pages, bool device)
{
	pte_t flags = PTE_P | PTE_RW | PTE_A | PTE_D | mm_nx | (device ? PTE_PCD | PTE_PWT : 0);
	char *va = special_reserve(pages);

	/* One by one: a frame that is refused must not be a panic of the batch. */
	for (unsigned i = 0; va && i < pages; i++)
		if (hypercall_update_va_mapping((unsigned long)va + i * PAGE_SIZE,
						pte_make(mfn_of(mfn_x(first) + i), flags),
						UVMF_INVLPG)) {
			while (i--)
				(void)hypercall_update_va_mapping((unsigned long)va + i * PAGE_SIZE,
								  0, UVMF_INVLPG);
			special_release(va, pages);
			return NULL;
		}
	return va;
}
