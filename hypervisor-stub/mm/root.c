/* SPDX-License-Identifier: MIT */
/*
 * Page-table roots of vCPUs.
 *
 * A 64-bit guest gives two L4 tables: one for its kernel, one for its user mode, in which nothing of
 * the kernel need be mapped. A 32-bit guest gives an L3 (its PAE root); the hardware walks from an L4
 * of ours, one a vCPU, whose slot 0 names that L3:
 *
 *	compat_l4	[0] guest's L3, 4 GiB	[256..271] ours		all else empty
 *
 * Each root that a vCPU has is referenced and typed, so it stays valid whatever the guest does to its
 * own references. Locks: domain.mm, but for root_load(), which only reads what belongs to the vCPU that
 * this pCPU runs.
 */
#include "console/console.h"
#include "cpu/asm.h"
#include "lib/string.h"
#include "mm/m2p.h"
#include "mm/types.h"
#include "pv/pv.h"

static bool m2p_is_strict(const struct domain *d)
{
	return d->vm_assist >> VMASST_TYPE_m2p_strict & 1;
}

/*
 * Without the m2p_strict assist an L4 begins without the M2P, and gets it when it is used for a kernel;
 * with it, it has the M2P until it is used for user mode.
 */
void root_install_slots(const struct domain *d, pte_t *table)
{
	const pte_t *ours = maddr_to_virt(hv_root);

	memcpy(&table[L4_SLOT_FIRST], &ours[L4_SLOT_FIRST],
	       (L4_SLOT_LAST - L4_SLOT_FIRST + 1) * sizeof(pte_t));
	if (!m2p_is_strict(d))
		table[L4_SLOT_FIRST] = 0;
}

static void set_m2p_slot(struct frame *root, bool present)
{
	const pte_t *ours = maddr_to_virt(hv_root);
	pte_t *table = mfn_to_virt(frame_to_mfn(root));

	pte_write(&table[L4_SLOT_FIRST], present ? ours[L4_SLOT_FIRST] : 0);
}

int root_init_vcpu(struct vcpu *v)
{
	const pte_t *ours = maddr_to_virt(hv_root);

	v->cr3 = hv_root;
	if (!v->domain->is_32bit)
		return 0;
	v->compat_l4 = heap_alloc(0, HEAP_ZERO);
	if (!v->compat_l4)
		return -ENOMEM;
	memcpy(&v->compat_l4[L4_SLOT_FIRST], &ours[L4_SLOT_FIRST],
	       (L4_SLOT_LAST - L4_SLOT_FIRST + 1) * sizeof(pte_t));
	return 0;
}

/* What CR3 must be for v, in the mode that it is in. */
static maddr_t root_of(const struct vcpu *v)
{
	struct frame *f = v->kernel_root;

	if (v->compat_l4)
		return mfn_to_maddr(virt_to_mfn(v->compat_l4));
	if (!v->pv.kernel_mode && v->user_root)
		f = v->user_root;
	return f ? mfn_to_maddr(frame_to_mfn(f)) : hv_root;
}

void root_load(struct vcpu *v)
{
	uint64_t bit = 1ULL << this_pcpu()->id;

	v->cr3 = root_of(v);
	if (!(v->domain->tlb_dirty & bit))
		__atomic_fetch_or((uint64_t *)&v->domain->tlb_dirty, bit, __ATOMIC_RELAXED);
	tlb_load_cr3(maddr_x(v->cr3));
}

static void drop(struct domain *d, struct frame *f)
{
	if (!f)
		return;
	table_put(d, f);
	frame_drop(f);
}

/* The new root's references, or an error. */
static int take(struct domain *d, mfn_t mfn, struct frame **out)
{
	enum frame_type type = d->is_32bit ? FT_L3 : FT_L4;
	int rc;

	/* A toolstack may set it; d's end has dropped its roots, or will: both under domain.mm. */
	if (d != current->domain && READ_ONCE(d->state) >= DOM_DYING)
		return refuse(-ESRCH, "domain %u is being destroyed", d->id);
	if (!frame_get(mfn, d))
		return refuse(-EINVAL, "root %lx is no memory of d%u", mfn_x(mfn), d->id);
	*out = mfn_to_frame(mfn);
	rc = table_get(d, *out, type);
	if (rc)
		frame_drop(*out);
	return rc;
}

static void root_changed(struct vcpu *v)
{
	if (v == current)
		root_load(v);
	else
		v->cr3 = root_of(v);
}

int root_set_kernel(struct vcpu *v, mfn_t mfn)
{
	struct domain *d = v->domain;
	struct frame *old = v->kernel_root, *root;
	int rc = types_settle(d);

	if (!rc)
		rc = take(d, mfn, &root);
	if (rc)
		return rc;
	/* LDT pages were found through the old tables. */
	if (v->pv.ldt_mapped)
		pv_unmap_ldt(v);
	v->kernel_root = root;
	if (v->compat_l4)
		pte_write(&v->compat_l4[0], pte_make(mfn, PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D));
	else
		set_m2p_slot(root, true);
	root_changed(v);
	drop(d, old);
	return 0;
}

int root_set_user(struct vcpu *v, mfn_t mfn)
{
	struct domain *d = v->domain;
	struct frame *old = v->user_root, *root = NULL;
	int rc = types_settle(d);

	if (!rc && mfn_x(mfn))
		rc = take(d, mfn, &root);
	if (rc)
		return rc;
	if (root && m2p_is_strict(d) && root != v->kernel_root)
		set_m2p_slot(root, false);
	v->user_root = root;
	root_changed(v);
	drop(d, old);
	return 0;
}

int root_drop_vcpu(struct vcpu *v)
{
	struct domain *d = v->domain;
	struct frame *kernel = v->kernel_root, *user = v->user_root;
	int rc;

	spin_lock(&d->mm_lock);
	v->kernel_root = v->user_root = NULL;
	if (v->compat_l4)
		v->compat_l4[0] = 0;
	/* Only this pCPU may still stand on them: another that v left has loaded a root since. */
	if (v->cr3.maddr == (read_cr3() & PTE_ADDRESS))
		tlb_load_cr3(maddr_x(hv_root));
	v->cr3 = hv_root;
	drop(d, kernel);
	drop(d, user);
	rc = types_settle(d);
	spin_unlock(&d->mm_lock);
	if (!rc && v->compat_l4) {
		heap_free(v->compat_l4, 0);
		v->compat_l4 = NULL;
	}
	return rc;
}
