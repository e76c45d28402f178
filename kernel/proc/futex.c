/* SPDX-License-Identifier: MIT */
/*
 * Futexes: sleeping on a word of user memory.
 *
 * A futex is named by the page that holds the word, or rather by address space and address: threads
 * share the former, and words in shared mappings are named by the page itself. Waiters are on one
 * list, guarded by one lock; the word is read with the waiter queued already, so that a waker who
 * changes it first and looks second cannot be missed. A name that is a page has a reference on it: a page that went to
 * swap meanwhile must not come back as another one.
 */
#include "sched.h"
#include "vm.h"

struct futex_key {
	const void *object; /* mm, or NULL: page is meant */
	unsigned long address;
	pfn_t page; /* with a reference; PFN_NONE: by mm */
};

struct futex_waiter {
	struct list link;
	struct task *task;
	struct futex_key key;
	uint32_t bitset;
	bool woken;
};

static struct list waiters = LIST_INIT(waiters);
static struct spinlock lock = SPINLOCK_INIT;

/* Shared memory is known by its page: another process has it at another address. */
static int key_of(const uint32_t *user, struct futex_key *key)
{
	unsigned long va = (unsigned long)user;
	struct mm *mm = current->mm;
	unsigned access;
	uint32_t value;
	struct vma *v;
	pfn_t pfn;

	if (va & 3)
		return -EINVAL;
	do {
		if (machine_user_load(user, &value))
			return -EFAULT;
		*key = (struct futex_key){ mm, va, PFN_NONE };
		pfn = PFN_NONE;
		mutex_lock(&mm->lock);
		list_for_each (v, &mm->vmas, link)
			if (va >= v->start && va < v->end && v->flags & MAP_SHARED)
				pfn = space_lookup(mm->space, align_down(va, PAGE_SIZE), &access);
		if (!pfn_is_none(pfn) && !pfn_is_note(pfn)) {
			page_get(pfn);
			*key = (struct futex_key){ NULL, va & (PAGE_SIZE - 1), pfn };
		}
		mutex_unlock(&mm->lock);
	} while (pfn_is_note(pfn)); /* evicted since it was loaded */
	return 0;
}

static void key_put(const struct futex_key *key)
{
	if (!pfn_is_none(key->page))
		page_put(key->page);
}

static bool same(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->address == b->address &&
	       pfn_x(a->page) == pfn_x(b->page);
}

static void unqueue(struct futex_waiter *w)
{
	spin_lock(&lock);
	list_del(&w->link);
	spin_unlock(&lock);
	key_put(&w->key);
}

long futex_wait(const uint32_t *user, uint32_t value, uint64_t deadline, uint32_t bitset)
{
	struct futex_waiter w = { .task = current, .bitset = bitset };
	uint32_t now;
	int rc;

	if (!bitset)
		return -EINVAL;
	rc = key_of(user, &w.key);
	if (rc)
		return rc;
	spin_lock(&lock);
	list_add_tail(&waiters, &w.link);
	spin_unlock(&lock);
	if (machine_user_load(user, &now) || now != value) {
		unqueue(&w);
		return w.woken ? 0 : -EAGAIN;
	}
	for (rc = 0; !rc;) {
		wait_prepare(true);
		if (*(volatile bool *)&w.woken)
			break;
		rc = wait_sleep(deadline);
	}
	wait_finish();
	unqueue(&w);
	return w.woken ? 0 : rc;
}

long futex_wake(const uint32_t *user, int count, uint32_t bitset)
{
	struct futex_waiter *w, *tmp;
	struct futex_key key;
	long woken = 0;
	int rc;

	if (!bitset)
		return -EINVAL;
	rc = key_of(user, &key);
	if (rc)
		return rc;
	spin_lock(&lock);
	list_for_each_safe (w, tmp, &waiters, link) {
		if (woken >= count)
			break;
		if (!same(&w->key, &key) || !(w->bitset & bitset))
			continue;
		list_del(&w->link);
		w->woken = true;
		task_wake(w->task);
		woken++;
	}
	spin_unlock(&lock);
	key_put(&key);
	return woken;
}

/* As many as `move` waiters get the other name. */
static long move_waiters(const struct futex_key *from, const struct futex_key *to, int move)
{
	struct futex_waiter *w, *tmp;
	long moved = 0;

	spin_lock(&lock);
	list_for_each_safe (w, tmp, &waiters, link) {
		if (moved >= move)
			break;
		if (!same(&w->key, from))
			continue;
		key_put(&w->key);
		w->key = *to;
		if (!pfn_is_none(to->page))
			page_get(to->page);
		moved++;
	}
	spin_unlock(&lock);
	return moved;
}

long futex_requeue(const uint32_t *user, int wake, int move, const uint32_t *to, bool compare,
		   uint32_t value)
{
	struct futex_key from_key, to_key = { .page = PFN_NONE };
	uint32_t now;
	long rc = key_of(user, &from_key);

	if (rc)
		return rc;
	rc = key_of(to, &to_key);
	if (!rc && compare)
		rc = machine_user_load(user, &now) ? -EFAULT : now != value ? -EAGAIN : 0;
	if (!rc)
		rc = futex_wake(user, wake, ~0u);
	if (rc >= 0)
		rc += move_waiters(&from_key, &to_key, move);
	key_put(&to_key);
	key_put(&from_key);
	return rc;
}

/* ---- Robust lists: locks whose owner died ---- */

#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_WAITERS	 0x80000000u
#define FUTEX_TID_MASK	 0x3fffffffu
#define ROBUST_MAX	 2048

/* What set_robust_list registered; the list is the program's, and may be broken or circular. */
struct robust_head {
	uint32_t next;
	int32_t offset; /* from an entry to its futex word */
	uint32_t pending;
};

static void release_dead(uint32_t entry, int32_t offset)
{
	uint32_t *word = (uint32_t *)(unsigned long)(entry + offset), value;

	if ((unsigned long)word & 3 || machine_user_load(word, &value) ||
	    (value & FUTEX_TID_MASK) != (uint32_t)current->tid)
		return;
	value = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
	if (!copy_to_user(word, &value, sizeof(value)) && value & FUTEX_WAITERS)
		futex_wake(word, 1, ~0u);
}

void futex_robust_exit(struct task *t)
{
	const uint32_t list = (uint32_t)(unsigned long)t->robust_list;
	struct robust_head head;
	uint32_t entry, next;
	unsigned n;

	t->robust_list = NULL;
	if (!list || !t->mm ||
	    copy_from_user(&head, (const void *)(unsigned long)list, sizeof(head)))
		return;
	for (entry = head.next, n = 0; (entry & ~1u) != list && n < ROBUST_MAX; entry = next, n++) {
		if (copy_from_user(&next, (const void *)(unsigned long)(entry & ~1u), sizeof(next)))
			return;
		if ((entry & ~1u) != (head.pending & ~1u))
			release_dead(entry & ~1u, head.offset);
	}
	if (head.pending)
		release_dead(head.pending & ~1u, head.offset);
}
