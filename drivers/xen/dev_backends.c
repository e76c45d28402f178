/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/backends: the operator's way to the drivers of backends, what /sys/bus/xen-backend is on Linux.
 *
 *	# cat /dev/xen/backends
 *	backend/vbd/1/51712 bound
 *	# echo unbind backend/vbd/1/51712 >/dev/xen/backends
 *
 * `unbind`, `bind` and `reset` do what restart.c says. Devices belong to the store's thread: an order is
 * carried out there, and whoever gave it waits, however long the disk takes over what was begun.
 */
#include "dev.h"
#include "proc.h"

#define LINE_MOST 128u

struct order {
	int (*fn)(const char *path); /* NULL: the list */
	const char *path;
	struct text list;
	struct waitq wait;
	int result;
	bool done;
};

/* In the store's thread. The order is gone as soon as its owner sees that it is done. */
static void carry_out(void *data)
{
	struct order *o = data;
	unsigned long state;

	if (o->fn)
		o->result = o->fn(o->path);
	else
		xendev_list(&o->list);
	state = irq_save();
	o->done = true;
	waitq_wake(&o->wait);
	irq_restore(state);
}

static void give(struct order *o)
{
	waitq_init(&o->wait);
	xs_defer(carry_out, o);
	wait_event(&o->wait, *(volatile bool *)&o->done);
}

static long backends_read(struct file *f, struct iter *to, uint64_t *pos)
{
	struct order o = { 0 };
	size_t n = 0;
	long rc;

	(void)f;
	give(&o);
	if (*pos < o.list.len)
		n = iter_write(to, o.list.buf + *pos, min(to->left, (size_t)(o.list.len - *pos)));
	*pos += n;
	rc = o.list.failed ? -ENOMEM : (long)n;
	text_clear(&o.list);
	return rc;
}

static long command(char *line)
{
	static const struct {
		const char *word;
		int (*fn)(const char *path);
	} commands[] = { { "unbind ", xendev_unbind },
			 { "bind ", xendev_bind },
			 { "reset ", xendev_reset } };

	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
		size_t n = strlen(commands[i].word);
		struct order o = { .fn = commands[i].fn, .path = line + n };

		if (strncmp(line, commands[i].word, n) != 0)
			continue;
		give(&o);
		return o.result;
	}
	return -EINVAL;
}

/* One command a write, as echo does it. */
static long backends_write(struct file *f, struct iter *from, uint64_t *pos)
{
	char line[LINE_MOST];
	size_t n = from->left;
	long rc;

	(void)f, (void)pos;
	if (!n || n >= LINE_MOST)
		return -EINVAL;
	if (iter_read(from, line, n) < n)
		return -EFAULT;
	line[line[n - 1] == '\n' ? n - 1 : n] = '\0';
	rc = command(line);
	return rc ? rc : (long)n;
}

const struct file_ops dev_backends_fops = { .read = backends_read, .write = backends_write };
