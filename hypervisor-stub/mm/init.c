/* SPDX-License-Identifier: MIT */
/*
 * Our own page tables, and the frame table, once at boot.
 *
 * The boot code leaves a root with the image and the direct map. Here the other slots get their tables,
 * all of them at once: guests' roots copy the level-4 entries, so none may be added later. Runs on the
 * boot pCPU before there is any guest.
 *
 * Machines have large holes below 4 GiB, where devices are. All records of such a hole are the same page
 * again and again, and so are its entries of the M2P: a hole costs two tables.
 */
#include "console/console.h"
#include "cpu/asm.h"
#include "mm/iomem.h"
#include "mm/m2p.h"
#include "mm/types.h"

#define SUPERPAGE_ORDER 9
#define SUPERPAGE_BYTES (PAGE_SIZE << SUPERPAGE_ORDER)

/* Entries that lead to our tables; the M2P's may be read by 64-bit guests, in ring 3. */
#define OURS_TABLE (PTE_P | PTE_RW | PTE_A | PTE_D)
#define M2P_TABLE  (PTE_P | PTE_US | PTE_A | PTE_D)

maddr_t hv_root;

static void *(*early_alloc)(unsigned int order);
static bool (*frames_exist)(uint64_t first, uint64_t end);

static pte_t *descend(pte_t *entry, uint64_t flags)
{
	if (!(*entry & PTE_P))
		pte_write(entry, pte_make(virt_to_mfn(early_alloc(0)), flags));
	return mfn_to_virt(pte_mfn(*entry));
}

static uint64_t table_flags(uint64_t va)
{
	return pt_slot(va, 4) == pt_slot(M2P_VA, 4) ? M2P_TABLE : OURS_TABLE;
}

void hv_map(uint64_t va, maddr_t maddr, uint64_t flags)
{
	unsigned int lowest = flags & PTE_PSE ? 2 : 1;
	pte_t *table = maddr_to_virt(hv_root);

	for (unsigned int level = 4; level > lowest; level--)
		table = descend(&table[pt_slot(va, level)], table_flags(va));
	pte_write(&table[pt_slot(va, lowest)], maddr_x(maddr) | flags);
	invlpg(va);
}

static void fill_slots(void)
{
	pte_t *root = maddr_to_virt(hv_root);

	for (unsigned int slot = pt_slot(M2P_VA, 4); slot <= pt_slot(IMAGE_VA, 4); slot++)
		descend(&root[slot], table_flags(L4_SLOT_VA((uint64_t)slot)));
}

void hv_map_same(uint64_t va, maddr_t page, uint64_t flags)
{
	for (uint64_t at = 0; at < SUPERPAGE_BYTES; at += PAGE_SIZE)
		hv_map(va + at, page, flags);
}

/* Records of frames that are no RAM: what iomem_add() would write. Nobody changes them. */
static maddr_t make_hole_page(void)
{
	struct frame *f = early_alloc(0);

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*f); i++)
		f[i].owner = DOMID_IO;
	return mfn_to_maddr(virt_to_mfn(f));
}

static void map_frame_table(void)
{
	uint64_t bytes = mfn_x(max_mfn) * sizeof(struct frame);
	maddr_t hole = make_hole_page();

	for (uint64_t at = 0; at < bytes; at += SUPERPAGE_BYTES) {
		uint64_t first = at / sizeof(struct frame);

		if (!frames_exist(first, first + SUPERPAGE_BYTES / sizeof(struct frame)))
			hv_map_same(FRAME_TABLE_VA + at, hole,
				    PTE_P | PTE_RW | PTE_NX | PTE_A | PTE_D);
		else
			hv_map(FRAME_TABLE_VA + at,
			       mfn_to_maddr(virt_to_mfn(early_alloc(SUPERPAGE_ORDER))),
			       PTE_P | PTE_RW | PTE_PSE | PTE_NX | PTE_A | PTE_D);
	}
	frame_table = (struct frame *)FRAME_TABLE_VA;
}

void frame_init(mfn_t top, void *(*alloc)(unsigned int order),
		bool (*is_ram)(uint64_t first, uint64_t end))
{
	early_alloc = alloc;
	frames_exist = is_ram;
	max_mfn = top;
	hv_root = _maddr(read_cr3() & PTE_ADDRESS);
	fill_slots();
	map_frame_table();
	for (uint64_t n = 0; n < mfn_x(top); n++) {
		struct frame *f = mfn_to_frame(_mfn(n));

		if (f->owner == DOMID_IO)
			continue;
		f->owner = DOMID_XEN;
		f->refs = REFS_OURS;
	}
	m2p_init(alloc, is_ram);
	iomem_init();
	iomem_add(_maddr(0), _maddr(1 << 20));
}
