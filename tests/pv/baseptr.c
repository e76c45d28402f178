/* SPDX-License-Identifier: MIT */
/*
 * NEW_BASEPTR: another root for the address space, built by the guest.
 *
 * Mechanism: the new root is validated as a table of the top level, unless it is one already; then
 * the CPU runs on it. The old root is dropped, and if nothing else holds it, it is an ordinary page
 * again. A refused root changes nothing.
 * Steps: 1. copy the root, switch, see that everything still is there; 2. the old root becomes
 * writable when unpinned; 3. back; 4. roots that are refused; 5. by mov to cr3.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define PIN_ROOT (PT_LEVELS == 3 ? MMUEXT_PIN_L3_TABLE : MMUEXT_PIN_L4_TABLE)

/*
 * A second root for the same lower tables. A 32-bit root needs a top L2 of its own: the fourth
 * entry of the old one cannot be shared.
 */
static uint64_t *build_root(void)
{
	const uint64_t *old = (const uint64_t *)start_info->pt_base;
	uint64_t *root = page_alloc();

#ifdef __i386__
	const uint64_t *old_top = pfn_to_virt(mfn_to_pfn(pte_mfn(old[3])));
	uint64_t *top = page_alloc();
	unsigned int first_hole = m2p_va() >> 21 & 511;

	memcpy(top, old_top, first_hole * sizeof(*top));
	expect(page_make_ro(top), 0, "top L2 read-only");
	for (unsigned int i = 0; i < 3; i++)
		root[i] = old[i];
	root[3] = pte(virt_to_mfn(top), PTE_P);
#else
	memcpy(root, old, 256 * sizeof(*root));
	memcpy(root + 272, old + 272, 240 * sizeof(*root));
#endif
	expect(page_make_ro(root), 0, "root read-only");
	return root;
}

static unsigned long read_cr3_mfn(void)
{
	unsigned long cr3 = 0;

	TRY("mov %%cr3, %0", "=r"(cr3));
	return xen_cr3_to_pfn(cr3);
}

static void check_refusals(mfn_t current)
{
	uint64_t *empty = page_alloc();
	static const char *const names[] = { "a level-1 table", "a hypervisor frame",
					     "a frame given back", "beyond memory",
					     "a writable page" };
	mfn_t bad[] = { virt_to_mfn(window_l1), hypervisor_mfn(), freed_mfn(), MFN(1UL << 28),
			virt_to_mfn(page_alloc()) };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		expect(mmuext(MMUEXT_NEW_BASEPTR, bad[i]), -XEN_EINVAL, "%s as root", names[i]);
		expect_u64(read_cr3_mfn(), current.m, "the root after that");
	}
	page_make_ro(empty);
#ifdef __i386__
	expect(mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(empty)), -XEN_EINVAL, "an empty root");
	expect(mmuext(MMUEXT_NEW_USER_BASEPTR, current), -XEN_EINVAL, "a user root for 32 bits");
#else
	expect(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(empty)), 0, "pin an empty root");
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(empty)), 0, "unpin it");
#endif
	expect_u64(read_cr3_mfn(), current.m, "the root after all");
}

void test_main(void)
{
	uint64_t *root;
	mfn_t old = root_mfn(), mfn;

	trap_init();
	window_init();
	root = build_root();
	mfn = virt_to_mfn(root);

	expect(mmuext(MMUEXT_NEW_BASEPTR, old), 0, "the same root again");
	expect(mmuext(MMUEXT_NEW_BASEPTR, mfn), 0, "a new root, not pinned");
	expect_u64(read_cr3_mfn(), mfn.m, "cr3");
	expect(page_make_rw(root), -XEN_EBUSY, "the new root, writable");
	/* The builder pinned the old root: it stays a table until it is unpinned. */
	expect(page_make_rw((void *)start_info->pt_base), -XEN_EBUSY, "the old root, pinned");
	expect(mmuext(MMUEXT_NEW_BASEPTR, old), 0, "back");
	expect(page_make_rw(root), 0, "the new root is a page again");
	expect(page_make_ro(root), 0, "and read-only again");

	expect(mmuext(PIN_ROOT, mfn), 0, "pin the new root");
	expect(mmuext(MMUEXT_NEW_BASEPTR, mfn), 0, "switch to it, pinned");
	expect(mmuext(MMUEXT_NEW_BASEPTR, old), 0, "back");
	expect(page_make_rw(root), -XEN_EBUSY, "pinned, so still a table");
	expect_exc(TRY("mov %0, %%cr3",
		       : "r"((unsigned long)xen_pfn_to_cr3(mfn.m))),
		   EXC_NONE, "mov to cr3");
	expect_u64(read_cr3_mfn(), mfn.m, "cr3 after it");
	expect_exc(TRY("mov %0, %%cr3",
		       : "r"((unsigned long)xen_pfn_to_cr3(old.m))),
		   EXC_NONE, "mov to cr3, back");
	expect_exc(TRY("mov %0, %%cr3", : "r"(0L)), EXC(VEC_GP, 0), "mov of 0 to cr3");
	expect(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpin");
	expect(page_make_rw(root), 0, "the new root is a page again");
	check_refusals(old);
}
