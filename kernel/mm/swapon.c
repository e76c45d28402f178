/* SPDX-License-Identifier: MIT */
/*
 * swapon and swapoff: a disk becomes a place for pages, and everything comes back from it.
 *
 * The format is Linux's (mkswap writes it): the first page is a header, "SWAPSPACE2" at its end, page numbers
 * behind 1024 bytes that belong to boot loaders. Numbers are in the byte order of the machine that made it.
 *
 * Only disks and partitions: a file or a loop device would be written through a file system, whose locks and memory
 * are just what somebody who needs a page may be holding.
 */
#include "block.h"
#include "fs.h"
#include "fs/vfs.h"
#include "proc.h"
#include "places.h"
#include "vma.h"

#define LOOP_MAJOR 7

struct header {
	char boot[1024];
	uint32_t version, last_page, bad_count;
	uint8_t uuid[16], label[16];
	uint32_t pad[117];
	uint32_t bad[637]; /* as many as fit before the mark */
	uint8_t unused[2];
	char mark[10];
} __attribute__((packed));

#define MARK "SWAPSPACE2"
_Static_assert(sizeof(struct header) == PAGE_SIZE, "the header of a swap area is a page");

#define PAGES_AT_ONCE 32 /* of room, when it is short */

/* One swapon or swapoff at a time. */
static struct mutex changing = MUTEX_INIT(changing);

/* ---- on ---- */

static int check_header(const struct blockdev *d, const struct header *h)
{
	const char *wrong = NULL;

	if (memcmp(h->mark, MARK, sizeof(h->mark)))
		wrong = "has no swap signature (mkswap makes one)";
	else if (h->version != 1)
		wrong = "has a swap area of another version, or of a machine with another byte order";
	else if (!h->last_page || h->bad_count > ARRAY_SIZE(h->bad))
		wrong = "has a swap header that contradicts itself";
	else if (h->last_page >= d->sectors >> (PAGE_SHIFT - SECTOR_SHIFT))
		wrong = "is smaller than its swap header says";
	if (wrong)
		printk("swapon: %s %s\n", d->name, wrong);
	return wrong ? -EINVAL : 0;
}

static int mark_bad(struct swap_area *a, const struct header *h)
{
	for (uint32_t i = 0; i < h->bad_count; i++) {
		uint32_t slot = h->bad[i];

		if (!slot || slot > h->last_page)
			return -EINVAL;
		if (slot >= a->slots || a->refs[slot])
			continue;
		a->refs[slot] = SLOT_BAD;
		a->good--;
	}
	return 0;
}

/* The map of an area, from its header. */
static int make_map(struct swap_area *a, struct blockdev *d)
{
	struct header *h = kmalloc(PAGE_SIZE);
	int rc;

	if (!h)
		return -ENOMEM;
	rc = block_read(d, 0, h, PAGE_SIZE);
	if (!rc)
		rc = check_header(d, h);
	if (!rc) {
		a->slots = min(h->last_page + 1, SLOTS_A_MAP);
		a->good = a->slots - 1;
		a->next = 1;
		a->refs = kzalloc(a->slots * sizeof(a->refs[0]));
		rc = a->refs ? mark_bad(a, h) : -ENOMEM;
	}
	if (!rc && !a->good)
		rc = -EINVAL;
	kfree(h);
	return rc;
}

/* The next area's is lower than all, as on Linux. */
static int lowest_priority(void)
{
	int lowest = -1;

	for (unsigned n = 0; n < SWAP_AREAS; n++)
		if (swap_areas[n].dev)
			lowest = min(lowest, swap_areas[n].priority);
	return lowest - 1;
}

/* The device is claimed. */
static int add_area(struct blockdev *d, unsigned flags)
{
	struct swap_area area = { .dev = d, .filling = true }, *a = swap_areas;
	int rc;

	while (a < swap_areas + SWAP_AREAS && a->dev)
		a++;
	if (a == swap_areas + SWAP_AREAS)
		return -EPERM; /* as Linux */
	/* What the cache has is older than what we are going to write, or newer than the header that we read. */
	rc = cache_sync(&d->cache);
	cache_drop(&d->cache, 0, ~0u);
	if (!rc)
		rc = make_map(&area, d);
	if (rc) {
		kfree(area.refs);
		return rc;
	}
	area.priority =
		flags & SWAP_FLAG_PREFER ? (int)(flags & SWAP_FLAG_PRIO) : lowest_priority();
	spin_lock(&swap_lock);
	*a = area;
	spin_unlock(&swap_lock);
	printk("swapon: %s, %lu KiB, priority %d\n", d->name, (unsigned long)area.good * 4,
	       area.priority);
	return 0;
}

/* The device behind a name, with a user counted; err_ptr. */
static struct blockdev *device_of(const char *path, unsigned mode)
{
	struct file *f = vfs_open(path, mode, 0);
	struct blockdev *d = NULL;

	if (is_err(f))
		return (void *)f;
	if (inode_is(f->path.inode, S_IFBLK))
		d = blockdev_get(f->path.inode->rdev);
	file_put(f);
	return d ? d : err_ptr(-EINVAL);
}

static int use_device(struct blockdev *d, unsigned flags)
{
	int rc;

	if (d->rdev >> 8 == LOOP_MAJOR)
		return -EINVAL;
	rc = blockdev_claim(d);
	if (rc)
		return rc;
	rc = add_area(d, flags);
	if (rc)
		blockdev_release(d);
	return rc;
}

long swap_on(const char *path, unsigned flags)
{
	struct blockdev *d;
	int rc;

	if (flags & ~(SWAP_FLAG_PREFER | SWAP_FLAG_PRIO | SWAP_FLAGS_DISCARD))
		return -EINVAL;
	d = device_of(path, O_RDWR);
	if (is_err(d))
		return ptr_err(d);
	mutex_lock(&changing);
	rc = use_device(d, flags);
	mutex_unlock(&changing);
	if (rc)
		blockdev_put(d);
	return rc;
}

/* ---- off ---- */

/* Brings the pages of one region back. Locks: mm->lock. */
static int bring_back_region(struct mm *mm, struct vma *v, const struct swap_area *a)
{
	unsigned access;
	int rc = 0;

	for (unsigned long va = space_next(mm->space, v->start, v->end); va < v->end && !rc;
	     va = space_next(mm->space, va + PAGE_SIZE, v->end)) {
		pfn_t pfn = space_lookup(mm->space, va, &access);

		if (pfn_is_note(pfn) && area_of(note_x(pfn)) == a)
			rc = mm_swap_in(mm, v, va, pfn);
	}
	return rc;
}

static int bring_back_space(struct mm *mm, const struct swap_area *a)
{
	struct vma *v;
	int rc = 0;

	mutex_lock(&mm->lock);
	list_for_each (v, &mm->vmas, link) {
		if (!(v->flags & VMA_FOREIGN))
			rc = bring_back_region(mm, v, a);
		if (rc)
			break;
	}
	mutex_unlock(&mm->lock);
	return rc;
}

/* A page that cannot be read stays where it is, and so does the area; when memory is short some is made. */
static int bring_back(const struct swap_area *a)
{
	int rc = 0;

	for (struct mm *mm = mm_next(NULL); mm; mm = rc ? NULL : mm_next(mm)) {
		while ((rc = bring_back_space(mm, a)) == -ENOMEM)
			if (signal_fatal_pending() || !reclaim_pages(PAGES_AT_ONCE, NULL))
				break;
		if (rc)
			mm_put(mm);
	}
	return rc;
}

static int empty(struct swap_area *a)
{
	int rc = 0;

	/* A fork in the meantime may have copied notes to where we had been already. */
	while (!rc && *(volatile uint32_t *)&a->used) {
		rc = signal_pending() ? -EINTR : bring_back(a);
		cond_resched();
	}
	return rc;
}

static struct swap_area *find_area(const struct blockdev *d)
{
	for (unsigned n = 0; n < SWAP_AREAS; n++)
		if (swap_areas[n].dev == d)
			return &swap_areas[n];
	return NULL;
}

/* Would all of it fit? */
static bool has_room_for(const struct swap_area *a)
{
	return page_free_count() + cache_page_count() - cache_dirty_count() +
		       (swap_free_count() - (a->good - a->used)) >
	       a->used;
}

static int remove_area(struct blockdev *d)
{
	struct swap_area *a = find_area(d);
	bool was_filling;
	int rc;

	if (!a)
		return -EINVAL;
	if (!has_room_for(a))
		return -ENOMEM;
	was_filling = a->filling;
	a->filling = false;
	rc = empty(a);
	if (rc) {
		a->filling = was_filling;
		return rc;
	}
	spin_lock(&swap_lock);
	a->dev = NULL;
	spin_unlock(&swap_lock);
	kfree(a->refs);
	blockdev_release(d);
	blockdev_put(d); /* swapon's */
	printk("swapoff: %s\n", d->name);
	return 0;
}

long swap_off(const char *path)
{
	struct blockdev *d = device_of(path, O_RDONLY);
	int rc;

	if (is_err(d))
		return ptr_err(d);
	mutex_lock(&changing);
	rc = remove_area(d);
	mutex_unlock(&changing);
	blockdev_put(d);
	return rc;
}
