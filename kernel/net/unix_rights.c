/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in messages of UNIX sockets.
 *
 * A message holds a reference on each file that it carries, so a file lives on while nobody but a message knows
 * it. That can become a circle: a socket whose only reference is in a message of its own queue, or in that of
 * another one that is no better off. No program can ever receive it, and no count becomes zero. So when
 * descriptors are sent, and when a UNIX socket ends, such circles are looked for, as Linux does.
 *
 * The search: a socket is suspect if messages hold all of its file's references. Of those, count the references
 * that come from messages of suspects. A suspect with more than that is known to somebody else's queue, so it is
 * none, and nor is whatever its own queue leads to. Who is still suspect then is only known to suspects.
 *
 * Ending a socket puts the files of its messages, which may end a socket, and so on: a program can make a chain as
 * long as it likes, and the kernel's stack is short. So one thread at a time puts them, from a list, and others
 * only add to it.
 *
 * Locks: unix_lock, where the header says so; burial: its own.
 */
#include "net/unix.h"
#include "proc.h"

static struct list travelling = LIST_INIT(travelling); /* all rights in messages */

static struct mutex burial = MUTEX_INIT(burial);
static struct list graves = LIST_INIT(graves);
static bool burying;

struct rights *rights_new(unsigned most)
{
	struct rights *r = kmalloc(sizeof(*r) + most * sizeof(r->files[0]));

	if (!r)
		return NULL;
	list_init(&r->link);
	r->uid = current->proc->cred.euid;
	r->count = 0;
	return r;
}

struct rights *unix_rights_copy(const struct rights *r)
{
	struct rights *copy = rights_new(r->count);

	for (; copy && copy->count < r->count; copy->count++) {
		copy->files[copy->count] = r->files[copy->count];
		file_get(copy->files[copy->count]);
	}
	return copy;
}

/* ---- the end of files ---- */

void unix_rights_bury(struct list *dead)
{
	mutex_lock(&burial);
	while (!list_empty(dead)) {
		struct rights *r = list_first(dead, struct rights, link);

		list_del(&r->link);
		list_add_tail(&graves, &r->link);
	}
	if (burying) { /* perhaps ourselves, further up */
		mutex_unlock(&burial);
		return;
	}
	burying = true;
	while (!list_empty(&graves)) {
		struct rights *r = list_first(&graves, struct rights, link);

		list_del(&r->link);
		mutex_unlock(&burial);
		for (unsigned i = 0; i < r->count; i++)
			file_put(r->files[i]);
		kfree(r);
		mutex_lock(&burial);
	}
	burying = false;
	mutex_unlock(&burial);
}

void rights_free(struct rights *r)
{
	struct list dead = LIST_INIT(dead);

	if (!r)
		return;
	list_add_tail(&dead, &r->link);
	unix_rights_bury(&dead);
}

/* ---- travelling ---- */

/* The end that a file is; NULL: something else. */
static struct end *end_of(struct file *f)
{
	struct socket *s = socket_of(f);

	return s && s->family == AF_UNIX ? s->priv : NULL;
}

static void count(struct rights *r, int change)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct end *e = end_of(r->files[i]);

		if (e)
			e->in_flight += (unsigned)change;
	}
}

/* A user's files in messages count against as many as one of its processes may have open. */
static bool too_many(const struct rights *r)
{
	uint64_t sum = 0;
	struct rights *other;

	if (!r->uid)
		return false;
	list_for_each (other, &travelling, link)
		if (other->uid == r->uid)
			sum += other->count;
	return sum > current->proc->rlimit[RLIMIT_NOFILE].cur;
}

int unix_rights_go(struct rights *r)
{
	if (too_many(r))
		return -ETOOMANYREFS;
	count(r, 1);
	list_add_tail(&travelling, &r->link);
	return 0;
}

void unix_rights_arrive(struct rights *r)
{
	count(r, -1);
	list_del(&r->link);
	list_init(&r->link);
}

/* ---- circles ---- */

/* fn for each UNIX socket in the messages of an end's queue. */
static void each_in_queue(struct end *e, void (*fn)(struct end *found))
{
	struct message *m;

	list_for_each (m, &e->queue, link)
		for (unsigned i = 0; m->with.rights && i < m->with.rights->count; i++) {
			struct end *found = end_of(m->with.rights->files[i]);

			if (found)
				fn(found);
		}
}

/* The same for all that only this end leads to: connections that nobody has accepted have queues, too. */
static void each_below(struct end *e, void (*fn)(struct end *found))
{
	struct end *p;

	each_in_queue(e, fn);
	list_for_each (p, &e->pending, pending_link)
		each_in_queue(p, fn);
}

static void count_suspect(struct end *found)
{
	found->from_suspects++;
}

/* Ends that are found to be no suspects after all, and whose queues have not been looked at yet. */
static struct list cleared = LIST_INIT(cleared);

static void clear(struct end *found)
{
	if (!found->suspect)
		return;
	found->suspect = false;
	list_add_tail(&cleared, &found->cleared_link);
}

/* Marks the suspects; false: there is none. */
static bool suspect(void)
{
	struct end *e;
	bool any = false;

	list_for_each (e, &unix_all, all_link) {
		e->from_suspects = 0;
		e->suspect = e->in_flight && e->socket && e->socket->file &&
			     (unsigned)e->socket->file->refs == e->in_flight;
		any |= e->suspect;
	}
	return any;
}

/* Whoever is pending counts with its listener. */
static void clear_known(void)
{
	struct end *e;

	list_for_each (e, &unix_all, all_link)
		if (e->suspect)
			each_below(e, count_suspect);
	list_for_each (e, &unix_all, all_link) {
		if (e->suspect && e->in_flight > e->from_suspects)
			clear(e);
	}
	while (!list_empty(&cleared)) {
		e = list_first(&cleared, struct end, cleared_link);
		list_del(&e->cleared_link);
		each_below(e, clear);
	}
}

void unix_collect(void)
{
	struct list dead = LIST_INIT(dead);
	struct end *e, *p;

	mutex_lock(&unix_lock);
	if (!list_empty(&travelling) && suspect()) {
		clear_known();
		list_for_each (e, &unix_all, all_link) {
			if (!e->suspect)
				continue;
			unix_forget(e, &dead);
			list_for_each (p, &e->pending, pending_link)
				unix_forget(p, &dead);
		}
	}
	mutex_unlock(&unix_lock);
	unix_rights_bury(&dead);
}
