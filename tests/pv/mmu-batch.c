/* SPDX-License-Identifier: MIT */
/*
 * mmu_update in batches: what is done stays done, and the count says how much.
 *
 * Mechanism: requests are taken one at a time; the first that fails ends the call with its error,
 * and *done tells how many came before. The array may end in an unmapped page.
 * Steps: 1. 128 good ones; 2. the 65th of 128 is bad; 3. no requests; 4. an array that is not
 * readable, from the start and in its middle; 5. several thousand in one call; 6. a bad *done.
 * Fails by: the error or the count.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define BATCH 128

static mmu_update_t reqs[4096];
static char *window;

static void fill(unsigned int n, mfn_t mfn)
{
	for (unsigned int i = 0; i < n; i++)
		reqs[i] = (mmu_update_t){ pt_entry_maddr((unsigned long)window, 1) + i % 512 * 8,
					  mfn.m ? pte(mfn, PTE_KERN) : 0 };
}

static unsigned int present(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 512; i++)
		n += window_l1[i] & PTE_P;
	return n;
}

static void check_pointers(void)
{
	unsigned int done = 77;
	/* The array's last entry but one ends exactly at the end of a mapped page. */
	char *page = page_alloc();
	mmu_update_t *end;

	fill(3, MFN(0));
	expect(mmu_set(pt_entry_maddr((unsigned long)window + 100 * PAGE_SIZE, 1),
		       pte(virt_to_mfn(page), PTE_KERN)),
	       0, "map the array");
	end = (mmu_update_t *)(window + 101 * PAGE_SIZE) - 2;
	memcpy(end, reqs, 2 * sizeof(*end));
	expect(hv_mmu_update(end, 3, &done, DOMID_SELF), -XEN_EFAULT, "third request unreadable");
	expect(done, 2, "done");
	expect(hv_mmu_update(NULL, 1, &done, DOMID_SELF), -XEN_EFAULT, "null array");
	expect(hv_mmu_update((void *)-16UL, 1, &done, DOMID_SELF), -XEN_EFAULT, "array at the top");
	expect(hv_mmu_update((void *)1, 0, &done, DOMID_SELF), 0, "no requests, odd array");
	expect(done, 0, "done of no requests");
	expect(hv_mmu_update(reqs, 0, NULL, 5), -XEN_ESRCH, "no requests, domain 5");
	fill(1, MFN(0));
	expect(hv_mmu_update(reqs, 1, (unsigned int *)8, DOMID_SELF), 0, "done is a bad pointer");
}

void test_main(void)
{
	mfn_t page;
	unsigned int done = 0;

	trap_init();
	window = window_init();
	page = virt_to_mfn(page_alloc());

	fill(BATCH, page);
	expect(hv_mmu_update(reqs, BATCH, &done, DOMID_SELF), 0, "128 requests");
	expect(done, BATCH, "done");
	expect(present(), BATCH, "entries present");
	fill(BATCH, MFN(0));
	expect(hv_mmu_update(reqs, BATCH, &done, DOMID_SELF), 0, "128 cleared");

	fill(BATCH, page);
	reqs[64].val = pte(root_mfn(), PTE_KERN);
	expect(hv_mmu_update(reqs, BATCH, &done, DOMID_SELF), -XEN_EBUSY, "the 65th is bad");
	expect(done, 64, "done");
	expect(present(), 64, "entries present");
	fill(BATCH, MFN(0));
	expect(hv_mmu_update(reqs, BATCH, &done, DOMID_SELF), 0, "cleared");

	fill(ARRAY_SIZE(reqs), page);
	expect(hv_mmu_update(reqs, ARRAY_SIZE(reqs), &done, DOMID_SELF), 0, "4096 requests");
	expect(done, ARRAY_SIZE(reqs), "done");
	expect(present(), 512, "entries present");
	fill(512, MFN(0));
	expect(hv_mmu_update(reqs, 512, &done, DOMID_SELF), 0, "cleared");
	check_pointers();
}
