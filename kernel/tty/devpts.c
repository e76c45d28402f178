/* SPDX-License-Identifier: MIT */
/*
 * devpts: the directory whose names are the pseudo-terminals that have a master now.
 *
 * There is one, and every mount shows it. It keeps no list: pty.c's table is the directory. So a name goes
 * the moment its master closes, which may happen where vfs_lock is held. The inodes stay with their pair,
 * since login and mesg change owner and mode.
 */
#include "tty/pty.h"
#include "proc.h"

#define DEVPTS_MAGIC 0x1cd1u /* Linux's, for statfs */

/* Of the last mount that named them, as on Linux: mode=620,gid=5. */
static uint32_t node_mode = 0600;
static long node_gid = -1; /* the opener's */

static struct super *devpts(void);

/* ---- nodes ---- */

static struct inode *node_whereis(struct inode *i, char *name)
{
	struct super *sb = devpts();

	if (name)
		snprintf(name, NAME_LONGEST + 1, "%u", DEV_MINOR(i->rdev));
	return i->nlink && !is_err(sb) ? inode_get(sb->root) : NULL;
}

static void node_evict(struct inode *i)
{
	kfree(i);
}

static const struct inode_ops node_iops = { .whereis = node_whereis, .evict = node_evict };

struct inode *devpts_new(unsigned n)
{
	struct super *sb = devpts();
	struct inode *i = is_err(sb) ? NULL : kzalloc(sizeof(*i));

	if (!i)
		return NULL;
	inode_init(i, sb, S_IFCHR | node_mode);
	i->ino = n + 3; /* as Linux: 1 is the root, 2 its ptmx */
	i->rdev = DEV(TTY_PTS_MAJOR, n);
	i->ops = &node_iops;
	if (node_gid >= 0)
		i->gid = (uint32_t)node_gid;
	return i;
}

/* ---- the directory ---- */

static struct inode *dir_find(struct inode *dir, const char *name, size_t len)
{
	unsigned n = 0;
	struct inode *i;

	(void)dir;
	for (size_t at = 0; at < len; at++) {
		if (name[at] < '0' || name[at] > '9' || n >= PTY_MOST || (at && !n))
			return err_ptr(-ENOENT);
		n = n * 10 + (unsigned)(name[at] - '0');
	}
	i = n < PTY_MOST ? pty_inode(n) : NULL;
	return i ? i : err_ptr(-ENOENT);
}

static struct inode *dir_whereis(struct inode *i, char *name)
{
	(void)i, (void)name;
	return NULL; /* a root */
}

static const struct inode_ops dir_iops = { .lookup = dir_find, .whereis = dir_whereis };

static int dir_list(struct file *f, struct dir_sink *sink)
{
	uint32_t root = f->path.inode->ino;

	for (; f->pos < 2; f->pos++)
		if (!sink->put(sink, "..", (size_t)f->pos + 1, root, DT_DIR, f->pos + 1))
			return 0;
	for (; f->pos < PTY_MOST + 2; f->pos++) {
		struct inode *i = pty_inode((unsigned)f->pos - 2);
		char name[12];
		bool taken;

		if (!i)
			continue;
		taken = sink->put(sink, name,
				  (size_t)snprintf(name, sizeof(name), "%u", (unsigned)f->pos - 2),
				  i->ino, DT_CHR, f->pos + 1);
		inode_put(i);
		if (!taken)
			return 0;
	}
	return 0;
}

static long dir_read(struct file *f, struct iter *to, uint64_t *pos)
{
	(void)f, (void)to, (void)pos;
	return -EISDIR;
}

static long long dir_seek(struct file *f, long long off, int whence)
{
	return file_seek_sized(f, off, whence, 0);
}

static const struct file_ops dir_fops = { .read = dir_read, .seek = dir_seek, .readdir = dir_list };

/* ---- the file system ---- */

static struct super *devpts(void)
{
	static struct super sb = { .type = &devpts_type };

	if (!sb.root) {
		struct inode *root = kzalloc(sizeof(*root));

		if (!root)
			return err_ptr(-ENOMEM);
		sb.refs = 1;
		sb.dev = super_new_dev();
		inode_init(root, &sb, S_IFDIR | 0755);
		root->uid = root->gid = 0;
		root->nlink = 2;
		root->ops = &dir_iops;
		root->fops = &dir_fops;
		sb.root = root;
	}
	return &sb;
}

static struct super *devpts_mount(const char *data)
{
	const char *mode = strstr(data, "mode="), *gid = strstr(data, "gid=");
	struct super *sb = devpts();

	if (is_err(sb))
		return sb;
	if (mode && (mode == data || mode[-1] == ',')) /* and not ptmxmode= */
		node_mode = (uint32_t)strtoul(mode + 5, NULL, 8) & S_ALL;
	if (gid)
		node_gid = (long)strtoul(gid + 4, NULL, 10);
	sb->refs++;
	return sb;
}

static void devpts_statfs(struct super *sb, struct statfs_k *st)
{
	(void)sb;
	st->type = DEVPTS_MAGIC;
	st->block_size = PAGE_SIZE;
	st->name_max = NAME_LONGEST;
}

const struct fs_type devpts_type = {
	.name = "devpts", .nodev = true, .mount = devpts_mount, .statfs = devpts_statfs
};
