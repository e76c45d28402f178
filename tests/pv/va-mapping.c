/* SPDX-License-Identifier: MIT */
/*
 * update_va_mapping: one page by its virtual address.
 *
 * Mechanism: the hypervisor walks to the level-1 entry of the address in the current tables and
 * treats the new value as mmu_update would. Flush flags concern the TLB only.
 * Steps: 1. map, see the data, remap, unmap; 2. every flush flag; 3. addresses without an entry;
 * 4. refusals; 5. the form for another domain.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static void check_mapping(char *window)
{
	unsigned long *a = page_alloc(), *b = page_alloc();
	unsigned long value = 0;

	*a = 0xaaaa;
	*b = 0xbbbb;
	expect(map_va(window, pte(virt_to_mfn(a), PTE_KERN)), 0, "map");
	expect_exc(try_read(window, &value), EXC_NONE, "read");
	expect_u64(value, 0xaaaa, "value");
	expect_exc(try_write(window, 0xcccc), EXC_NONE, "write");
	expect_u64(*a, 0xcccc, "value through the other mapping");
	expect(map_va(window + 5, pte(virt_to_mfn(b), PTE_KERN)), 0, "remap, address not aligned");
	expect_exc(try_read(window, &value), EXC_NONE, "read");
	expect_u64(value, 0xbbbb, "value after the remap");
	expect(map_va(window, pte(virt_to_mfn(b), PTE_KERN_R)), 0, "make read-only");
	expect(EXC_VECTOR(try_write(window, 1)), VEC_PF, "vector of a write");
	expect(map_va(window, 0), 0, "unmap");
	expect(EXC_VECTOR(try_read(window, NULL)), VEC_PF, "vector of a read");
}

static void check_flags(unsigned long va, uint64_t entry)
{
	static const unsigned long flags[] = {
		UVMF_NONE,
		UVMF_TLB_FLUSH | UVMF_LOCAL,
		UVMF_TLB_FLUSH | UVMF_ALL,
		UVMF_INVLPG | UVMF_LOCAL,
		UVMF_INVLPG | UVMF_ALL,
	};
	unsigned long cpus = 1;

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
		expect(hv_update_va_mapping(va, entry, flags[i]), 0, "flags %#lx", flags[i]);
	expect(hv_update_va_mapping(va, entry, UVMF_INVLPG | UVMF_MULTI | (unsigned long)&cpus), 0,
	       "flush the CPUs of a bitmap");
}

void test_main(void)
{
	char *window;
	uint64_t entry;

	trap_init();
	window = window_init();
	entry = pte(virt_to_mfn(page_alloc()), PTE_KERN);
	check_mapping(window);
	check_flags((unsigned long)window, entry);

	expect(hv_update_va_mapping((unsigned long)window + 0x400000, entry, 0), -XEN_EINVAL,
	       "no level-1 table there");
	expect(hv_update_va_mapping(m2p_va(), entry, 0), -XEN_EINVAL, "in the M2P");
	expect(hv_update_va_mapping(m2p_va(), 0, 0), -XEN_EINVAL, "in the M2P, zero");
	expect(map_va(window, pte(root_mfn(), PTE_KERN)), -XEN_EBUSY, "the root, writable");
	expect(map_va(window, pte(root_mfn(), PTE_KERN_R)), 0, "the root, read-only");
	expect(map_va(window, pte(hypervisor_mfn(), PTE_KERN_R)), -XEN_EBUSY, "a hypervisor frame");
	expect(map_va(window, pte(freed_mfn(), PTE_KERN)), -XEN_EBUSY, "a frame given back");
	expect(map_va(window, 1ULL << 51 | PTE_P), -XEN_EPERM, "a frame beyond memory");

	expect(hv_update_va_mapping_otherdomain((unsigned long)window, entry, 0, DOMID_SELF), 0,
	       "otherdomain, self");
	expect(hv_update_va_mapping_otherdomain((unsigned long)window, entry, 0, own_domid()),
	       -XEN_ESRCH, "otherdomain, the own number");
	expect(hv_update_va_mapping_otherdomain((unsigned long)window, entry, 0, 5), -XEN_ESRCH,
	       "otherdomain, 5");
	expect(map_va(window, 0), 0, "unmap");
	expect(hv_update_va_mapping_otherdomain((unsigned long)window, entry, 0, DOMID_XEN),
	       is_dom0() ? -XEN_EBUSY : -XEN_EPERM, "an own frame named as the hypervisor's");
}
