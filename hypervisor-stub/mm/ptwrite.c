/* SPDX-License-Identifier: MIT */
/*
 * Trapped stores: a guest kernel writes into its own live tables as if they were its memory.
 *
 * Its mappings of them are read-only, so the store faults; pv/ decodes the instruction, and here it
 * becomes a checked update of the whole entry. Real Xen does this for level 1, whether the assist is on
 * or not, and guests rely on it; for levels 2 to 4 we do it if the guest asked for writable page tables,
 * or pt_assist=force did for it.
 *
 * A PAE kernel writes an entry by two stores of four bytes. While only the upper half is new, the entry
 * may name what it must not; then it is stored with P cleared, since the store of the lower half, which
 * has P, is on its way. Locks: domain.mm.
 */
#include "console/console.h"
#include "mm/types.h"

struct target {
	struct frame *table;
	unsigned int slot;
};

static bool upper_levels_wanted(const struct domain *d)
{
	return d->pt_force || (d->vm_assist >> VMASST_TYPE_writable_pagetables & 1);
}

/* Is va mapped read-only, to a live table that we write to for this guest? */
static bool find(const struct vcpu *v, uint64_t va, struct target *t)
{
	pte_t e = guest_pte(v, va);
	struct frame *f;

	if (!e || (e & PTE_RW) || !mfn_valid(pte_mfn(e)))
		return false;
	f = mfn_to_frame(pte_mfn(e));
	if (!frame_is_table_of(f, v->domain))
		return false;
	t->table = f;
	t->slot = (va & ~PAGE_MASK) / sizeof(pte_t);
	return frame_level(f) == 1 || upper_levels_wanted(v->domain);
}

bool pt_write_wanted(const struct vcpu *v, uint64_t va)
{
	struct target t;

	return find(v, va, &t);
}

/* The entry with `bytes` at this offset replaced. */
static pte_t merge(pte_t old, unsigned int offset, uint64_t value, unsigned int bytes)
{
	uint64_t mask = bytes == 8 ? ~0ULL : (1ULL << 8 * bytes) - 1;

	return (old & ~(mask << 8 * offset)) | (value & mask) << 8 * offset;
}

static bool is_upper_half(const struct domain *d, unsigned int offset, unsigned int bytes)
{
	return d->is_32bit && bytes == 4 && offset == 4;
}

static int store(struct vcpu *v, uint64_t va, const uint64_t *expected, uint64_t value,
		 unsigned int bytes)
{
	struct domain *d = v->domain;
	unsigned int offset = va % sizeof(pte_t);
	struct target t;
	pte_t old, new;
	int rc = types_settle(d);

	if (rc)
		return rc;
	if (!bytes || bytes > 8 || (bytes & (bytes - 1)) || va % bytes || !find(v, va, &t))
		return -EINVAL;
	old = pte_read((pte_t *)mfn_to_virt(frame_to_mfn(t.table)) + t.slot);
	if (expected && merge(old, offset, *expected, bytes) != old)
		return -EAGAIN;
	new = merge(old, offset, value, bytes);
	rc = table_update(d, t.table, t.slot, new, d->id, false);
	if (rc && rc != -ERESTART && !expected && is_upper_half(d, offset, bytes) && (new &PTE_P))
		rc = table_update(d, t.table, t.slot, new & ~PTE_P, d->id, false);
	/* What this dropped is undone now or by the next operation on these tables. */
	if (!rc)
		(void)types_settle(d);
	return rc;
}

int pt_write(struct vcpu *v, uint64_t va, uint64_t value, unsigned int bytes)
{
	int rc;

	spin_lock(&v->domain->mm_lock);
	rc = store(v, va, NULL, value, bytes);
	spin_unlock(&v->domain->mm_lock);
	return rc;
}

int pt_cmpxchg(struct vcpu *v, uint64_t va, uint64_t expected, uint64_t value, unsigned int bytes)
{
	int rc;

	spin_lock(&v->domain->mm_lock);
	rc = store(v, va, &expected, value, bytes);
	spin_unlock(&v->domain->mm_lock);
	return rc;
}
