/* SPDX-License-Identifier: MIT */
/*
 * Mapping and unmapping what another domain granted (or oneself).
 *
 * A host mapping is one page-table entry of the mapper, which takes and loses its references on the
 * frame like any other (mm/mapping.c); a device mapping has no entry, so it holds references itself.
 * Order: handle, pin, entry; each step undoes those before it if it fails. Locks: the page-table lock is
 * the outermost here, so nothing of grant/ is held while an entry is written.
 */
#include "abi/width.h"
#include "grant/internal.h"
#include "mm/mm.h"
#include "mm/pte.h"

#define MAP_KINDS  (GNTMAP_host_map | GNTMAP_device_map)
#define KEPT_FLAGS (MAP_KINDS | GNTMAP_readonly | GNTMAP_contains_pte)

/* The guest may keep three bits of its own in the entry. */
static uint64_t guest_bits(uint32_t flags)
{
	return (uint64_t)(flags >> _GNTMAP_guest_avail0 & 7) << 9;
}

static uint64_t make_pte(mfn_t mfn, uint32_t flags)
{
	uint64_t pte = mfn_x(mfn) << PAGE_SHIFT | PTE_P | PTE_A | PTE_D | PTE_NX;

	if (!(flags & GNTMAP_readonly))
		pte |= PTE_RW;
	else
		pte &= ~(uint64_t)PTE_D;
	if (flags & GNTMAP_application_map)
		pte |= PTE_US;
	return pte | guest_bits(flags);
}

static struct pte_place place_of(uint64_t addr, uint32_t flags)
{
	bool is_maddr = flags & GNTMAP_contains_pte;

	return (struct pte_place){ .at = is_maddr ? addr : addr & PAGE_MASK, .is_maddr = is_maddr };
}

/* References that a device's use of the frame needs. */
static bool device_get(mfn_t mfn, struct domain *granter, bool write)
{
	return write ? !frame_get_typed(mfn, granter, FT_WRITABLE) : frame_get(mfn, granter);
}

static void device_put(mfn_t mfn, bool write)
{
	if (write)
		frame_put_typed(mfn_to_frame(mfn));
	else
		frame_put(mfn_to_frame(mfn));
}

static int16_t map_parts(const struct gnttab_map_grant_ref *op, struct domain *granter, mfn_t mfn,
			 bool write)
{
	int rc;

	if (!mfn_valid(mfn) || mfn_to_frame(mfn)->owner != granter->id)
		return grant_refuse(GNTST_bad_page, "grant %u names mfn %lx, which is not d%u's",
				    op->ref, mfn_x(mfn), granter->id);
	if ((op->flags & GNTMAP_device_map) && !device_get(mfn, granter, write))
		return grant_refuse(GNTST_general_error,
				    "mfn %lx cannot be used for writing: it is a table of d%u",
				    mfn_x(mfn), granter->id);
	if (!(op->flags & GNTMAP_host_map))
		return GNTST_okay;
	rc = mapping_set(place_of(op->host_addr, op->flags), make_pte(mfn, op->flags), granter);
	if (!rc)
		return GNTST_okay;
	if (op->flags & GNTMAP_device_map)
		device_put(mfn, write);
	return grant_refuse(GNTST_general_error,
			    rc == -EBUSY ? "mfn %lx cannot be mapped at %lx: it is a table"
					 : "mfn %lx cannot be mapped: no entry for %lx",
			    mfn_x(mfn), op->host_addr);
}

static int16_t map_from(struct gnttab_map_grant_ref *op, struct domain *granter)
{
	struct domain *d = current->domain;
	bool write = !(op->flags & GNTMAP_readonly);
	grant_handle_t h;
	int16_t status;
	mfn_t mfn;

	h = handle_alloc(d, granter, op->ref);
	if (h == HANDLE_NONE)
		return grant_refuse(GNTST_no_device_space, "no handle is left for a mapping");
	status = entry_pin(granter, op->ref, d, write, &mfn);
	if (!status) {
		status = map_parts(op, granter, mfn, write);
		if (status)
			entry_unpin(granter, op->ref, write);
	}
	if (status) {
		handle_free(d, h);
		return status;
	}
	handle_keep(d, h, op->flags & KEPT_FLAGS);
	op->handle = h;
	op->dev_bus_addr = maddr_x(mfn_to_maddr(mfn));
	return GNTST_okay;
}

void grant_map(struct gnttab_map_grant_ref *op)
{
	struct domain *granter;

	if (!(op->flags & MAP_KINDS)) {
		op->status =
			grant_refuse(GNTST_bad_gntref,
				     "neither a host nor a device mapping (flags %x)", op->flags);
		return;
	}
	granter = domain_get(op->dom);
	if (!granter || granter->state >= DOM_DYING) {
		op->status = grant_refuse(GNTST_bad_domain, "there is no domain %u", op->dom);
	} else {
		op->status = map_from(op, granter);
	}
	if (granter)
		domain_put(granter);
}

/* ---- and back ---------------------------------------------------------------------------------- */

struct unmap {
	grant_handle_t handle;
	uint64_t host, device, replace;
};

/*
 * A host mapping goes only if its entry is still there: a guest that overwrote it has lost it, and
 * the grant stays in use until the domain dies (as on real Xen).
 */
static int16_t unmap_host(const struct unmap *u, const struct handle *h, mfn_t mfn)
{
	if (mapping_clear(place_of(u->host, h->flags), mfn, u->replace))
		return grant_refuse(GNTST_general_error,
				    "%lx does not map mfn %lx, as handle %u says", u->host,
				    mfn_x(mfn), u->handle);
	return GNTST_okay;
}

/* h is a claimed handle's copy; what is left of it then stands in its flags. */
static int16_t unmap_parts(const struct unmap *u, struct handle *h)
{
	mfn_t mfn = entry_frame(h->granter, h->ref);
	bool host = u->host && (h->flags & GNTMAP_host_map);
	bool device = u->device && (h->flags & GNTMAP_device_map);

	if (device && u->device != maddr_x(mfn_to_maddr(mfn)))
		return grant_refuse(GNTST_general_error, "bus address %lx is not that of handle %u",
				    u->device, u->handle);
	if (host) {
		int16_t status = unmap_host(u, h, mfn);

		if (status)
			return status;
		h->flags &= (uint16_t)~GNTMAP_host_map;
	}
	if (device) {
		device_put(mfn, !(h->flags & GNTMAP_readonly));
		h->flags &= (uint16_t)~GNTMAP_device_map;
	}
	return GNTST_okay;
}

static int16_t unmap(const struct unmap *u, struct unmapped *batch)
{
	struct domain *d = current->domain;
	struct handle h;
	int16_t status;

	if (!handle_claim(d, u->handle, &h))
		return grant_refuse(GNTST_bad_handle, "there is no mapping with handle %u",
				    u->handle);
	status = unmap_parts(u, &h);
	if (h.flags & MAP_KINDS)
		handle_keep(d, u->handle, h.flags);
	else
		batch->one[batch->count++] = (struct unmapped_one){ u->handle, h.ref, h.granter,
								    !(h.flags & GNTMAP_readonly) };
	return status;
}

void grant_unmap(struct gnttab_unmap_grant_ref *op, struct unmapped *batch)
{
	struct unmap u = { op->handle, op->host_addr, op->dev_bus_addr, 0 };

	op->status = unmap(&u, batch);
}

void grant_unmap_and_replace(struct gnttab_unmap_and_replace *op, struct unmapped *batch)
{
	struct unmap u = { op->handle, op->host_addr, 0, op->new_addr };

	op->status = unmap(&u, batch);
}

/* One pin stands for the whole handle, so it goes with its last part, and after the flush. */
void grant_unmap_finish(struct unmapped *batch)
{
	struct domain *d = current->domain;

	tlb_flush_domain(d);
	for (unsigned int i = 0; i < batch->count; i++) {
		const struct unmapped_one *u = &batch->one[i];

		entry_unpin(u->granter, u->ref, u->write);
		handle_free(d, u->handle);
	}
	batch->count = 0;
}

/* For the audit: what device mappings hold. Entries of host mappings are counted where they are. */
void grant_audit_handle(const struct handle *h)
{
	bool write = !(h->flags & GNTMAP_readonly);

	if (h->flags & GNTMAP_device_map)
		audit_count(entry_frame(h->granter, h->ref), 1, write);
}

void grant_release(const struct handle *h)
{
	bool write = !(h->flags & GNTMAP_readonly);

	/* Entries of host mappings go with the page tables that hold them. */
	if (h->flags & GNTMAP_device_map)
		device_put(entry_frame(h->granter, h->ref), write);
	entry_unpin(h->granter, h->ref, write);
}
