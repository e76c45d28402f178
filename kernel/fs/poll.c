/* SPDX-License-Identifier: MIT */
/*
 * Waiting for several files at once: what poll and select stand on.
 *
 * The first look at each file also puts an entry on each queue on which the file would be woken;
 * the entries stay there until the end, so nothing that happens between two looks is lost.
 */
#include "fs/vfs.h"

struct poll_entry {
	struct wait_entry wait;
	struct poll_entry *next;
};

struct poll_table {
	struct poll_entry *entries;
	bool short_of_memory;
};

void poll_wait(struct poll_table *pt, struct waitq *q)
{
	struct poll_entry *e;

	if (!pt)
		return;
	e = kzalloc(sizeof(*e));
	if (!e) {
		pt->short_of_memory = true;
		return;
	}
	waitq_add(q, &e->wait);
	e->next = pt->entries;
	pt->entries = e;
}

static void forget(struct poll_table *pt)
{
	while (pt->entries) {
		struct poll_entry *e = pt->entries;

		pt->entries = e->next;
		waitq_remove(&e->wait);
		kfree(e);
	}
}

static short look(struct file *f, const struct poll_one *one, struct poll_table *pt)
{
	unsigned wanted = (unsigned short)one->events | POLLERR | POLLHUP;

	return (short)(file_poll(f, pt) & wanted);
}

static unsigned look_at_all(struct poll_one *list, struct file **files, unsigned n,
			    struct poll_table *pt)
{
	unsigned ready = 0;

	for (unsigned i = 0; i < n; i++) {
		list[i].revents = 0;
		if (list[i].fd < 0)
			continue;
		list[i].revents = files[i] ? look(files[i], &list[i], pt) : POLLNVAL;
		if (list[i].revents) {
			ready++;
			pt = NULL; /* there will be no waiting */
		}
	}
	return ready;
}

static long wait_for_any(struct poll_one *list, struct file **files, unsigned n, uint64_t deadline)
{
	struct poll_table pt = { NULL, false };
	long ready = look_at_all(list, files, n, deadline ? &pt : NULL);
	long err = 0;

	while (!ready && !err && deadline) {
		if (pt.short_of_memory) {
			err = -ENOMEM;
			break;
		}
		wait_prepare(true);
		ready = look_at_all(list, files, n, NULL);
		if (!ready)
			err = wait_sleep(deadline);
		wait_finish();
	}
	forget(&pt);
	if (!ready && err == -ETIMEDOUT)
		ready = look_at_all(list, files, n, NULL);
	else if (!ready && err)
		return err == -ERESTARTSYS ? -ERESTARTNOHAND : err;
	return ready;
}

long poll_files(struct poll_one *list, unsigned n, uint64_t deadline)
{
	struct file **files = kzalloc((n ? n : 1) * sizeof(*files));
	long r;

	if (!files)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		if (list[i].fd >= 0)
			files[i] = fd_get(list[i].fd);
	r = wait_for_any(list, files, n, deadline);
	for (unsigned i = 0; i < n; i++)
		if (files[i])
			file_put(files[i]);
	kfree(files);
	return r;
}
