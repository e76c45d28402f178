/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/gntalloc: pages that a program makes and grants to another domain.
 *
 * The pages are the kernel's own, mapped like those of any file. They are taken back when the program gives
 * them up or closes the file; one that the other domain still uses stays a page of nobody until it lets go
 * (grant_end_later).
 */
#include "dev.h"
#include "proc.h"

#include <xen/sys/gntalloc.h>

#define PAGES_MOST 1024u /* of one file */

struct granted {
	struct list link;
	uint64_t index;
	void *page;
	grant_ref_t ref;
	struct unmap_notify notify;
};

struct user {
	struct mutex lock;
	struct list pages;
	uint64_t next_index; /* never used twice in a file */
	unsigned count;
};

/* Locks: lock. */
static struct granted *find(struct user *u, uint64_t index)
{
	struct granted *g;

	list_for_each (g, &u->pages, link)
		if (g->index == align_down(index, (uint64_t)PAGE_SIZE))
			return g;
	return NULL;
}

static void drop(struct user *u, struct granted *g)
{
	if (g->notify.action & UNMAP_NOTIFY_CLEAR_BYTE)
		((char *)g->page)[g->notify.index & (PAGE_SIZE - 1)] = 0;
	if (g->notify.action & UNMAP_NOTIFY_SEND_EVENT)
		evtchn_notify(g->notify.port);
	list_del(&g->link);
	u->count--;
	grant_end_later(g->ref, g->page);
	kfree(g);
}

/* One page for `domain`; appended, so that a failure can drop the newest ones. Locks: lock. */
static int add(struct user *u, domid_t domain, bool writable, grant_ref_t *ref)
{
	struct granted *g = kzalloc(sizeof(*g));
	pfn_t pfn = g ? page_alloc_zeroed() : PFN_NONE;

	if (pfn_is_none(pfn)) {
		kfree(g);
		return -ENOMEM;
	}
	g->page = machine_page_va(pfn);
	g->ref = grant_access(domain, g->page, !writable);
	if (g->ref == GREF_NONE) {
		page_put(pfn);
		kfree(g);
		return -ENOSPC;
	}
	g->index = u->next_index;
	u->next_index += PAGE_SIZE;
	u->count++;
	list_add_tail(&u->pages, &g->link);
	*ref = g->ref;
	return 0;
}

static void drop_newest(struct user *u, unsigned n)
{
	while (n--)
		drop(u, list_entry(u->pages.prev, struct granted, link));
}

static long alloc_refs(struct user *u, struct ioctl_gntalloc_alloc_gref *arg)
{
	struct ioctl_gntalloc_alloc_gref op;
	grant_ref_t *refs;
	unsigned made = 0;
	long rc = 0;

	if (get_user(op, arg))
		return -EFAULT;
	if (!op.count || op.count > PAGES_MOST)
		return -ENOSPC;
	refs = kmalloc(op.count * sizeof(*refs));
	if (!refs)
		return -ENOMEM;
	mutex_lock(&u->lock);
	op.index = u->next_index;
	if (op.count > PAGES_MOST - u->count)
		rc = -ENOSPC;
	while (!rc && made < op.count) {
		rc = add(u, op.domid, op.flags & GNTALLOC_FLAG_WRITABLE, &refs[made]);
		made += !rc;
	}
	if (rc)
		drop_newest(u, made);
	mutex_unlock(&u->lock);
	if (!rc && (put_user(op.index, &arg->index) ||
		    copy_to_user(arg->gref_ids, refs, op.count * sizeof(*refs))))
		rc = -EFAULT; /* they go with the file */
	kfree(refs);
	return rc;
}

static long free_refs(struct user *u, const void *arg)
{
	struct ioctl_gntalloc_dealloc_gref op;
	long rc = 0;

	if (get_user(op, arg))
		return -EFAULT;
	mutex_lock(&u->lock);
	for (uint32_t i = 0; i < op.count && !rc; i++) {
		struct granted *g = find(u, op.index + (uint64_t)i * PAGE_SIZE);

		if (g)
			drop(u, g);
		else
			rc = -EINVAL;
	}
	mutex_unlock(&u->lock);
	return rc;
}

static long set_notify(struct user *u, const void *arg)
{
	struct ioctl_gntalloc_unmap_notify op;
	struct granted *g;

	if (get_user(op, arg))
		return -EFAULT;
	if (op.action & ~(UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT))
		return -EINVAL;
	mutex_lock(&u->lock);
	g = find(u, op.index);
	if (g)
		g->notify = (struct unmap_notify){ op.action, op.index, op.event_channel_port };
	mutex_unlock(&u->lock);
	return g ? 0 : -ENOENT;
}

static long gntalloc_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	switch (cmd) {
	case IOCTL_GNTALLOC_ALLOC_GREF:
		return alloc_refs(f->priv, (void *)arg);
	case IOCTL_GNTALLOC_DEALLOC_GREF:
		return free_refs(f->priv, (void *)arg);
	case IOCTL_GNTALLOC_SET_UNMAP_NOTIFY:
		return set_notify(f->priv, (void *)arg);
	default:
		return -ENOTTY;
	}
}

static pfn_t gntalloc_page(struct file *f, uint64_t offset)
{
	struct user *u = f->priv;
	struct granted *g;
	pfn_t pfn = PFN_NONE;

	mutex_lock(&u->lock);
	g = find(u, offset);
	if (g) {
		pfn = machine_va_page(g->page);
		page_get(pfn);
	}
	mutex_unlock(&u->lock);
	return pfn;
}

static int gntalloc_open(struct file *f, struct inode *i)
{
	struct user *u = kzalloc(sizeof(*u));

	(void)i;
	if (!u)
		return -ENOMEM;
	mutex_init(&u->lock);
	list_init(&u->pages);
	f->priv = u;
	return 0;
}

static void gntalloc_release(struct file *f)
{
	struct user *u = f->priv;

	while (!list_empty(&u->pages))
		drop(u, list_first(&u->pages, struct granted, link));
	kfree(u);
}

const struct file_ops dev_gntalloc_fops = {
	.open = gntalloc_open,
	.ioctl = gntalloc_ioctl,
	.map_page = gntalloc_page,
	.release = gntalloc_release,
};
