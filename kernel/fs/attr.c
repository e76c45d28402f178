/* SPDX-License-Identifier: MIT */
/*
 * Attributes: size, mode, owner, times, and the numbers that stat reports.
 */
#include "fs/vfs.h"
#include "proc.h"
#include "vm.h"

int vfs_truncate(struct inode *i, uint64_t size)
{
	uint64_t old;
	int r;

	if (inode_is(i, S_IFDIR))
		return -EISDIR;
	if (!inode_is(i, S_IFREG) || !i->ops->truncate)
		return -EINVAL;
	if (size > FILE_SIZE_MAX)
		return -EFBIG;
	mutex_lock(&i->lock);
	old = i->size;
	r = i->ops->truncate(i, size);
	if (!r)
		inode_changed(i);
	mutex_unlock(&i->lock);
	if (!r && size < old)
		vm_unmap_file(i, size);
	return r;
}

int vfs_chmod(const struct path *p, uint32_t mode)
{
	struct inode *i = p->inode;
	const struct cred *c = &current->proc->cred;

	if (!mount_writable(p->mnt))
		return -EROFS;
	if (!inode_owned(i) || i->ops->synthetic)
		return -EPERM;
	if (inode_is(i, S_IFLNK))
		return -EOPNOTSUPP;
	if (c->fsuid && c->fsgid != i->gid)
		mode &= ~(uint32_t)S_ISGID;
	i->mode = (i->mode & S_IFMT) | (mode & S_ALL);
	i->ctime = inode_now();
	inode_store(i);
	return 0;
}

int vfs_chown(const struct path *p, uint32_t uid, uint32_t gid)
{
	struct inode *i = p->inode;
	const struct cred *c = &current->proc->cred;

	if (!mount_writable(p->mnt))
		return -EROFS;
	if (c->fsuid && ((uid != ~0u && uid != i->uid) || !inode_owned(i) ||
			 (gid != ~0u && gid != i->gid && gid != c->fsgid)))
		return -EPERM;
	if (uid != ~0u)
		i->uid = uid;
	if (gid != ~0u)
		i->gid = gid;
	/* A program must not keep the rights of an owner that it no longer has. */
	if (inode_is(i, S_IFREG) && (i->mode & 0111)) {
		i->mode &= ~(uint32_t)S_ISUID;
		if (i->mode & 0010)
			i->mode &= ~(uint32_t)S_ISGID;
	}
	i->ctime = inode_now();
	inode_store(i);
	return 0;
}

int vfs_utimes(const struct path *p, uint64_t atime, uint64_t mtime)
{
	struct inode *i = p->inode;
	bool both_now = atime == TIME_NOW && mtime == TIME_NOW;

	if (atime == TIME_OMIT && mtime == TIME_OMIT)
		return 0;
	if (!mount_writable(p->mnt))
		return -EROFS;
	if (!inode_owned(i)) {
		if (!both_now)
			return -EPERM;
		if (inode_permission(i, MAY_WRITE, false))
			return -EACCES;
	}
	if (atime != TIME_OMIT)
		i->atime = atime == TIME_NOW ? inode_now() : atime;
	if (mtime != TIME_OMIT)
		i->mtime = mtime == TIME_NOW ? inode_now() : mtime;
	i->ctime = inode_now();
	inode_store(i);
	return 0;
}

int vfs_access(const struct path *p, unsigned may, bool real_ids)
{
	int r;

	if (!may)
		return 0;
	if ((may & MAY_EXEC) && inode_is(p->inode, S_IFREG) && (p->mnt->flags & MS_NOEXEC))
		return -EACCES;
	r = inode_permission(p->inode, may, real_ids);
	if (!r && (may & MAY_WRITE) && !mount_writable(p->mnt) && !inode_is(p->inode, S_IFCHR))
		r = -EROFS;
	return r;
}

void vfs_stat(const struct path *p, struct stat_k *st)
{
	struct inode *i = p->inode;

	if (i->ops->refresh)
		i->ops->refresh(i);
	*st = (struct stat_k){
		.dev = i->sb->dev,
		.ino = i->ino,
		.mode = i->mode,
		.nlink = i->nlink,
		.uid = i->uid,
		.gid = i->gid,
		.rdev = i->rdev,
		.block_size = PAGE_SIZE,
		.size = i->size,
		.blocks = i->ops->blocks ? i->ops->blocks(i) : 0,
		.atime = i->atime,
		.mtime = i->mtime,
		.ctime = i->ctime,
		.btime = i->btime,
	};
}
