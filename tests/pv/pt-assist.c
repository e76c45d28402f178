/* SPDX-License-Identifier: MIT */
/*
 * Stores to tables above level 1, with the writable_pagetables assist.
 *
 * Mechanism: a kernel that asked for writable page tables stores into any live table that it has
 * mapped read-only; the store becomes a checked update. Real Xen does so for level 1 only, whatever
 * the assist says; here the assist extends it to the levels above.
 * Steps: 1. without it the store faults; 2. with it: unlink and link a level-1 table, by halves in
 * either order; 3. a value that is refused faults and changes nothing; 4. level 3, the top slot of a
 * PAE root and the hypervisor's slots; 5. off again.
 * Fails by: the step, and the entry that was left.
 * Also runs on: real Xen, no (the extension is ours).
 */
#include "lib/pv.h"

#define WRITE_FAULT EXC(VEC_PF, PF_PRESENT | PF_WRITE)

static exc_t store32(volatile uint32_t *at, uint32_t value)
{
	return TRY("movl %1, %0", "+m"(*at) : "r"(value));
}

static void check_halves(volatile uint64_t *entry, const char *window, uint64_t link)
{
	volatile uint32_t *half = (volatile uint32_t *)entry;

	expect_exc(store32(&half[0], 0), EXC_NONE, "clear the low half");
	expect_exc(store32(&half[1], 0), EXC_NONE, "clear the high half");
	expect(mmuext_addr(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "flush");
	expect_exc(try_read((void *)window, NULL), EXC(VEC_PF, 0), "a page that is not linked");
	expect_exc(store32(&half[1], (uint32_t)(link >> 32)), EXC_NONE, "set the high half");
	expect_exc(store32(&half[0], (uint32_t)link), EXC_NONE, "set the low half");
	expect_exc(try_read((void *)window, NULL), EXC_NONE, "a page linked high half first");
	expect_exc(store32(&half[0], 0), EXC_NONE, "clear");
	expect_exc(store32(&half[0], (uint32_t)link), EXC_NONE, "set the low half first");
	expect_exc(store32(&half[1], (uint32_t)(link >> 32)), EXC_NONE, "then the high half");
	expect_exc(try_read((void *)window, NULL), EXC_NONE, "a page linked low half first");
}

static void check_refusals(volatile uint64_t *entry, uint64_t link)
{
	volatile uint32_t *half = (volatile uint32_t *)entry;
	uint64_t was = *entry;

	expect_exc(store32(&half[0], (uint32_t)(link | PTE_PSE)), WRITE_FAULT, "a superpage");
	expect_u64(*entry, was, "entry after a superpage was refused");
	expect_exc(store32(&half[0], (uint32_t)pte(root_mfn(), PTE_P)), WRITE_FAULT, "the root");
	expect_u64(*entry, was, "entry after the root was refused");
	expect_exc(store32((volatile uint32_t *)((unsigned long)half + 2), 0), WRITE_FAULT,
		   "a store across halves");
}

void test_main(void)
{
	char *window, *page = page_alloc();
	volatile uint64_t *entry, *top;
	uint64_t link;

	trap_init();
	window = window_init();
	expect(map_va(window, pte(virt_to_mfn(page), PTE_KERN)), 0, "map a page");
	entry = (volatile uint64_t *)pt_entry((unsigned long)window, 2);
	link = *entry & ~PTE_A;

	/* Both stores in one place must be the ones that the assist makes. */
	expect_exc(store32((volatile uint32_t *)entry, 0), WRITE_FAULT, "before the assist");
	expect(hv_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0, "enable");
	check_halves(entry, window, link);
	check_refusals(entry, link);

	top = (volatile uint64_t *)pt_entry((unsigned long)window, PT_LEVELS);
#ifdef __i386__
	/* Slot 3 of a live root never changes; the others do. */
	top = (volatile uint64_t *)((unsigned long)top & ~(PAGE_SIZE - 1));
	expect_exc(store32((volatile uint32_t *)&top[3], 0), WRITE_FAULT, "slot 3 of the root");
	link = top[0];
	expect_exc(store32((volatile uint32_t *)&top[0], 0), EXC_NONE, "slot 0 of the root");
	expect_u64(top[0] & PTE_P, 0, "slot 0 after it");
	expect_exc(store32((volatile uint32_t *)&top[0], (uint32_t)link), EXC_NONE, "and back");
	expect_u64(top[0] & ~PTE_A, link & ~PTE_A, "slot 0 after that");
#else
	top = (volatile uint64_t *)((unsigned long)top & ~(PAGE_SIZE - 1));
	expect_exc(store32((volatile uint32_t *)&top[260], 0), WRITE_FAULT, "a hypervisor's slot");
	expect_exc(store32((volatile uint32_t *)&top[1], 0), EXC_NONE, "an empty slot");
#endif
	expect(hv_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0, "disable");
	expect_exc(store32((volatile uint32_t *)entry, 0), WRITE_FAULT, "after the assist");
}
