/* SPDX-License-Identifier: MIT */
/*
 * Using what others granted: mapping their pages (rings), and copying from and to them (data).
 *
 * Data is copied by the hypervisor and not mapped: a copy of a page costs about as much as mapping
 * and unmapping it and leaves no stale translation behind, and a guest cannot change what is being
 * looked at. Only rings, which both sides write, are mapped.
 *
 * Locking: `lock` guards the list of mappings.
 */
#include "dev.h"

struct mapping {
	struct list link;
	void *va;
	unsigned count;
	grant_handle_t handle[];
};

static struct spinlock lock = SPINLOCK_INIT;
static struct list mappings = LIST_INIT(mappings);

/* The hypervisor's GNTST_ codes in the kernel's terms. */
static int status_error(int16_t status)
{
	switch (status) {
	case GNTST_okay:
		return 0;
	case GNTST_bad_domain:
		return -ESRCH;
	case GNTST_permission_denied:
		return -EACCES;
	case GNTST_eagain:
		return -EAGAIN;
	case GNTST_no_device_space:
	case GNTST_no_space:
		return -ENOSPC;
	default:
		return -EINVAL;
	}
}

static int map_one(domid_t from, grant_ref_t ref, bool readonly, void *va, grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op = { .host_addr = (unsigned long)va,
					   .flags = GNTMAP_host_map |
						    (readonly ? GNTMAP_readonly : 0),
					   .ref = ref,
					   .dom = from };
	long rc = hypercall_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);

	*handle = op.handle;
	return rc ? (int)rc : status_error(op.status);
}

int grant_map_entry(domid_t from, grant_ref_t ref, bool readonly, uint64_t entry,
		    grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op = { .host_addr = entry,
					   .flags = GNTMAP_host_map | GNTMAP_application_map |
						    GNTMAP_contains_pte |
						    (readonly ? GNTMAP_readonly : 0),
					   .ref = ref,
					   .dom = from };
	long rc = hypercall_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);

	*handle = op.handle;
	return rc ? (int)rc : status_error(op.status);
}

void grant_unmap_entry(uint64_t entry, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = entry, .handle = handle };

	if (hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1) || op.status != GNTST_okay)
		printk("grant: cannot unmap handle %u of a program: %d\n", handle, op.status);
}

static void unmap_first(struct mapping *m, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct gnttab_unmap_grant_ref op = { .host_addr =
							     (unsigned long)m->va + i * PAGE_SIZE,
						     .handle = m->handle[i] };

		if (hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1) ||
		    op.status != GNTST_okay)
			printk("grant: cannot unmap handle %u: %d\n", m->handle[i], op.status);
	}
	special_release(m->va, m->count);
	kfree(m);
}

void *grant_map(domid_t from, const grant_ref_t *refs, unsigned count, bool readonly, int *error)
{
	struct mapping *m = kmalloc(sizeof(*m) + count * sizeof(m->handle[0]));
	unsigned i;

	*error = -ENOMEM;
	if (!m)
		return NULL;
	m->count = count;
	m->va = special_reserve(count);
	if (!m->va) {
		kfree(m);
		return NULL;
	}
	for (i = 0; i < count; i++) {
		*error = map_one(from, refs[i], readonly, (char *)m->va + i * PAGE_SIZE,
				 &m->handle[i]);
		if (*error) {
			unmap_first(m, i);
			return NULL;
		}
	}
	spin_lock(&lock);
	list_add(&mappings, &m->link);
	spin_unlock(&lock);
	return m->va;
}

void grant_unmap(void *va)
{
	struct mapping *m, *found = NULL;

	spin_lock(&lock);
	list_for_each (m, &mappings, link)
		if (m->va == va)
			found = m;
	bug_on(!found);
	list_del(&found->link);
	spin_unlock(&lock);
	unmap_first(found, found->count);
}

/* ---- copying ---- */

#define COPY_BATCH 16

static void fill(struct gnttab_copy *op, const struct grant_copy *c)
{
	uint64_t maddr = va_to_maddr(c->va);
	struct {
		unsigned long frame;
		uint16_t offset;
	} own = { (unsigned long)(maddr >> PAGE_SHIFT), (uint16_t)(maddr & (PAGE_SIZE - 1)) };

	memset(op, 0, sizeof(*op));
	op->len = c->len;
	if (c->to_grant) {
		op->flags = GNTCOPY_dest_gref;
		op->source.domid = DOMID_SELF;
		op->source.u.gmfn = own.frame;
		op->source.offset = own.offset;
		op->dest.domid = c->domain;
		op->dest.u.ref = c->ref;
		op->dest.offset = c->offset;
	} else {
		op->flags = GNTCOPY_source_gref;
		op->source.domid = c->domain;
		op->source.u.ref = c->ref;
		op->source.offset = c->offset;
		op->dest.domid = DOMID_SELF;
		op->dest.u.gmfn = own.frame;
		op->dest.offset = own.offset;
	}
}

static bool copy_batch(struct grant_copy *ops, unsigned count)
{
	struct gnttab_copy batch[COPY_BATCH];
	bool ok = true;
	long rc;

	for (unsigned i = 0; i < count; i++)
		fill(&batch[i], &ops[i]);
	rc = hypercall_grant_table_op(GNTTABOP_copy, batch, count);
	for (unsigned i = 0; i < count; i++) {
		ops[i].status = rc ? GNTST_general_error : batch[i].status;
		ok &= ops[i].status == GNTST_okay;
	}
	return ok;
}

bool grant_copy(struct grant_copy *ops, unsigned count)
{
	bool ok = true;

	while (count) {
		unsigned n = min(count, (unsigned)COPY_BATCH);

		ok &= copy_batch(ops, n);
		ops += n;
		count -= n;
	}
	return ok;
}
