/* SPDX-License-Identifier: MIT */
/*
 * Watches: functions that are called when a node of the store changes, all of them by one thread.
 *
 * The reader of the ring only queues events here; the thread `xenwatch` calls the functions, which may
 * themselves talk to the store. A watch is named on the wire by a number of its own, never by its
 * address: an event may arrive after its watch has gone, and then belongs to nobody.
 *
 * Lock: `lock` guards the watches, the queue and `running`.
 */
#include "xs.h"
#include "proc.h"

struct job {
	struct list link;
	void (*fn)(void *data); /* a deferred call, or NULL: an event */
	void *data;		/* or the event's body: path and token, both terminated */
	size_t len;		/* of the body */
};

static struct spinlock lock = SPINLOCK_INIT;
static struct list watches = LIST_INIT(watches);
static struct list jobs = LIST_INIT(jobs);
static struct waitq work = WAITQ_INIT(work), finished = WAITQ_INIT(finished);
static struct xs_watch *running;
static struct task *worker;

#define TOKEN_ROOM 12

static void token_of(const struct xs_watch *w, char *token)
{
	snprintf(token, TOKEN_ROOM, "%x", w->id);
}

/* Under the lock. */
static struct xs_watch *find(unsigned id)
{
	struct xs_watch *w;

	list_for_each (w, &watches, link)
		if (w->id == id)
			return w;
	return NULL;
}

typedef int talk_fn(uint32_t type, xs_transaction_t t, const struct span *parts, unsigned count,
		    char **reply, size_t *len);

static int tell_server(talk_fn *talk, uint32_t type, const struct xs_watch *w)
{
	char token[TOKEN_ROOM];
	struct span parts[2] = { { w->path, strlen(w->path) + 1 }, { token, 0 } };

	token_of(w, token);
	parts[1].len = strlen(token) + 1;
	return talk(type, 0, parts, 2, NULL, NULL);
}

int xs_watch(struct xs_watch *w)
{
	static unsigned next_id;
	int rc;

	spin_lock(&lock);
	w->id = ++next_id;
	list_add(&watches, &w->link);
	spin_unlock(&lock);
	rc = tell_server(xs_talk, XS_WATCH, w);
	if (rc == -EEXIST)
		rc = 0; /* a new server, which xs_watch_again has told */
	if (rc) {
		spin_lock(&lock);
		list_del(&w->link);
		spin_unlock(&lock);
	}
	return rc;
}

/* Does not wait for a server that is not there: the next one never hears of this watch. */
void xs_unwatch(struct xs_watch *w)
{
	spin_lock(&lock);
	list_del(&w->link);
	spin_unlock(&lock);
	(void)tell_server(xs_ask, XS_UNWATCH, w);
	/* The thread itself may take away the very watch that it serves. */
	if (current != worker)
		wait_event(&finished, running != w);
}

/* The watch that follows number `done`, kept alive by `running`; NULL at the end. */
static struct xs_watch *next_watch(unsigned done)
{
	struct xs_watch *w, *next = NULL;

	spin_lock(&lock);
	list_for_each (w, &watches, link)
		if (w->id > done && (!next || w->id < next->id))
			next = w;
	running = next;
	spin_unlock(&lock);
	return next;
}

static bool is_listed(unsigned id)
{
	struct xs_watch *w;
	bool found;

	spin_lock(&lock);
	w = find(id);
	found = w;
	spin_unlock(&lock);
	return found;
}

/* A server that ends in the middle of this has a successor, and this will be called for it. */
void xs_watch_again(void *unused)
{
	unsigned done = 0;
	struct xs_watch *w;

	(void)unused;
	while ((w = next_watch(done))) {
		done = w->id;
		(void)tell_server(xs_ask, XS_WATCH, w);
		if (!is_listed(done)) /* it went meanwhile, before the server knew it */
			(void)tell_server(xs_ask, XS_UNWATCH, w);
		spin_lock(&lock);
		running = NULL;
		spin_unlock(&lock);
		waitq_wake(&finished);
	}
}

/* ---- the thread ---- */

static void run_event(const char *body)
{
	const char *token = body + strlen(body) + 1;
	unsigned id = (unsigned)strtoul(token, NULL, 16);

	spin_lock(&lock);
	running = find(id);
	spin_unlock(&lock);
	if (!running)
		return;
	running->fn(running, body);
	spin_lock(&lock);
	running = NULL;
	spin_unlock(&lock);
	waitq_wake(&finished);
}

static struct job *next_job(void)
{
	struct job *j = NULL;

	spin_lock(&lock);
	if (!list_empty(&jobs)) {
		j = list_first(&jobs, struct job, link);
		list_del(&j->link);
	}
	spin_unlock(&lock);
	return j;
}

static void xenwatch(void *unused)
{
	(void)unused;
	for (;;) {
		struct job *j;

		wait_event(&work, !list_empty(&jobs));
		j = next_job();
		if (!j)
			continue;
		if (j->fn) {
			j->fn(j->data);
		} else {
			run_event(j->data);
			kfree(j->data);
		}
		kfree(j);
	}
}

/*
 * A node that changes faster than its watch is served is one event: the functions look at the node, not at the
 * event, and whoever changes it must not fill our memory. Under the lock.
 */
static bool is_queued(const char *body, size_t len)
{
	const struct job *j;

	list_for_each (j, &jobs, link)
		if (!j->fn && j->len == len && !memcmp(j->data, body, len))
			return true;
	return false;
}

static bool queue(void (*fn)(void *data), void *data, size_t len)
{
	struct job *j = kmalloc(sizeof(*j));

	if (!j)
		return false;
	j->fn = fn;
	j->data = data;
	j->len = len;
	spin_lock(&lock);
	list_add_tail(&jobs, &j->link);
	spin_unlock(&lock);
	waitq_wake(&work);
	return true;
}

void xs_watch_event(char *body, size_t len)
{
	bool known;

	spin_lock(&lock);
	known = is_queued(body, len);
	spin_unlock(&lock);
	if (known) {
		kfree(body);
		return;
	}
	/* Two terminated strings: the path must end before the end. */
	if (strlen(body) + 1 >= len || !queue(NULL, body, len)) {
		printk("xenstore: a watch event is dropped\n");
		kfree(body);
	}
}

void xs_defer(void (*fn)(void *data), void *data)
{
	if (!queue(fn, data, 0))
		printk("xenstore: no memory for a deferred call\n");
}

void xs_watch_init(void)
{
	worker = kthread_create("xenwatch", xenwatch, NULL);
	if (!worker)
		panic("no memory for the thread of the store's watches");
}
