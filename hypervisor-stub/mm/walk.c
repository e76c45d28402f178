/* SPDX-License-Identifier: MIT */
/*
 * Walking a guest's page tables in software, through the direct map.
 *
 * The tables were validated, so a present entry names a table: nothing is checked again but the end of
 * the walk, which may be our superpage, or a table of a higher level seen through a linear entry.
 *
 * Under domain.mm they stay what they are. Without it the walk has interrupts off, as the processor's
 * own walk is one step: another pCPU that drops a table and makes memory of it first waits until
 * this one has answered its flush interrupt.
 */
#include "console/console.h"
#include "mm/explain.h"

static unsigned int top_level(const struct vcpu *v)
{
	return v->domain->is_32bit ? 3 : 4;
}

pte_t *walk_l1e(const struct vcpu *v, uint64_t va)
{
	unsigned int at = top_level(v);
	struct frame *f = v->kernel_root;
	const pte_t *table;
	mfn_t mfn;

	if (unlikely(!f || (at == 3 && va >> 32)))
		return NULL;
	if (unlikely(at == 4 && va - HV_VIRT_START < HV_VIRT_END - HV_VIRT_START))
		return NULL;
	mfn = frame_to_mfn(f);
	for (; at > 1; at--) {
		pte_t e;

		table = mfn_to_virt(mfn);
		e = pte_read(&table[pt_slot(va, at)]);
		if ((e & (PTE_P | PTE_PSE)) != PTE_P)
			return NULL;
		mfn = pte_mfn(e);
	}
	if (use_type(load64(&mfn_to_frame(mfn)->use)) != FT_L1)
		return NULL;
	return (pte_t *)mfn_to_virt(mfn) + pt_slot(va, 1);
}

uint64_t guest_pte(const struct vcpu *v, uint64_t va)
{
	uint64_t flags = irq_save();
	const pte_t *at = walk_l1e(v, va);
	pte_t e = at ? pte_read(at) : 0;

	irq_restore(flags);
	return e & PTE_P ? e : 0;
}

void walk_print(struct vcpu *v, uint64_t va)
{
	struct frame *f = v->kernel_root;

	log_error("walk of %lx:", va);
	if (!v->pv.kernel_mode && v->user_root)
		f = v->user_root;
	if (v->domain->is_32bit && va >> 32)
		return;
	for (unsigned int level = top_level(v); f && level; level--) {
		mfn_t mfn = frame_to_mfn(f);
		unsigned int slot = pt_slot(va, level);
		pte_t e = pte_read((pte_t *)mfn_to_virt(mfn) + slot);

		log_error("  L%u[%03x] = %016lx  table mfn %lx pfn %lx", level, slot, e, mfn_x(mfn),
			  m2p_get(mfn));
		if ((e & (PTE_P | PTE_PSE)) != PTE_P || !mfn_valid(pte_mfn(e)))
			return;
		f = mfn_to_frame(pte_mfn(e));
	}
	if (f)
		log_error("  page mfn %lx pfn %lx is %s of d%u", mfn_x(frame_to_mfn(f)),
			  m2p_get(frame_to_mfn(f)), type_name(use_type(load64(&f->use))), f->owner);
}
