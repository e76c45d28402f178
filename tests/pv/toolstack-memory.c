/* SPDX-License-Identifier: MIT */
/*
 * What a toolstack asks of memory for a domain that it builds: reservations, claims, resources.
 *
 * Mechanism: memory_op names another domain; XENMEM_claim_pages sets free memory aside for it;
 * XENMEM_acquire_resource tells the frames of its grant table, which a foreign mapping that names the
 * domain then maps; page tables of that domain are changed through foreigndom, and only to its own frames.
 * Steps: 1. reservations of an empty domain, up to its limit and back; 2. claims; 3. the size of its
 * grant table, its frames, a mapping; what is no resource; 4. M2P entries, plain stores and tables of
 * a domain that is built; 5. what the mapping of a grant frame sees after the domain has died.
 * Fails by: the step.
 * Run with: guest=same
 * Runs as: domain 0.
 */
#include "lib/pv.h"
#include "lib/toolstack.h"

#define EXTENTS 16

static struct guest g;
static xen_pfn_t frames[EXTENTS];

static long reserve(unsigned int op, unsigned long n, unsigned int order, domid_t domid)
{
	struct xen_memory_reservation r = { .nr_extents = n,
					    .extent_order = order,
					    .domid = domid };

	set_xen_guest_handle(r.extent_start, frames);
	return hv_memory_op(op, &r);
}

static int question(unsigned int op, domid_t domid)
{
	return (int)hv_memory_op(op, &domid);
}

static int limit(unsigned int pages)
{
	struct xen_domctl op = { .u.max_mem.max_memkb = pages * 4 };

	return domctl(XEN_DOMCTL_max_mem, g.domid, &op);
}

static int claim(unsigned long pages, unsigned int order)
{
	struct xen_memory_reservation r = { .nr_extents = pages, .extent_order = order };

	r.domid = g.domid;
	return (int)hv_memory_op(XENMEM_claim_pages, &r);
}

static uint64_t outstanding(void)
{
	struct xen_domctl_getdomaininfo info = { 0 };

	expect(toolstack_info(g.domid, &info), 0, "getdomaininfo");
	return info.outstanding_pages;
}

/* ---- 1, 2: an empty domain ----------------------------------------------------------------------- */

static void test_reservations(void)
{
	expect(limit(4), 0, "max_mem");
	for (int i = 0; i < EXTENTS; i++)
		frames[i] = 100 + i;
	expect(reserve(XENMEM_populate_physmap, EXTENTS, 0, g.domid), 4, "populate to the limit");
	expect(question(XENMEM_current_reservation, g.domid), 4, "current_reservation");
	expect(question(XENMEM_maximum_reservation, g.domid), 4, "maximum_reservation");
	expect(limit(6), 0, "max_mem again");
	frames[4] = 104;
	expect(mfn_to_pfn(MFN(frames[1])).p, 101, "M2P of what was populated");
	expect(reserve(XENMEM_decrease_reservation, 4, 0, DOMID_SELF), 0,
	       "give them up as one's own");
	expect(reserve(XENMEM_decrease_reservation, 4, 0, g.domid), 4, "give them up");
	expect(reserve(XENMEM_increase_reservation, 1, 2, g.domid), 1, "increase by order 2");
	expect(frames[0] & 3, 0, "its alignment");
	expect(reserve(XENMEM_increase_reservation, 1, 2, g.domid), 0, "above the limit");
	expect(reserve(XENMEM_decrease_reservation, 1, 2, g.domid), 1, "decrease by order 2");
	expect(question(XENMEM_current_reservation, g.domid), 0, "current_reservation at the end");
	expect(reserve(XENMEM_populate_physmap, 1, 0, 0x7000), 0, "populate nobody");
	expect(question(XENMEM_current_reservation, 0x7000), -XEN_ESRCH, "ask about nobody");
}

static void test_claims(void)
{
	uint64_t free = toolstack_free_pages();

	expect(limit(1U << 20), 0, "max_mem");
	expect(claim(64, 0), 0, "claim");
	expect_u64(outstanding(), 64, "what is claimed");
	expect(claim(64, 0), -XEN_EINVAL, "claim twice");
	frames[0] = 0;
	expect(reserve(XENMEM_populate_physmap, 1, 0, g.domid), 1, "populate one");
	expect_u64(outstanding(), 63, "what is left");
	expect(reserve(XENMEM_populate_physmap, 1, 6, g.domid), 1, "populate more than is left");
	expect_u64(outstanding(), 0, "it is used up");
	expect(claim(0, 0), 0, "end it");
	expect(claim(1, 0), -XEN_EINVAL, "claim less than it has");
	expect(claim((1U << 20) + 1, 0), -XEN_EINVAL, "claim more than it may have");
	expect(claim(free + 65, 0), -XEN_ENOMEM, "claim more than there is");
	expect(claim(70, 1), -XEN_EINVAL, "claim extents");
	expect(claim(free - 1024, 0), 0, "claim nearly everything");
	expect(reserve(XENMEM_increase_reservation, 1, 12, DOMID_SELF), 0, "nothing for others");
	expect(claim(0, 0), 0, "end it again");
}

/* ---- 3: its grant table -------------------------------------------------------------------------- */

static int acquire(struct xen_mem_acquire_resource r)
{
	set_xen_guest_handle(r.frame_list, frames);
	return (int)hv_memory_op(XENMEM_acquire_resource, &r);
}

static int grant_frames(uint32_t id, uint64_t frame, uint32_t n)
{
	return acquire((struct xen_mem_acquire_resource){ .domid = g.domid,
							  .type = XENMEM_resource_grant_table,
							  .id = id,
							  .frame = frame,
							  .nr_frames = n });
}

static int one_of(domid_t domid, uint16_t type, uint32_t pad)
{
	return acquire((struct xen_mem_acquire_resource){
		.domid = domid, .type = type, .nr_frames = 1, .pad = pad });
}

static int table_size(uint32_t *size)
{
	struct xen_mem_acquire_resource r = { .domid = g.domid,
					      .type = XENMEM_resource_grant_table };
	int rc = (int)hv_memory_op(XENMEM_acquire_resource, &r);

	*size = r.nr_frames;
	return rc;
}

static void *test_resources(void)
{
	grant_entry_v1_t *table;
	uint32_t most;
	mfn_t first;

	expect(table_size(&most), 0, "its size");
	ensure(most >= 4 && most <= 1024, "its size is %u", most);
	expect(grant_frames(0, 0, 2), 0, "two frames");
	ensure(frames[0] != frames[1], "they differ");
	first = MFN(frames[0]);
	expect(grant_frames(0, 1, 1), 0, "the second alone");
	expect(grant_frames(0, 0, 0), -XEN_EINVAL, "none, but a list");
	expect(grant_frames(0, most, 1), -XEN_EINVAL, "beyond the end");
	expect(grant_frames(0, 1ULL << 32, 1), -XEN_EINVAL, "a frame of 33 bits");
	expect(grant_frames(0, 0xffffffff, 1), -XEN_EINVAL, "a sum of 33 bits");
	expect(grant_frames(XENMEM_resource_grant_table_id_status, 0, 1), -XEN_EINVAL,
	       "status frames of version 1");
	expect(grant_frames(2, 0, 1), -XEN_EINVAL, "an unknown id");
	expect(one_of(g.domid, XENMEM_resource_grant_table, 1), -XEN_EINVAL, "pad");
	expect(one_of(g.domid, XENMEM_resource_ioreq_server, 0), -XEN_EINVAL, "an ioreq server");
	expect(one_of(g.domid, 7, 0), -XEN_EOPNOTSUPP, "an unknown type");
	expect(one_of(0x7000, XENMEM_resource_grant_table, 0), -XEN_ESRCH, "nobody's");
	expect(one_of(0, XENMEM_resource_grant_table, 0), -XEN_EPERM, "one's own");
	expect(one_of(DOMID_SELF, XENMEM_resource_grant_table, 0), -XEN_ESRCH, "DOMID_SELF's");

	table = foreign_map(g.domid, first, true);
	ensure(table != NULL, "map it: %d", foreign_error);
	table[8] = (grant_entry_v1_t){ .flags = GTF_permit_access, .domid = 0, .frame = 0x1234 };
	return table;
}

/* ---- 4: tables of the other ---------------------------------------------------------------------- */

static int update_in(domid_t tables, domid_t of, uint64_t ptr, uint64_t val)
{
	struct mmu_update u = { .ptr = ptr, .val = val };

	return hv_mmu_update(&u, 1, NULL, of | (uint32_t)(tables + 1) << 16);
}

static int op_on(domid_t domid, unsigned int cmd, mfn_t mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn.m };

	return hv_mmuext_op(&op, 1, NULL, domid);
}

static void test_tables(void)
{
	mfn_t table = guest_frame(&g, g.pages - 1), page = guest_frame(&g, g.pages - 2);
	mfn_t ours = virt_to_mfn(page_alloc());
	uint64_t slot = (uint64_t)table.m << PAGE_SHIFT;
	uint64_t *words;

	expect(update_in(0, g.domid, slot | MMU_MACHPHYS_UPDATE, 0x77), 0, "M2P of its frame");
	expect(mfn_to_pfn(table).p, 0x77, "what it says now");
	expect(update_in(0, g.domid, ((uint64_t)ours.m << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 1),
	       -XEN_EINVAL, "M2P of ours as its");
	expect(update_in(g.domid, g.domid, slot | MMU_MACHPHYS_UPDATE, 1), -XEN_EPERM,
	       "M2P, and tables of another");
	expect(op_on(g.domid, MMUEXT_CLEAR_PAGE, table), 0, "clear a page of it");
	expect(op_on(DOMID_SELF, MMUEXT_CLEAR_PAGE, table), -XEN_EINVAL, "as one's own");
	expect(update_in(g.domid, g.domid, slot, pte(page, PTE_KERN)), 0, "a plain store");
	expect(op_on(g.domid, MMUEXT_PIN_L1_TABLE, table), 0, "pin it as L1");
	words = foreign_map(g.domid, table, true);
	ensure(!words, "a table of it can be mapped writable");
	words = foreign_map(g.domid, table, false);
	ensure(words && (words[0] & PTE_P) && (words[0] & PTE_A), "its entry %llx",
	       words ? (unsigned long long)words[0] : 0);
	expect(update_in(g.domid, g.domid, (slot + 8) | MMU_PT_UPDATE_PRESERVE_AD,
			 pte(page, PTE_KERN)),
	       0, "a checked store");
	expect(update_in(g.domid, g.domid, slot + 16, pte(table, PTE_KERN)), -XEN_EBUSY,
	       "the table itself, writable");
	expect(update_in(g.domid, g.domid, slot + 16, pte(ours, PTE_KERN)), -XEN_EBUSY,
	       "our page as its");
	expect(update_in(g.domid, DOMID_SELF, slot + 16, pte(ours, PTE_KERN)), 0,
	       "our page in its table");
	expect(update_in(g.domid, DOMID_SELF, slot + 16, 0), 0, "and out again");
	expect(mmu_set(slot + 16, 0), -XEN_EINVAL, "its table as one's own");
	expect(update_in(0x7000, g.domid, slot, 0), -XEN_ESRCH, "nobody's table");
	expect(op_on(g.domid, MMUEXT_PIN_L1_TABLE, ours), -XEN_EINVAL, "pin ours for it");
	expect(op_on(g.domid, MMUEXT_NEW_BASEPTR, table), -XEN_EPERM, "load it as a root");
	expect(op_on(g.domid, MMUEXT_UNPIN_TABLE, table), 0, "unpin");
	expect(op_on(g.domid, MMUEXT_UNPIN_TABLE, table), -XEN_EINVAL, "unpin again");
	foreign_unmap(words);
}

void test_main(void)
{
	grant_entry_v1_t *table;
	domid_t domid;

	if (!is_dom0())
		return;
	toolstack_init();
	expect(toolstack_create(&g, &(struct guest_config){ .until = GUEST_VCPUS }), 0, "a domain");
	test_reservations();
	test_claims();
	expect(toolstack_destroy(&g), 0, "destroy it");

	expect(toolstack_create(&g, &(struct guest_config){ .until = GUEST_LOADED }), 0, "another");
	table = test_resources();
	test_tables();
	/* Mapped pages may keep the dying domain: both answers are right, and the page stays. */
	domid = g.domid;
	(void)toolstack_kill(&g);
	expect_u64(table[8].frame, 0x1234, "the grant entry after the death");
	foreign_unmap(table);
	(void)toolstack_destroy(&g);
	ensure(toolstack_gone(domid, 5000), "it is still there");
}
