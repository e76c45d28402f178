/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own mappings, made once: all of our memory, and room for frames of others.
 *
 * The builder mapped the image and a little more. Here every L1 table that kernel space will ever
 * have is made and linked into the top L2, so that this L2's kernel part is constant from now on and
 * its copies in other address spaces never need an update. The tables come from the mapped pages
 * behind the boot stack: each one maps 2 MiB more, from which the next ones come.
 */
#include "xen-x86.h"
#include "lib/string.h"

extern char image_start[], rodata_end[];

static unsigned long next_table_pfn; /* pages behind the boot stack, taken in order */

static void *take_table_page(void)
{
	if (next_table_pfn >= machine_info.page_count)
		panic("mm: no page left for the kernel's page tables");
	return machine_page_va(pfn_of(next_table_pfn++));
}

static pte_t *top_l2(void)
{
	const pte_t *l3 = machine_page_va(mm_kernel_root);

	return machine_page_va(mfn_to_pfn(pte_mfn(l3[l3_index(VIRT_BASE)])));
}

static pte_t lowmem_pte(unsigned long pfn)
{
	mfn_t mfn = pfn_to_mfn(pfn_of(pfn));

	if (pfn >= machine_info.page_count || mfn_x(mfn) == ~0ul)
		return 0;
	return pte_make(mfn, PTE_P | PTE_RW | PTE_A | PTE_D | mm_nx);
}

/* A table full of lowmem (or, beyond it, of nothing), made read-only and linked at va. */
static void link_new_l1(pte_t *l2, unsigned long va)
{
	pte_t *l1 = take_table_page();
	unsigned long pfn = (va - VIRT_BASE) >> PAGE_SHIFT;
	unsigned i;

	for (i = 0; i < PT_ENTRIES; i++)
		l1[i] = lowmem_pte(pfn + i);
	mm_set_kernel_readonly(l1, true);
	batch_update(va_to_maddr(&l2[l2_index(va)]),
		     pte_make(va_to_mfn(l1), PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D));
	batch_flush();
}

static bool in_text(unsigned long va)
{
	return va >= (unsigned long)image_start && va < (unsigned long)rodata_end;
}

/*
 * A table from the builder: fill in what is missing below `end`, and let nothing but our code be
 * executed.
 */
static void complete_l1(pte_t *l2, unsigned long va, unsigned long end)
{
	pte_t *l1 = machine_page_va(mfn_to_pfn(pte_mfn(l2[l2_index(va)])));
	unsigned i;

	for (i = 0; i < PT_ENTRIES && va < end; i++, va += PAGE_SIZE) {
		pte_t pte = l1[i];

		if (!(pte & PTE_P))
			pte = lowmem_pte((va - VIRT_BASE) >> PAGE_SHIFT);
		else if (!in_text(va))
			pte |= mm_nx;
		if (pte != l1[i])
			batch_update(va_to_maddr(&l1[i]), pte);
	}
	batch_flush();
}

/* Code and constants cannot be written. */
static void protect_image(void)
{
	unsigned long va;

	for (va = (unsigned long)image_start; va < (unsigned long)rodata_end; va += PAGE_SIZE)
		mm_set_kernel_readonly((void *)va, true);
	batch_flush();
}

unsigned long mm_init_mappings(void)
{
	unsigned long first, va, end = VIRT_BASE + (machine_info.page_count << PAGE_SHIFT);
	pte_t *l2 = top_l2();

	first = next_table_pfn = ((xen_start_info->pt_base - VIRT_BASE) >> PAGE_SHIFT) +
				 xen_start_info->nr_pt_frames;
	for (va = VIRT_BASE; va < mm_special_end; va += L1_SPAN) {
		if (l2[l2_index(va)] & PTE_P)
			complete_l1(l2, va, end);
		else
			link_new_l1(l2, va);
	}
	protect_image();
	next_table_pfn += mm_extend_p2m(next_table_pfn);
	return next_table_pfn - first;
}
