/* SPDX-License-Identifier: MIT */
/*
 * The first page tables of a domain.
 *
 * They are written as plain memory and then go through the same validation as any guest's tables: the
 * builder has no privilege over the type rules, so a mistake here is refused, not believed.
 *
 * Flags are those real Xen hands out: 32-bit kernels run in ring 1 and get supervisor pages; 64-bit ones
 * run in ring 3, so validation adds the user bit and marks the pages as the kernel's. Frames that the
 * builder wrote come marked dirty.
 */
#include "boot/build.h"
#include "console/console.h"
#include "lib/string.h"

enum {
	P = 1 << 0,
	RW = 1 << 1,
	US = 1 << 2,
	A = 1 << 5,
	D = 1 << 6,
	TABLE = P | RW | US | A | D,
};

static unsigned int levels(const struct build *b)
{
	return b->image.is_32bit ? 3 : 4;
}

static uint64_t new_table(struct build *b)
{
	uint64_t pfn = b->next_table++;

	BUG_ON(pfn >= b->tables_end);
	memset(build_page(b, pfn), 0, PAGE_SIZE);
	return pfn;
}

static unsigned int slot(uint64_t va, unsigned int level)
{
	return va >> (PAGE_SHIFT + 9 * (level - 1)) & 511;
}

/* The entry for va in the table below *entry, which is made if it does not exist. */
static uint64_t *descend(struct build *b, uint64_t *entry, uint64_t va, unsigned int level)
{
	if (!(*entry & P)) {
		/* A PAE root takes no RW or US from its guest; validation adds them. */
		uint64_t flags = b->image.is_32bit && level == 2 ? P : TABLE;

		*entry = maddr_x(mfn_to_maddr(build_mfn(b, new_table(b)))) | flags;
	}
	return (uint64_t *)maddr_to_virt(_maddr(*entry & PAGE_MASK)) + slot(va, level);
}

static uint64_t *entry_for(struct build *b, uint64_t va)
{
	uint64_t *entry = (uint64_t *)mfn_to_virt(b->root) + slot(va, levels(b));

	for (unsigned int level = levels(b) - 1; level; level--)
		entry = descend(b, entry, va, level);
	return entry;
}

static void map(struct build *b, uint64_t va, uint64_t pfn, uint64_t flags)
{
	*entry_for(b, va) = maddr_x(mfn_to_maddr(build_mfn(b, pfn))) | P | A | flags;
}

static uint64_t region_flags(const struct build *b, uint64_t va)
{
	const struct guest_layout *l = &b->layout;
	bool written = va >= (b->image.kstart & PAGE_MASK) && va < l->tables &&
		       !(va >= l->ramdisk && va < l->ramdisk + l->ramdisk_bytes);

	if (va >= l->tables && va < l->tables + l->table_pages * PAGE_SIZE)
		return 0;
	return RW | (written ? D : 0);
}

static void map_region(struct build *b)
{
	for (uint64_t va = b->layout.base; va < b->layout.end; va += PAGE_SIZE)
		map(b, va, (va - b->layout.base) >> PAGE_SHIFT, region_flags(b, va));
}

static void map_p2m_apart(struct build *b)
{
	const struct guest_layout *l = &b->layout;

	b->next_table = l->p2m_pfn + l->p2m_pages;
	b->tables_end = b->next_table + l->p2m_table_pages;
	for (uint64_t i = 0; i < l->p2m_pages; i++)
		map(b, l->p2m + i * PAGE_SIZE, l->p2m_pfn + i, RW | D);
}

/* A PAE root wants all four L2s, used or not. */
static void fill_pae_root(struct build *b)
{
	for (uint64_t i = 0; i < 4; i++)
		descend(b, (uint64_t *)mfn_to_virt(b->root) + i, i << 30, 2);
}

static bool give_root(struct build *b)
{
	struct vcpu *v = b->d->vcpu[0];
	enum frame_type type = b->image.is_32bit ? FT_L3 : FT_L4;
	int rc;

	spin_lock(&b->d->mm_lock);
	do
		rc = frame_pin(b->d, b->root, type);
	while (rc == -ERESTART);
	while (!rc) {
		rc = root_set_kernel(v, b->root);
		if (!rc)
			break;
		if (rc == -ERESTART)
			rc = 0;
	}
	spin_unlock(&b->d->mm_lock);
	if (rc)
		log_error("d%u: its first page tables were refused (%d)", b->d->id, rc);
	return rc == 0;
}

bool build_tables(struct build *b)
{
	const struct guest_layout *l = &b->layout;

	b->next_table = (l->tables - l->base) >> PAGE_SHIFT;
	b->tables_end = b->next_table + l->table_pages;
	b->root = build_mfn(b, new_table(b));
	map_region(b);
	if (b->image.is_32bit)
		fill_pae_root(b);
	if (l->p2m_apart)
		map_p2m_apart(b);
	return give_root(b);
}
