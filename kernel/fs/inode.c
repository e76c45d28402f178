/* SPDX-License-Identifier: MIT */
/*
 * Inodes: references, owners, and who may do what.
 *
 * The permission rules are POSIX's, applied to the fs ids of current; uid 0 passes them all, except
 * that a file without any execute bit is no program for anyone.
 */
#include "fs/vfs.h"
#include "proc.h"
#include "timer.h"

uint64_t inode_now(void)
{
	return time_wall();
}

void inode_init(struct inode *i, struct super *sb, uint32_t mode)
{
	const struct cred *c = &current->proc->cred;

	memset(i, 0, sizeof(*i));
	i->refs = 1;
	i->sb = sb;
	i->ino = ++sb->next_ino;
	i->mode = mode;
	i->nlink = 1;
	i->uid = c->fsuid;
	i->gid = c->fsgid;
	i->atime = i->mtime = i->ctime = i->btime = inode_now();
	mutex_init(&i->lock);
}

struct inode *inode_get(struct inode *i)
{
	__atomic_add_fetch(&i->refs, 1, __ATOMIC_RELAXED);
	return i;
}

void inode_put(struct inode *i)
{
	if (i && !__atomic_sub_fetch(&i->refs, 1, __ATOMIC_ACQ_REL))
		i->ops->evict(i);
}

bool inode_is(const struct inode *i, uint32_t kind)
{
	return (i->mode & S_IFMT) == kind;
}

void inode_changed(struct inode *i)
{
	i->mtime = i->ctime = inode_now();
	inode_store(i);
}

void inode_written(struct inode *i)
{
	if (i->mode & (S_ISUID | S_ISGID))
		i->mode &= ~(uint32_t)(S_ISUID | (i->mode & 0010 ? S_ISGID : 0));
	inode_changed(i);
}

void inode_store(struct inode *i)
{
	if (i->ops->store)
		(void)i->ops->store(i); /* an error shows at the next sync */
}

static bool in_group(const struct cred *c, uint32_t own, uint32_t gid)
{
	if (own == gid)
		return true;
	for (int n = 0; n < c->group_count; n++)
		if (c->groups[n] == gid)
			return true;
	return false;
}

int inode_permission(const struct inode *i, unsigned may, bool real_ids)
{
	const struct cred *c = &current->proc->cred;
	uint32_t uid = real_ids ? c->uid : c->fsuid, gid = real_ids ? c->gid : c->fsgid;
	unsigned granted;

	if (!uid) {
		bool no_program = !inode_is(i, S_IFDIR) && !(i->mode & 0111);

		return (may & MAY_EXEC) && no_program ? -EACCES : 0;
	}
	if (uid == i->uid)
		granted = i->mode >> 6;
	else if (in_group(c, gid, i->gid))
		granted = i->mode >> 3;
	else
		granted = i->mode;
	return may & ~granted & 7 ? -EACCES : 0;
}

bool inode_owned(const struct inode *i)
{
	uint32_t uid = current->proc->cred.fsuid;

	return !uid || uid == i->uid;
}

unsigned dirent_type(uint32_t mode)
{
	return (mode & S_IFMT) >> 12;
}
