/* SPDX-License-Identifier: MIT */
/*
 * Advisory locks: one list for the whole system, for there are never many.
 *
 * list_lock guards the list. A lock holds no reference on its inode: it goes, at the latest, when the
 * last descriptor of its owner for this inode is closed.
 */
#include "fs/filelock.h"
#include "proc.h"

struct lock {
	struct list link;
	struct inode *inode;
	const void *owner;
	bool whole; /* flock */
	struct lock_range r;
};

#define LOCKS_MOST 4096

static unsigned lock_count; /* list_lock */
static struct spinlock list_lock = SPINLOCK_INIT;
static struct list locks = LIST_INIT(locks);
static struct waitq waiting = WAITQ_INIT(waiting);

static bool overlap(const struct lock_range *a, const struct lock_range *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static struct lock *find_conflict(const struct inode *i, const void *owner, bool whole,
				  const struct lock_range *r)
{
	struct lock *l;

	list_for_each (l, &locks, link)
		if (l->inode == i && l->whole == whole && l->owner != owner && overlap(&l->r, r) &&
		    (l->r.type == LOCK_WRITE || r->type == LOCK_WRITE))
			return l;
	return NULL;
}

void filelock_test(struct inode *i, const void *owner, bool whole, struct lock_range *r)
{
	struct lock *l;

	spin_lock(&list_lock);
	l = find_conflict(i, owner, whole, r);
	if (l)
		*r = l->r;
	else
		r->type = LOCK_NONE;
	spin_unlock(&list_lock);
}

static void add(struct lock *l, const struct lock *like, const struct lock_range *r)
{
	*l = *like;
	l->r = *r;
	list_add_tail(&locks, &l->link);
	lock_count++;
}

static void remove(struct lock *l)
{
	list_del(&l->link);
	lock_count--;
	kfree(l);
}

/*
 * Takes r out of what the owner holds. A lock that reaches over both ends of r falls in two, for
 * which *spare is used.
 */
static void carve(const struct lock *own, const struct lock_range *r, struct lock **spare)
{
	struct lock *l, *next;

	list_for_each_safe (l, next, &locks, link) {
		if (l->inode != own->inode || l->owner != own->owner || l->whole != own->whole ||
		    !overlap(&l->r, r))
			continue;
		if (l->r.start < r->start && l->r.end > r->end) {
			struct lock_range right = l->r;

			right.start = r->end + 1;
			add(*spare, l, &right);
			*spare = NULL;
			l->r.end = r->start - 1;
		} else if (l->r.start < r->start) {
			l->r.end = r->start - 1;
		} else if (l->r.end > r->end) {
			l->r.start = r->end + 1;
		} else {
			remove(l);
		}
	}
}

static int try_set(const struct lock *own, const struct lock_range *r)
{
	struct lock *fresh = kmalloc(sizeof(*fresh)), *spare = kmalloc(sizeof(*spare));
	bool room = r->type == LOCK_NONE || lock_count < LOCKS_MOST;
	int err = fresh && spare && room ? 0 : -ENOLCK;

	spin_lock(&list_lock);
	if (!err && r->type != LOCK_NONE && find_conflict(own->inode, own->owner, own->whole, r))
		err = -EAGAIN;
	if (!err) {
		carve(own, r, &spare);
		if (r->type != LOCK_NONE) {
			add(fresh, own, r);
			fresh = NULL;
		}
	}
	spin_unlock(&list_lock);
	kfree(fresh);
	kfree(spare);
	if (!err)
		waitq_wake(&waiting);
	return err;
}

static bool is_free(const struct lock *own, const struct lock_range *r)
{
	bool yes;

	spin_lock(&list_lock);
	yes = !find_conflict(own->inode, own->owner, own->whole, r);
	spin_unlock(&list_lock);
	return yes;
}

int filelock_set(struct inode *i, const void *owner, bool whole, const struct lock_range *r,
		 bool wait)
{
	const struct lock own = { .inode = i, .owner = owner, .whole = whole };
	int err;

	while ((err = try_set(&own, r)) == -EAGAIN && wait) {
		err = wait_event_interruptible(&waiting, is_free(&own, r));
		if (err)
			break;
	}
	return err;
}

void filelock_drop(struct inode *i, const void *owner)
{
	struct lock *l, *next;
	bool any = false;

	if (list_empty(&locks))
		return;
	spin_lock(&list_lock);
	list_for_each_safe (l, next, &locks, link) {
		if (l->inode != i || l->owner != owner)
			continue;
		remove(l);
		any = true;
	}
	spin_unlock(&list_lock);
	if (any)
		waitq_wake(&waiting);
}
