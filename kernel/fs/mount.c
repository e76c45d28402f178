/* SPDX-License-Identifier: MIT */
/*
 * Mounts: which file system covers which place.
 *
 * One name space for all processes. A path is a mount and an inode, so that ".." knows when it
 * leaves a file system, and the same file system can be seen at two places. vfs_lock guards the list.
 */
#include "block.h"
#include "fs/vfs.h"
#include "proc.h"

enum { MNT_FORCE = 1, MNT_DETACH = 2, MNT_EXPIRE = 4, UMOUNT_NOFOLLOW = 8 };

#define FLAGS_KEPT (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_RELATIME)

struct mutex vfs_lock = MUTEX_INIT(vfs_lock);
struct list mount_all = LIST_INIT(mount_all);

const struct fs_type *const fs_types[] = { &ramfs_type,	 &tmpfs_type, &devfs_type, &procfs_type,
					   &devpts_type, &ext2_type,  NULL };

uint32_t super_new_dev(void)
{
	static uint32_t minor;

	minor++;
	return DEV(0, minor);
}

static void super_put(struct super *sb)
{
	if (!--sb->refs && sb->type->kill)
		sb->type->kill(sb);
}

struct mount *mount_get(struct mount *m)
{
	__atomic_add_fetch(&m->refs, 1, __ATOMIC_RELAXED);
	return m;
}

void mount_put(struct mount *m)
{
	if (!m || __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL))
		return;
	inode_put(m->root);
	super_put(m->sb);
	kfree(m->where);
	kfree(m->source);
	kfree(m);
}

bool mount_writable(const struct mount *m)
{
	return !(m->flags & MS_RDONLY);
}

static struct mount *mount_at(const struct path *p)
{
	struct mount *m;

	list_for_each (m, &mount_all, link)
		if (m->on.mnt == p->mnt && m->on.inode == p->inode)
			return m;
	return NULL;
}

bool mount_covers(const struct path *p)
{
	return mount_at(p) != NULL;
}

static void path_move(struct path *p, struct mount *m, struct inode *i)
{
	struct path old = *p;

	p->mnt = mount_get(m);
	p->inode = inode_get(i);
	path_put(&old);
}

void mount_down(struct path *p)
{
	struct mount *m;

	while ((m = mount_at(p)))
		path_move(p, m, m->root);
}

bool mount_up(struct path *p)
{
	if (p->inode != p->mnt->root || !p->mnt->on.mnt)
		return false;
	path_move(p, p->mnt->on.mnt, p->mnt->on.inode);
	return true;
}

void path_get(const struct path *p)
{
	if (p->mnt)
		mount_get(p->mnt);
	if (p->inode)
		inode_get(p->inode);
}

void path_put(struct path *p)
{
	inode_put(p->inode);
	mount_put(p->mnt);
	p->inode = NULL;
	p->mnt = NULL;
}

/* Takes over the reference of sb. where and source are copied. */
static struct mount *mount_new(struct super *sb, struct inode *root, const char *where,
			       const char *source)
{
	struct mount *m = kzalloc(sizeof(*m));

	if (m) {
		m->where = kstrdup(where);
		m->source = kstrdup(source);
	}
	if (!m || !m->where || !m->source) {
		if (m) {
			kfree(m->where);
			kfree(m->source);
		}
		kfree(m);
		super_put(sb);
		return NULL;
	}
	m->refs = 1;
	m->sb = sb;
	m->root = inode_get(root);
	list_add_tail(&mount_all, &m->link);
	return m;
}

int mount_root(const struct fs_type *type, struct path *root)
{
	struct super *sb = type->mount("");
	struct mount *m;

	if (is_err(sb))
		return ptr_err(sb);
	m = mount_new(sb, sb->root, "/", "rootfs");
	if (!m)
		return -ENOMEM;
	root->mnt = m;
	root->inode = m->root;
	path_get(root);
	return 0;
}

int mount_root_from(const struct fs_type *type, struct blockdev *d, bool read_only,
		    const char *source, struct path *root)
{
	struct super *sb;
	struct mount *m;

	mutex_lock(&vfs_lock);
	sb = type->mount_device(d, read_only, "");
	m = is_err(sb) ? NULL : mount_new(sb, sb->root, "/", source);
	mutex_unlock(&vfs_lock);
	if (is_err(sb))
		return ptr_err(sb);
	if (!m)
		return -ENOMEM;
	m->flags = MS_RELATIME | (read_only ? MS_RDONLY : 0);
	root->mnt = m;
	root->inode = m->root;
	path_get(root);
	return 0;
}

static const struct fs_type *find_type(const char *name)
{
	for (int i = 0; fs_types[i]; i++)
		if (!strcmp(fs_types[i]->name, name))
			return fs_types[i];
	return NULL;
}

/* The device that a name leads to, with a user and claimed; or err_ptr. */
static struct blockdev *claim_device(const char *source)
{
	struct blockdev *d;
	struct path p;
	int r;

	mutex_unlock(&vfs_lock);
	r = vfs_lookup(AT_FDCWD, source, 0, &p);
	mutex_lock(&vfs_lock);
	if (r)
		return err_ptr(r);
	d = inode_is(p.inode, S_IFBLK) ? blockdev_get(p.inode->rdev) : NULL;
	r = inode_is(p.inode, S_IFBLK) ? -ENXIO : -ENOTBLK;
	path_put(&p);
	if (!d)
		return err_ptr(r);
	if (!blockdev_claim(d))
		return d;
	blockdev_put(d);
	return err_ptr(-EBUSY);
}

static struct super *new_super(const struct fs_type *t, const char *source, unsigned flags,
			       const char *data)
{
	struct blockdev *d;

	if (!t->mount_device)
		return t->mount(data);
	d = claim_device(source);
	return is_err(d) ? (void *)d : t->mount_device(d, flags & MS_RDONLY, data);
}

static int mount_new_super(struct path *at, const char *source, const char *type, unsigned flags,
			   const char *data, const char *where)
{
	const struct fs_type *t = find_type(type);
	struct super *sb;
	struct mount *m;

	if (!t)
		return -ENODEV;
	sb = new_super(t, source, flags, data);
	if (is_err(sb))
		return ptr_err(sb);
	/* The same thing twice at one place is a mistake, not a wish. */
	if (at->inode == sb->root && at->inode == at->mnt->root) {
		super_put(sb);
		return -EBUSY;
	}
	m = mount_new(sb, sb->root, where, *source ? source : "none");
	if (!m)
		return -ENOMEM;
	m->on = *at;
	path_get(&m->on);
	m->flags = flags & FLAGS_KEPT;
	return 0;
}

static int mount_bind(struct path *at, const char *source, const char *where)
{
	struct path from;
	struct mount *m;
	int r;

	mutex_unlock(&vfs_lock);
	r = vfs_lookup(AT_FDCWD, source, 0, &from);
	mutex_lock(&vfs_lock);
	if (r)
		return r;
	if (inode_is(from.inode, S_IFDIR) != inode_is(at->inode, S_IFDIR)) {
		path_put(&from);
		return -ENOTDIR;
	}
	from.mnt->sb->refs++;
	m = mount_new(from.mnt->sb, from.inode, where, from.mnt->source);
	if (m) {
		m->on = *at;
		path_get(&m->on);
		m->flags = from.mnt->flags;
	}
	path_put(&from);
	return m ? 0 : -ENOMEM;
}

static int remount(struct mount *m, unsigned flags)
{
	const struct fs_type *t = m->sb->type;
	int r = t->remount ? t->remount(m->sb, flags & MS_RDONLY) : 0;

	if (!r)
		m->flags = flags & FLAGS_KEPT;
	return r;
}

static int mount_at_place(struct path *at, const char *source, const char *type, unsigned flags,
			  const char *data)
{
	char *buf, *where;
	int r;

	if (flags & MS_REMOUNT) {
		if (at->inode != at->mnt->root)
			return -EINVAL;
		return remount(at->mnt, flags);
	}
	if (flags & MS_MOVE)
		return -EINVAL;
	if (!(flags & MS_BIND) && !inode_is(at->inode, S_IFDIR))
		return -ENOTDIR;
	buf = kmalloc(PATH_LONGEST);
	if (!buf)
		return -ENOMEM;
	where = path_name(at, buf, PATH_LONGEST);
	if (is_err(where))
		r = ptr_err(where);
	else if (flags & MS_BIND)
		r = mount_bind(at, source, where);
	else
		r = mount_new_super(at, source, type, flags, data, where);
	kfree(buf);
	return r;
}

int vfs_mount(const char *source, const char *target, const char *type, unsigned flags,
	      const char *data)
{
	struct path at;
	int r;

	if (current->proc->cred.euid)
		return -EPERM;
	r = vfs_lookup(AT_FDCWD, target, 0, &at);
	if (r)
		return r;
	mutex_lock(&vfs_lock);
	r = mount_at_place(&at, source, type, flags, data);
	mutex_unlock(&vfs_lock);
	path_put(&at);
	return r;
}

/* Is anything mounted on a place inside m? */
static bool has_children(const struct mount *m)
{
	struct mount *c;

	list_for_each (c, &mount_all, link)
		if (c->on.mnt == m)
			return true;
	return false;
}

/* `users` counts the references of the caller itself. */
static int detach(struct mount *m, unsigned flags, int users)
{
	if (!m->on.mnt)
		return -EBUSY;
	if (!(flags & MNT_DETACH) && (m->refs > 1 + users || has_children(m)))
		return -EBUSY;
	list_del(&m->link);
	path_put(&m->on);
	mount_put(m);
	return 0;
}

int vfs_umount(const char *target, unsigned flags)
{
	struct path at;
	int r;

	if (current->proc->cred.euid)
		return -EPERM;
	if (flags & ~(unsigned)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	r = vfs_lookup(AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, &at);
	if (r)
		return r;
	mutex_lock(&vfs_lock);
	r = at.inode == at.mnt->root ? detach(at.mnt, flags, 1) : -EINVAL;
	mutex_unlock(&vfs_lock);
	path_put(&at);
	return r;
}
