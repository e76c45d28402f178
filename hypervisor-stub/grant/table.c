/* SPDX-License-Identifier: MIT */
/*
 * The table itself: its frames, its size, its version.
 *
 * Its pages belong to the hypervisor's heap and are shown to the guest (frame_share), so they can be
 * mapped and never become page tables. It only grows. Locks: grant.table, then grant.entry.
 */
#include "abi/abi.h"
#include "boot/options.h"
#include "cpu/cpu.h"
#include "domain/privilege.h"
#include "grant/internal.h"
#include "mm/mm.h"

#define TABLE_VERSION 1

/* More than anybody asks for; a table of it takes 4 MiB. */
#define FRAMES_MOST 1024

unsigned int grants_option(bool maptrack)
{
	uint64_t n = maptrack ? option_number("gnttab_max_maptrack_frames", 1024)
			      : option_number("gnttab_max_frames", 64);

	return (unsigned int)min(max(n, (uint64_t)1), (uint64_t)FRAMES_MOST);
}

int grants_init(struct domain *d, const struct domain_config *config)
{
	struct grants *g = kalloc(sizeof(*g));

	if (!g)
		return -ENOMEM;
	d->grants = g;
	spin_init(&g->table, LOCK_GRANT_TABLE);
	spin_init(&g->entry, LOCK_GRANT_ENTRY);
	g->free_handle = HANDLE_NONE;
	g->max_frames = config->max_grant_frames ? config->max_grant_frames : grants_option(false);
	g->max_handle_pages =
		config->max_maptrack_frames ? config->max_maptrack_frames : grants_option(true);
	g->frame = kalloc(g->max_frames * sizeof(*g->frame));
	return g->frame ? 0 : -ENOMEM;
}

void grants_drop_frames(struct domain *d)
{
	struct grants *g = d->grants;

	for (unsigned int i = 0; i < g->frames; i++)
		frame_unshare(g->frame[i]->entries);
}

static void free_table_frame(struct table_frame *f)
{
	for (unsigned int i = 0; i < PIN_GROUPS; i++)
		kfree(f->pins[i]);
	kfree(f);
}

void grants_destroy(struct domain *d)
{
	struct grants *g = d->grants;

	if (!g)
		return;
	for (unsigned int i = 0; i < g->frames; i++)
		free_table_frame(g->frame[i]);
	for (unsigned int i = 0; i < g->handle_pages; i++)
		heap_free(g->handles[i], 0);
	kfree(g->handles);
	kfree(g->frame);
	kfree(g);
	d->grants = NULL;
}

size_t grants_bytes(const struct domain *d)
{
	const struct grants *g = d->grants;
	size_t bytes = kalloc_size(g) + kalloc_size(g->frame) + kalloc_size(g->handles) +
		       g->handle_pages * PAGE_SIZE;

	for (unsigned int i = 0; i < g->frames; i++) {
		bytes += kalloc_size(g->frame[i]);
		for (unsigned int n = 0; n < PIN_GROUPS; n++)
			bytes += kalloc_size(g->frame[i]->pins[n]);
	}
	return bytes;
}

unsigned int grants_frames(const struct domain *d)
{
	return d->grants->frames;
}

/* Locks: grant.table. */
static bool add_frame(struct domain *d)
{
	struct grants *g = d->grants;
	struct table_frame *f = kalloc(sizeof(*f));

	if (!f)
		return false;
	f->entries = heap_alloc(0, HEAP_ZERO);
	if (!f->entries) {
		kfree(f);
		return false;
	}
	frame_share(f->entries, d);
	spin_lock(&g->entry);
	g->frame[g->frames] = f;
	g->frames++;
	spin_unlock(&g->entry);
	return true;
}

bool table_grow(struct domain *d, unsigned int frames)
{
	struct grants *g = d->grants;
	bool ok = frames <= g->max_frames;

	spin_lock(&g->table);
	while (ok && g->frames < frames)
		ok = add_frame(d);
	spin_unlock(&g->table);
	return ok;
}

/* ---- for toolstacks, by way of mm/resource.c ----------------------------------------------------- */

uint32_t grant_frames_most(const struct domain *d)
{
	return d->grants->max_frames;
}

bool grant_frame_get(struct domain *d, uint32_t index, mfn_t *mfn)
{
	if (index >= d->grants->max_frames || !table_grow(d, index + 1))
		return false;
	/* A frame that is there stays until nobody has a reference on d. */
	*mfn = virt_to_mfn(d->grants->frame[index]->entries);
	return true;
}

/* Whose table: one's own, or any for a privileged domain. With a reference. */
static struct domain *table_owner(domid_t id, unsigned int op, int16_t *status)
{
	struct domain *d = domain_get_or_self(id);

	if (!d) {
		*status = grant_refuse(GNTST_bad_domain, "there is no domain %u", id);
		return NULL;
	}
	if (!privilege_check(__HYPERVISOR_grant_table_op, op, d))
		return d;
	domain_put(d);
	*status = GNTST_permission_denied;
	return NULL;
}

static int16_t setup(struct domain *d, const struct gnttab_setup_table *op)
{
	if (op->nr_frames > d->grants->max_frames)
		return grant_refuse(GNTST_general_error, "%u frames, the table has at most %u",
				    op->nr_frames, d->grants->max_frames);
	if (!table_grow(d, op->nr_frames))
		return grant_refuse(GNTST_general_error, "no memory for a table of %u frames",
				    op->nr_frames);
	for (unsigned int i = 0; i < op->nr_frames; i++)
		if (guest_put_ulong(guest_handle(op->frame_list), i,
				    mfn_x(virt_to_mfn(d->grants->frame[i]->entries))))
			return grant_refuse(GNTST_bad_virt_addr,
					    "the list of frames cannot be written");
	return GNTST_okay;
}

long op_setup_table(gptr_t ops, unsigned int count)
{
	struct gnttab_setup_table op;
	struct domain *d;

	if (count != 1)
		return refuse(-EINVAL, "one table at a time, not %u", count);
	if (guest_get_gnttab_setup_table(&op, ops, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	d = table_owner(op.dom, GNTTABOP_setup_table, &op.status);
	if (d) {
		op.status = setup(d, &op);
		domain_put(d);
	}
	return guest_put_gnttab_setup_table(ops, 0, &op)
		       ? refuse(-EFAULT, "the status cannot be written")
		       : 0;
}

long op_query_size(gptr_t ops, unsigned int count)
{
	struct gnttab_query_size op;
	struct domain *d;

	if (count != 1)
		return refuse(-EINVAL, "one table at a time, not %u", count);
	if (guest_get_gnttab_query_size(&op, ops, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	d = table_owner(op.dom, GNTTABOP_query_size, &op.status);
	if (d) {
		/* The first frame exists as far as a guest can see; it costs memory when asked for. */
		op.nr_frames = max(d->grants->frames, 1u);
		op.max_nr_frames = d->grants->max_frames;
		op.status = GNTST_okay;
		domain_put(d);
	}
	return guest_put_gnttab_query_size(ops, 0, &op)
		       ? refuse(-EFAULT, "the answer cannot be written")
		       : 0;
}

long op_set_version(gptr_t ops)
{
	struct gnttab_set_version op;

	if (guest_get_gnttab_set_version(&op, ops, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	if (op.version != 1 && op.version != 2)
		return refuse(-EINVAL, "there is no grant table version %u", op.version);
	if (op.version != TABLE_VERSION)
		return refuse(-ENOSYS, "grant tables have version %u here", TABLE_VERSION);
	return guest_put_gnttab_set_version(ops, 0, &op)
		       ? refuse(-EFAULT, "the answer cannot be written")
		       : 0;
}

long op_get_version(gptr_t ops)
{
	struct gnttab_get_version op;
	int16_t status = GNTST_okay;
	struct domain *d;

	if (guest_get_gnttab_get_version(&op, ops, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	d = table_owner(op.dom, GNTTABOP_get_version, &status);
	if (!d)
		return status == GNTST_bad_domain ? -ESRCH : -EPERM;
	domain_put(d);
	op.version = TABLE_VERSION;
	return guest_put_gnttab_get_version(ops, 0, &op)
		       ? refuse(-EFAULT, "the answer cannot be written")
		       : 0;
}

/* Status words stand apart from the entries in version 2 only. */
long op_get_status_frames(gptr_t ops, unsigned int count)
{
	struct gnttab_get_status_frames op;

	if (count != 1)
		return refuse(-EINVAL, "one table at a time, not %u", count);
	if (guest_get_gnttab_get_status_frames(&op, ops, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	op.status = grant_refuse(GNTST_general_error, "a version 1 table has no status frames");
	return guest_put_gnttab_get_status_frames(ops, 0, &op)
		       ? refuse(-EFAULT, "the status cannot be written")
		       : 0;
}

/* Caches are coherent with devices here: what is checked is that the caller could have meant it. */
static long check_flush(const struct gnttab_cache_flush *op)
{
	mfn_t mfn = maddr_to_mfn(_maddr(op->a.dev_bus_addr));

	if (op->op & ~(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL | GNTTAB_CACHE_SOURCE_GREF))
		return refuse(-EINVAL, "unknown cache operation %x", op->op);
	if (op->offset >= PAGE_SIZE || op->length > PAGE_SIZE ||
	    op->offset + op->length > PAGE_SIZE)
		return refuse(-EINVAL, "%u bytes at %u leave the page", op->length, op->offset);
	if (op->op & GNTTAB_CACHE_SOURCE_GREF)
		return refuse(-EOPNOTSUPP, "name the page by its bus address");
	if (!mfn_valid(mfn))
		return refuse(-EINVAL, "%lx is not memory", op->a.dev_bus_addr);
	if (mfn_to_frame(mfn)->owner != current->domain->id)
		return refuse(-EPERM, "%lx is not this domain's memory", op->a.dev_bus_addr);
	return 0;
}

long op_cache_flush(gptr_t ops, unsigned int index)
{
	struct gnttab_cache_flush op;

	if (guest_get_gnttab_cache_flush(&op, ops, index))
		return refuse(-EFAULT, "element %u cannot be read", index);
	return check_flush(&op);
}
