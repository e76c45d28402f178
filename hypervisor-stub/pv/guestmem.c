/* SPDX-License-Identifier: MIT */
/*
 * A guest's code and data, reached as its own instructions would reach them.
 *
 * copy_from_guest() has a kernel's rights. What is fetched or stored on behalf of a ring-3 instruction
 * is checked here first, by walking the tables that the processor uses; so is the question whether a
 * page fault was only the TLB's, which may keep an entry that has become more permissive since.
 */
#include "mm/pte.h"
#include "pv/internal.h"

bool guest_code_address(struct vcpu *v, const struct cpu_user_regs *regs, uint64_t *va)
{
	struct segment seg;

	*va = regs->rip;
	if (!v->domain->is_32bit)
		return true;
	if (unlikely(regs->cs != FLAT_COMPAT_KERNEL_CS && regs->cs != FLAT_COMPAT_USER_CS)) {
		if (!segment_read(v, regs->cs, &seg) || !seg.code)
			return false;
		*va += seg.base;
	}
	*va = (uint32_t)*va;
	return true;
}

size_t guest_fetch(struct vcpu *v, const struct cpu_user_regs *regs, void *to, size_t bytes)
{
	uint64_t va;

	return guest_code_address(v, regs, &va) ? copy_from_guest(to, _gptr(va), bytes) : bytes;
}

/*
 * The rights that the live tables give at va, as PTE bits: P, RW and US where all levels agree, NX where
 * any has it. 0: not mapped.
 */
uint64_t guest_rights(const struct vcpu *v, uint64_t va)
{
	uint64_t all = PTE_P | PTE_RW | PTE_US, nx = 0;
	maddr_t table = v->cr3;

	for (unsigned int level = 4; level; level--) {
		const pte_t *t = maddr_to_virt(_maddr(maddr_x(table) & PTE_ADDRESS));
		pte_t e = pte_read(&t[pt_slot(va, level)]);

		if (!(e & PTE_P))
			return 0;
		all &= e;
		nx |= e & PTE_NX;
		if (level < 4 && level > 1 && (e & PTE_PSE))
			break;
		table = mfn_to_maddr(pte_mfn(e));
	}
	return all | nx;
}

static bool user_to_paging(const struct cpu_user_regs *regs)
{
	return (regs->cs & SEL_RPL) == SEL_RPL;
}

bool spurious_fault(const struct vcpu *v, const struct cpu_user_regs *regs, uint64_t va,
		    uint32_t error_code)
{
	uint64_t have;

	if (error_code & PF_RSVD)
		return false;
	have = guest_rights(v, va);
	if (!(have & PTE_P) || ((error_code & PF_WRITE) && !(have & PTE_RW)) ||
	    ((error_code & PF_FETCH) && (have & PTE_NX)) ||
	    (user_to_paging(regs) && !(have & PTE_US)))
		return false;
	tlb_flush_one_local(va);
	return true;
}

bool guest_may_access(const struct vcpu *v, const struct cpu_user_regs *regs, uint64_t va,
		      size_t bytes, bool write, uint64_t *bad)
{
	uint64_t need = PTE_P | (write ? PTE_RW : 0) | (user_to_paging(regs) ? PTE_US : 0);

	if (!bytes)
		return true;
	for (uint64_t page = va & PAGE_MASK; page <= va + bytes - 1; page += PAGE_SIZE) {
		if ((guest_rights(v, page) & need) != need) {
			*bad = max(page, va);
			return false;
		}
	}
	return true;
}
