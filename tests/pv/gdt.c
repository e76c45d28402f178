/* SPDX-License-Identifier: MIT */
/*
 * set_gdt: descriptors of the guest's own, in frames of its own.
 *
 * Mechanism: the guest lists up to 14 frames of descriptors, which then are descriptor pages: not
 * writable, checked entry by entry. Above them are the hypervisor's flat segments. A privilege of 0
 * is raised rather than refused; system descriptors are refused.
 * Steps: 1. a good table, a segment with a base; 2. the page is not writable; 3. refusals;
 * 4. what the hypervisor rewrote; 5. remove it.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define DATA_RW	  0x00cff2000000ffffULL /* flat, DPL 3 */
#define DATA_DPL0 0x00cf92000000ffffULL
#define TSS	  0x00008b0000000067ULL
#define LONG	  0x00affa000000ffffULL /* L=1 code, DPL 3 */

static uint64_t *page;

static int set_gdt(mfn_t mfn, unsigned int entries)
{
	unsigned long frames[14];

	for (unsigned int i = 0; i < 14; i++)
		frames[i] = mfn.m;
	return hypercall(__HYPERVISOR_set_gdt, frames, entries, 0, 0, 0);
}

static void refuse_content(uint64_t desc, const char *what)
{
	page_make_rw(page);
	memset(page, 0, PAGE_SIZE);
	page[7] = desc;
	page_make_ro(page);
	expect(set_gdt(virt_to_mfn(page), 512), -XEN_EINVAL, "%s", what);
	expect(page_make_rw(page), 0, "%s: the page is writable again", what);
	page[7] = 0;
}

static void check_use(void)
{
	static unsigned long datum = 0x600d;
	unsigned long base = (unsigned long)&datum, value = 0;

	page[2] = DATA_RW | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)(base >> 24 & 0xff) << 56;
	page[3] = DATA_DPL0;
	expect(set_gdt(virt_to_mfn(page), 512), -XEN_EINVAL, "a page that is mapped writable");
	page_make_ro(page);
	expect(set_gdt(virt_to_mfn(page), 512), 0, "a good table");
	expect(page_make_rw(page), -XEN_EBUSY, "map a live table writable");
	expect(EXC_VECTOR(try_write(page, 0)), VEC_PF, "vector of a store to it");
	ensure((page[3] >> 45 & 3) >= (PT_LEVELS == 3 ? 1 : 3), "DPL 0 was left: %#llx",
	       (unsigned long long)page[3]);
	expect_exc(TRY("mov %w0, %%fs", : "r"(2 << 3 | 3)), EXC_NONE, "fs <- entry 2");
#ifdef __i386__
	expect_exc(TRY("mov %%fs:0, %0", "=r"(value)), EXC_NONE, "read through it");
	expect_u64(value, 0x600d, "value at its base");
#else
	(void)value;
#endif
	expect_exc(TRY("mov %w0, %%fs",
		       : "r"(5 << 3 | 3)),
		   EXC(VEC_GP, 5 << 3), "fs <- an empty one");
	expect_exc(TRY("mov %w0, %%fs", : "r"(0)), EXC_NONE, "fs <- 0");
}

void test_main(void)
{
	trap_init();
	page = page_alloc();
	check_use();
	expect(set_gdt(virt_to_mfn(page), 0), 0, "remove it");
	expect(page_make_rw(page), 0, "the page is writable again");
	expect_exc(TRY("mov %w0, %%fs",
		       : "r"(2 << 3 | 3)),
		   EXC(VEC_GP, 2 << 3), "fs <- entry 2, gone");

	refuse_content(TSS, "a TSS");
	refuse_content(0x00008200000000ffULL, "an LDT");
	refuse_content(0x00cfee000008ffffULL, "a gate with bad type");
#ifdef __i386__
	refuse_content(LONG, "a 64-bit code segment");
#endif
	memset(page, 0, PAGE_SIZE);
	page_make_ro(page);
	expect(set_gdt(virt_to_mfn(page), 14 * 512), 0, "14 frames");
	expect(set_gdt(virt_to_mfn(page), 14 * 512 + 1), -XEN_EINVAL, "one entry too many");
	expect(set_gdt(virt_to_mfn(page), ~0U), -XEN_EINVAL, "2^32 - 1 entries");
	expect(set_gdt(root_mfn(), 512), -XEN_EINVAL, "a page table");
	expect(set_gdt(hypervisor_mfn(), 512), -XEN_EINVAL, "a hypervisor frame");
	expect(set_gdt(freed_mfn(), 512), -XEN_EINVAL, "a frame given back");
	expect(hv_set_gdt(NULL, 512), -XEN_EFAULT, "null list");
	expect(hv_set_gdt(NULL, 0), 0, "none, null list");
	expect(page_make_rw(page), 0, "the page is writable at the end");
}
