/* SPDX-License-Identifier: MIT */
/*
 * What the names of a process start from: its root, working directory and umask.
 */
#include "fs/vfs.h"
#include "proc.h"

struct fs_context *fs_context_create(void)
{
	struct fs_context *c = kzalloc(sizeof(*c));

	if (c) {
		c->refs = 1;
		c->umask = 022;
	}
	return c;
}

struct fs_context *fs_context_copy(struct fs_context *from)
{
	struct fs_context *c = kmalloc(sizeof(*c));

	if (!c)
		return NULL;
	*c = *from;
	c->refs = 1;
	path_get(&c->root);
	path_get(&c->cwd);
	return c;
}

struct fs_context *fs_context_get(struct fs_context *c)
{
	__atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

void fs_context_put(struct fs_context *c)
{
	if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL))
		return;
	path_put(&c->root);
	path_put(&c->cwd);
	kfree(c);
}
