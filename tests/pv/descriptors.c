/* SPDX-License-Identifier: MIT */
/*
 * update_descriptor: what a descriptor may say.
 *
 * Mechanism: one 8-byte entry by machine address, in a descriptor page or in a page that may be
 * written anyway. Code and data of DPL 0 are raised to the kernel's ring; gates must stay in the
 * guest; everything of the system kind is refused. Not-present entries may hold anything.
 * Steps: a row of descriptors with what is stored; then bad addresses.
 * Fails by: the descriptor with the error or the value that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static uint64_t *page;

static void accept(uint64_t desc, uint64_t stored, const char *what)
{
	expect(hv_update_descriptor(virt_to_maddr(page + 4), desc), 0, "%s", what);
	/* The CPU sets the accessed bit when it likes. */
	expect_u64(page[4] & ~(1ULL << 40), stored & ~(1ULL << 40), "%s: stored", what);
}

static void refuse(uint64_t desc, const char *what)
{
	hv_update_descriptor(virt_to_maddr(page + 4), 0);
	expect(hv_update_descriptor(virt_to_maddr(page + 4), desc), -XEN_EINVAL, "%s", what);
	expect_u64(page[4], 0, "%s: stored", what);
}

static void check_segments(void)
{
	accept(0, 0, "null");
	accept(0x00cff3000000ffffULL, 0x00cff3000000ffffULL, "data, DPL 3");
	accept(0x00cffb000000ffffULL, 0x00cffb000000ffffULL, "code, DPL 3");
	accept(0x00cff1000000ffffULL, 0x00cff1000000ffffULL, "data, read-only");
	accept(0x00cff7000000ffffULL, 0x00cff7000000ffffULL, "data, expand-down");
	accept(0x000ff3000000ffffULL, 0x000ff3000000ffffULL, "data, 16 bits");
	accept(0xffcff3ffffffffffULL, 0xffcff3ffffffffffULL, "data, base at the top");
	accept(0x00ff7fffffffffffULL, 0x00ff7fffffffffffULL, "not present, anything");
#ifdef __i386__
	accept(0x00cfb3000000ffffULL, 0x00cfb3000000ffffULL, "data, DPL 1");
	accept(0x00cf93000000ffffULL, 0x00cfb3000000ffffULL, "data, DPL 0");
	accept(0x00cf9b000000ffffULL, 0x00cfbb000000ffffULL, "code, DPL 0");
	refuse(0x00affb000000ffffULL, "code, 64 bits");
	refuse(0x00effb000000ffffULL, "code, L and D");
	refuse(~0ULL, "all ones: L and D again");
	/* Call gates are emulated, so the processor must never use them: stored with DPL 0. */
	accept(0x0000ec00e0191000ULL, 0x00008c00e01b1000ULL, "call gate, DPL 3");
	refuse(0x0000ec00e0081000ULL, "call gate to the hypervisor's code");
	refuse(0x0000e400e0191000ULL, "call gate, 16 bits");
#else
	accept(0x00cf93000000ffffULL, 0x00cff3000000ffffULL, "data, DPL 0");
	accept(0x00affb000000ffffULL, 0x00affb000000ffffULL, "code, 64 bits");
#endif
	refuse(0x00008b0000000067ULL, "busy TSS");
	refuse(0x0000890000000067ULL, "TSS");
	refuse(0x0000820000000067ULL, "LDT");
	refuse(0x0000ee00e0191000ULL, "interrupt gate");
	refuse(0x0000ef00e0191000ULL, "trap gate");
	refuse(0x0000e500e0190000ULL, "task gate");
}

static void check_addresses(void)
{
	uint64_t *plain = page_alloc();
	uint64_t data = 0x00cff3000000ffffULL;

	expect(hv_update_descriptor(virt_to_maddr(plain), data), 0, "a plain page");
	expect_u64(*plain, data, "a plain page: stored");
	expect(hv_update_descriptor(virt_to_maddr(plain) + 4, data), -XEN_EINVAL, "not aligned");
	expect(hv_update_descriptor(pte(root_mfn(), 0), data), -XEN_EINVAL, "a page table");
	expect(hv_update_descriptor(pte(hypervisor_mfn(), 0), data), -XEN_EINVAL,
	       "hypervisor frame");
	expect(hv_update_descriptor(pte(freed_mfn(), 0), data), -XEN_EINVAL, "a frame given back");
	expect(hv_update_descriptor(1ULL << 50, data), -XEN_EINVAL, "beyond memory");
}

void test_main(void)
{
	unsigned long frame;

	trap_init();
	page = page_alloc();
	frame = virt_to_mfn(page).m;
	page_make_ro(page);
	expect(hv_set_gdt(&frame, 512), 0, "set_gdt");
	check_segments();
	check_addresses();
	expect(hv_set_gdt(NULL, 0), 0, "remove it");
}
