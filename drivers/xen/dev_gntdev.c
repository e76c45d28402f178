/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/gntdev: pages that other domains granted, in programs.
 *
 * An ioctl notes which grants, and gives an offset of this file for them; mmap at that offset maps
 * them, straight into the program's page table (GNTMAP_contains_pte). One set of grants is mapped at
 * most once. The region is foreign (kernel/include/fs.h): unmapped page by page, at the latest with the
 * address space, each by its handle.
 *
 * Locks: a file's `lock` for its list; inside mm->lock where both are held, so no user memory is touched under it.
 */
#include "dev.h"
#include "proc.h"

#include <uapi/process.h>

#define GRANTS_MOST (64u << 10)
#define HANDLE_NONE (~0u)

struct slot {
	struct ioctl_gntdev_grant_ref grant;
	grant_handle_t handle; /* HANDLE_NONE: not mapped now */
};

struct set {
	struct list link; /* by ascending index */
	uint64_t index;
	uint32_t count, mapped; /* pages */
	bool placed;		/* it has a region */
	bool dropped;		/* by the program; goes with its last page */
	struct unmap_notify notify;
	struct slot slot[];
};

struct user {
	struct mutex lock;
	struct list sets;
	uint32_t most, count;
};

static uint64_t set_end(const struct set *s)
{
	return s->index + ((uint64_t)s->count << PAGE_SHIFT);
}

/* The set that holds this offset. Locks: lock. */
static struct set *find(struct user *u, uint64_t offset)
{
	struct set *s;

	list_for_each (s, &u->sets, link)
		if (offset >= s->index && offset < set_end(s))
			return s;
	return NULL;
}

/* The first hole that is large enough. Locks: lock. */
static void insert(struct user *u, struct set *new)
{
	uint64_t at = 0, bytes = (uint64_t) new->count << PAGE_SHIFT;
	struct list *before = &u->sets;
	struct set *s;

	list_for_each (s, &u->sets, link) {
		if (s->index - at >= bytes)
			break;
		at = set_end(s);
		before = &s->link;
	}
	new->index = at;
	list_add(before, &new->link);
	u->count += new->count;
}

/* ---- ioctls ---- */

static struct set *read_set(const struct ioctl_gntdev_map_grant_ref *arg, uint32_t count)
{
	struct set *s = kzalloc(sizeof(*s) + count * sizeof(s->slot[0]));

	if (!s)
		return err_ptr(-ENOMEM);
	s->count = count;
	for (uint32_t i = 0; i < count; i++) {
		s->slot[i].handle = HANDLE_NONE;
		if (get_user(s->slot[i].grant, &arg->refs[i])) {
			kfree(s);
			return err_ptr(-EFAULT);
		}
	}
	return s;
}

static long map_refs(struct user *u, struct ioctl_gntdev_map_grant_ref *arg)
{
	uint64_t index;
	uint32_t count;
	struct set *s;
	long rc = 0;

	if (get_user(count, &arg->count))
		return -EFAULT;
	if (!count || count > u->most)
		return -EINVAL;
	s = read_set(arg, count);
	if (is_err(s))
		return ptr_err(s);
	mutex_lock(&u->lock);
	if (count > u->most - u->count) {
		rc = -ENOSPC;
		kfree(s);
	} else {
		insert(u, s);
		index = s->index;
	}
	mutex_unlock(&u->lock);
	return rc ? rc : put_user(index, &arg->index);
}

/* The program has given it up, and no page of it is in a region any more. */
static void drop_unused(struct user *u, struct set *s)
{
	if (!s->dropped || s->mapped)
		return;
	u->count -= s->count;
	list_del(&s->link);
	kfree(s);
}

static long unmap_refs(struct user *u, const void *arg)
{
	struct ioctl_gntdev_unmap_grant_ref op;
	struct set *s;
	long rc = 0;

	if (get_user(op, arg))
		return -EFAULT;
	mutex_lock(&u->lock);
	s = find(u, op.index);
	if (!s || s->index != op.index || s->count != op.count) {
		rc = -ENOENT;
	} else {
		s->dropped = true;
		drop_unused(u, s);
	}
	mutex_unlock(&u->lock);
	return rc;
}

static long offset_for(struct file *f, void *arg)
{
	struct ioctl_gntdev_get_offset_for_vaddr op;
	struct vma *v;

	if (get_user(op, arg))
		return -EFAULT;
	v = op.vaddr < machine_user_end ? vm_foreign_lock(f, (unsigned long)op.vaddr, PAGE_SIZE)
					: NULL;
	if (!v)
		return -EINVAL;
	op.offset = v->offset;
	op.count = (uint32_t)((v->end - v->start) >> PAGE_SHIFT);
	op.pad = 0;
	if (v->start != op.vaddr) {
		vm_foreign_unlock();
		return -EINVAL;
	}
	vm_foreign_unlock();
	return copy_to_user(arg, &op, sizeof(op));
}

static long set_most(struct user *u, const void *arg)
{
	struct ioctl_gntdev_set_max_grants op;

	if (get_user(op, arg))
		return -EFAULT;
	if (op.count > GRANTS_MOST)
		return -EINVAL;
	if (u->count)
		return -EBUSY;
	u->most = op.count;
	return 0;
}

static long set_notify(struct user *u, const void *arg)
{
	struct ioctl_gntdev_unmap_notify op;
	struct set *s;
	long rc = 0;

	if (get_user(op, arg))
		return -EFAULT;
	if (op.action & ~(UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT))
		return -EINVAL;
	mutex_lock(&u->lock);
	s = find(u, op.index);
	if (s)
		s->notify = (struct unmap_notify){ op.action, op.index, op.event_channel_port };
	else
		rc = -ENOENT;
	mutex_unlock(&u->lock);
	return rc;
}

/* ---- copying without mapping ---- */

/* One segment, by way of a page of ours: the program's memory may lie anywhere in pages. */
static int copy_segment(struct ioctl_gntdev_grant_copy_segment *seg, char *page)
{
	bool to_grant = seg->flags & GNTCOPY_dest_gref;
	struct grant_copy c = { .len = seg->len, .va = page, .to_grant = to_grant };
	const void *from = seg->source.virt;

	if (!(seg->flags & GNTCOPY_source_gref) == !to_grant || seg->len > PAGE_SIZE)
		return -EINVAL; /* between two domains: nobody asks for it */
	c.domain = to_grant ? seg->dest.foreign.domid : seg->source.foreign.domid;
	c.ref = to_grant ? seg->dest.foreign.ref : seg->source.foreign.ref;
	c.offset = to_grant ? seg->dest.foreign.offset : seg->source.foreign.offset;
	if (c.offset + seg->len > PAGE_SIZE)
		return -EINVAL;
	if (to_grant && copy_from_user(page, from, seg->len))
		return -EFAULT;
	(void)grant_copy(&c, 1);
	seg->status = c.status;
	if (!to_grant && c.status == GNTST_okay && copy_to_user(seg->dest.virt, page, seg->len))
		return -EFAULT;
	return 0;
}

static long copy(const void *arg)
{
	struct ioctl_gntdev_grant_copy op;
	struct ioctl_gntdev_grant_copy_segment seg;
	pfn_t page;
	int rc = 0;

	if (get_user(op, arg))
		return -EFAULT;
	page = page_alloc();
	if (pfn_is_none(page))
		return -ENOMEM;
	for (unsigned i = 0; i < op.count && !rc; i++) {
		rc = get_user(seg, &op.segments[i]);
		if (!rc)
			rc = copy_segment(&seg, machine_page_va(page));
		if (!rc)
			rc = put_user(seg.status, &op.segments[i].status);
		cond_resched();
	}
	page_put(page);
	return rc;
}

static long gntdev_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct user *u = f->priv;

	switch (cmd) {
	case IOCTL_GNTDEV_MAP_GRANT_REF:
		return map_refs(u, (void *)arg);
	case IOCTL_GNTDEV_UNMAP_GRANT_REF:
		return unmap_refs(u, (void *)arg);
	case IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR:
		return offset_for(f, (void *)arg);
	case IOCTL_GNTDEV_SET_MAX_GRANTS:
		return set_most(u, (void *)arg);
	case IOCTL_GNTDEV_SET_UNMAP_NOTIFY:
		return set_notify(u, (void *)arg);
	case IOCTL_GNTDEV_GRANT_COPY:
		return copy((void *)arg);
	default:
		return -ENOTTY;
	}
}

/* ---- mapping ---- */

static void unmap_slot(struct space *space, struct set *s, uint32_t i, unsigned long va)
{
	if (s->slot[i].handle == HANDLE_NONE)
		return;
	grant_unmap_entry(space_entry(space, va), s->slot[i].handle);
	s->slot[i].handle = HANDLE_NONE;
	s->mapped--;
}

static int map_set(struct space *space, struct set *s, const struct vma *v)
{
	bool readonly = !(v->prot & PROT_WRITE);
	int rc = 0;

	for (uint32_t i = 0; i < s->count && !rc; i++) {
		struct slot *slot = &s->slot[i];
		uint64_t entry = space_entry(space, v->start + i * PAGE_SIZE);

		rc = entry ? grant_map_entry((domid_t)slot->grant.domid, slot->grant.ref, readonly,
					     entry, &slot->handle)
			   : -ENOMEM;
		if (rc)
			slot->handle = HANDLE_NONE;
		else
			s->mapped++;
	}
	for (uint32_t i = 0; i < s->count && rc; i++)
		unmap_slot(space, s, i, v->start + i * PAGE_SIZE);
	return rc;
}

static int gntdev_map(struct file *f, struct space *space, const struct vma *v)
{
	struct user *u = f->priv;
	struct set *s;
	int rc;

	mutex_lock(&u->lock);
	s = find(u, v->offset);
	if (!s || s->index != v->offset || set_end(s) - s->index != v->end - v->start)
		rc = -EINVAL;
	else if (s->placed || s->dropped)
		rc = -EBUSY;
	else
		rc = map_set(space, s, v);
	if (!rc)
		s->placed = true;
	mutex_unlock(&u->lock);
	return rc;
}

/*
 * The last page of the set goes, perhaps since the program has died: tell the other side as it was
 * agreed. The byte is cleared through a mapping of our own, since this space may not be the current one.
 */
static void tell(struct set *s)
{
	const struct unmap_notify *n = &s->notify;
	const struct slot *slot = &s->slot[(n->index - s->index) >> PAGE_SHIFT];
	int error;

	if (n->action & UNMAP_NOTIFY_CLEAR_BYTE) {
		char *page =
			grant_map((domid_t)slot->grant.domid, &slot->grant.ref, 1, false, &error);

		if (page) {
			page[n->index & (PAGE_SIZE - 1)] = 0;
			grant_unmap(page);
		}
	}
	if (n->action & UNMAP_NOTIFY_SEND_EVENT)
		evtchn_notify(n->port);
	s->notify.action = 0;
}

static void gntdev_unmap(struct file *f, struct space *space, unsigned long start,
			 unsigned long end, uint64_t offset)
{
	struct user *u = f->priv;
	struct set *s;

	mutex_lock(&u->lock);
	s = find(u, offset);
	for (unsigned long va = start; s && va < end; va += PAGE_SIZE)
		unmap_slot(space, s, (uint32_t)((offset + (va - start) - s->index) >> PAGE_SHIFT),
			   va);
	if (s && !s->mapped) {
		s->placed = false;
		tell(s);
		drop_unused(u, s);
	}
	mutex_unlock(&u->lock);
	space_sync(space);
}

static int gntdev_open(struct file *f, struct inode *i)
{
	struct user *u = kzalloc(sizeof(*u));

	(void)i;
	if (!u)
		return -ENOMEM;
	mutex_init(&u->lock);
	list_init(&u->sets);
	u->most = GRANTS_MOST;
	f->priv = u;
	return 0;
}

/* A region holds a reference on its file, so nothing is mapped any more. */
static void gntdev_release(struct file *f)
{
	struct user *u = f->priv;

	while (!list_empty(&u->sets)) {
		struct set *s = list_first(&u->sets, struct set, link);

		list_del(&s->link);
		kfree(s);
	}
	kfree(u);
}

const struct file_ops dev_gntdev_fops = {
	.open = gntdev_open,
	.ioctl = gntdev_ioctl,
	.map_foreign = gntdev_map,
	.unmap_foreign = gntdev_unmap,
	.release = gntdev_release,
};
