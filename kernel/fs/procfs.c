/* SPDX-License-Identifier: MIT */
/*
 * /proc: directories, links and files as the tables in proc_system.c and proc_pid.c describe them.
 *
 * Nothing is kept: an inode here says which line of which table it stands for and for which process,
 * by number, and is looked up anew each time. So a process that ends leaves nothing behind, and what
 * still has its directory open gets ESRCH or ENOENT.
 */
#include "fs/procfs.h"
#include "proc.h"

#define PROC_MAGIC 0x9fa0
#define PID_MOST   999999999

struct proc_inode {
	struct inode i;
	const struct proc_node
		*node; /* the root's and a process's directory: root_node, pid_node */
	int pid, fd;
};

static const struct inode_ops proc_iops, proc_jump_iops;
static const struct file_ops proc_file_fops, proc_dir_fops;
static const struct proc_node root_node = { .mode = 0555, .children = proc_system_nodes };
static const struct proc_node pid_node = { .mode = 0555, .children = proc_pid_nodes };

static struct proc_inode *proc_of(const struct inode *i)
{
	return container_of(i, struct proc_inode, i);
}

static uint32_t mode_of(const struct proc_node *n)
{
	if (n->children || n->fds)
		return S_IFDIR | n->mode;
	if (n->link || n->follow)
		return S_IFLNK | n->mode;
	return S_IFREG | n->mode;
}

/* Any number that is the same each time and differs inside a directory will do. */
static uint32_t ino_of(const struct proc_node *n, int pid, int fd)
{
	if (n == &root_node)
		return 1;
	return (uint32_t)((uintptr_t)n / 4 + (uint32_t)pid * 0x10000u + (uint32_t)fd * 8u) | 2;
}

/* Files of a process belong to its user. */
static bool own(struct inode *i, int pid)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p = proc_find(pid);

	if (p) {
		i->uid = p->cred.euid;
		i->gid = p->cred.egid;
	}
	spin_unlock_irq(&proc_lock, state);
	return p != NULL;
}

static struct inode *new_inode(struct super *sb, const struct proc_node *n, int pid, int fd)
{
	struct proc_inode *p = kzalloc(sizeof(*p));

	if (!p)
		return err_ptr(-ENOMEM);
	inode_init(&p->i, sb, mode_of(n));
	p->node = n;
	p->pid = pid;
	p->fd = fd;
	p->i.ino = ino_of(n, pid, fd);
	p->i.uid = p->i.gid = 0;
	p->i.ops = n->follow ? &proc_jump_iops : &proc_iops;
	p->i.fops = inode_is(&p->i, S_IFDIR) ? &proc_dir_fops : &proc_file_fops;
	p->i.nlink = inode_is(&p->i, S_IFDIR) ? 2 : 1;
	if (pid && !own(&p->i, pid)) {
		kfree(p);
		return err_ptr(-ENOENT);
	}
	return &p->i;
}

static void evict(struct inode *i)
{
	kfree(proc_of(i));
}

/* ---- names ---- */

/* A decimal number without leading zeros, or -1. */
static int number(const char *s, size_t len)
{
	int n = 0;

	if (!len || len > 9 || (*s == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		n = n * 10 + (s[i] - '0');
	}
	return n;
}

/* The table of descriptors of a process, with a reference, or NULL. */
static struct fdtable *files_of(int pid)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p = proc_find(pid);
	struct fdtable *t = NULL;

	if (p && p->leader && p->leader->files)
		t = fdtable_get(p->leader->files);
	spin_unlock_irq(&proc_lock, state);
	return t;
}

static struct inode *lookup_fd(struct inode *dir, int fd)
{
	struct fdtable *t = fd < 0 ? NULL : files_of(proc_of(dir)->pid);
	int found = fd;
	struct file *f = t ? fdtable_next(t, &found) : NULL;
	bool there = f && found == fd;

	if (f)
		file_put(f);
	fdtable_put(t);
	if (!there)
		return err_ptr(-ENOENT);
	return new_inode(dir->sb, &proc_fd_node, proc_of(dir)->pid, fd);
}

static struct inode *lookup(struct inode *dir, const char *name, size_t len)
{
	struct proc_inode *d = proc_of(dir);
	int n = number(name, len);

	if (d->node->fds)
		return lookup_fd(dir, n);
	for (const struct proc_node *c = d->node->children; c->name; c++)
		if (strlen(c->name) == len && !memcmp(c->name, name, len))
			return new_inode(dir->sb, c, d->pid, 0);
	if (d->node == &root_node && n > 0)
		return new_inode(dir->sb, &pid_node, n, 0);
	return err_ptr(-ENOENT);
}

/* The directory whose table has this line, searched from `in` down. */
static const struct proc_node *dir_of(const struct proc_node *n, const struct proc_node *in)
{
	const struct proc_node *found = NULL;

	for (const struct proc_node *c = in->children; c && c->name && !found; c++) {
		if (c == n || (n == &proc_fd_node && c->fds))
			return c == n ? in : c;
		found = dir_of(n, c);
	}
	return found;
}

static struct inode *whereis(struct inode *i, char *name)
{
	struct proc_inode *p = proc_of(i);
	const struct proc_node *up = &root_node;
	struct inode *dir;

	if (name && p->node == &pid_node)
		snprintf(name, NAME_LONGEST, "%d", p->pid);
	else if (name && p->node == &proc_fd_node)
		snprintf(name, NAME_LONGEST, "%d", p->fd);
	else if (name)
		strlcpy(name, p->node->name ? p->node->name : "", NAME_LONGEST);
	if (p->node != &pid_node && p->node != &root_node)
		up = dir_of(p->node, p->pid ? &pid_node : &root_node);
	if (!up || up == &root_node)
		return inode_get(i->sb->root);
	dir = new_inode(i->sb, up, p->pid, 0);
	return is_err(dir) ? NULL : dir;
}

/* Others may not look into a process; root may. */
static int may_look(int pid)
{
	const struct cred *c = &current->proc->cred;
	unsigned long state;
	struct process *p;
	int r = -ENOENT;

	if (!pid)
		return 0;
	state = spin_lock_irq(&proc_lock);
	p = proc_find(pid);
	if (p)
		r = !c->fsuid || c->fsuid == p->cred.uid ? 0 : -EACCES;
	spin_unlock_irq(&proc_lock, state);
	return r;
}

static long readlink(struct inode *i, char *buf, size_t size)
{
	struct proc_inode *p = proc_of(i);
	struct text t = { NULL, 0, 0, false };
	long r = p->node->follow ? may_look(p->pid) : 0;

	if (!r)
		r = p->node->link(&t, p->pid, p->fd);
	if (!r) {
		r = (long)min(size, t.len);
		memcpy(buf, t.buf, (size_t)r);
	}
	text_clear(&t);
	return r;
}

static int follow(struct inode *i, struct path *to)
{
	struct proc_inode *p = proc_of(i);
	int r = may_look(p->pid);

	return r ? r : p->node->follow(p->pid, p->fd, to);
}

/* A walk jumps where there is a follow function, and reads the text where there is none. */
static const struct inode_ops proc_jump_iops = {
	.readlink = readlink,
	.follow = follow,
	.whereis = whereis,
	.evict = evict,
	.synthetic = true,
};

static const struct inode_ops proc_iops = {
	.lookup = lookup,
	.readlink = readlink,
	.whereis = whereis,
	.evict = evict,
	.synthetic = true,
};

/* ---- files ---- */

static int open_file(struct file *f, struct inode *i)
{
	struct proc_inode *p = proc_of(i);

	if ((file_writable(f) && !p->node->store) || (file_readable(f) && !p->node->show))
		return -EACCES;
	f->priv = kzalloc(sizeof(struct text));
	return f->priv ? 0 : -ENOMEM;
}

static void release_file(struct file *f)
{
	text_clear(f->priv);
	kfree(f->priv);
}

/* The text is made when reading begins, so that one who reads in pieces sees one moment. */
static long read_file(struct file *f, struct iter *to, uint64_t *pos)
{
	struct proc_inode *p = proc_of(f->path.inode);
	struct text *t = f->priv;
	size_t n, done;

	if (!*pos || !t->buf) {
		int r;

		text_clear(t);
		r = p->node->show(t, p->pid);
		if (r)
			return r;
		if (t->failed)
			return -ENOMEM;
	}
	if (*pos >= t->len)
		return 0;
	n = min(to->left, (size_t)(t->len - *pos));
	done = iter_write(to, t->buf + *pos, n);
	*pos += done;
	return n && !done ? -EFAULT : (long)done;
}

static long write_file(struct file *f, struct iter *from, uint64_t *pos)
{
	struct proc_inode *p = proc_of(f->path.inode);
	char buf[128];
	size_t whole = from->left, n = iter_read(from, buf, min(whole, sizeof(buf)));
	int r;

	if (whole && !n)
		return -EFAULT;
	while (n && buf[n - 1] == '\n')
		n--;
	r = p->node->store(buf, n);
	*pos += whole;
	return r ? r : (long)whole;
}

static long long seek_file(struct file *f, long long off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return file_seek_sized(f, off, whence, 0);
}

static const struct file_ops proc_file_fops = {
	.open = open_file,
	.read = read_file,
	.write = write_file,
	.seek = seek_file,
	.release = release_file,
};

/* ---- directories: positions 0 and 1 are the dots, then the table, then numbers ---- */

#define FIRST_NUMBER 256u

static bool put_table(struct file *f, struct dir_sink *sink, const struct proc_inode *d)
{
	const struct proc_node *c = d->node->children;

	for (uint64_t at = 2; c && c->name; c++, at++) {
		if (at < f->pos)
			continue;
		if (!sink->put(sink, c->name, strlen(c->name), ino_of(c, d->pid, 0),
			       dirent_type(mode_of(c)), at + 1))
			return false;
		f->pos = at + 1;
	}
	if (f->pos < FIRST_NUMBER)
		f->pos = FIRST_NUMBER;
	return true;
}

/* The smallest pid >= from, or 0. */
static int next_pid(int from)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p;
	int best = 0;

	list_for_each (p, &proc_all, all_link)
		if (p->pid >= from && p->pid > 0 && (!best || p->pid < best))
			best = p->pid;
	spin_unlock_irq(&proc_lock, state);
	return best;
}

static int next_fd(struct fdtable *t, int from)
{
	struct file *f = fdtable_next(t, &from);

	if (!f)
		return -1;
	file_put(f);
	return from;
}

static bool put_number(struct file *f, struct dir_sink *sink, int n, const struct proc_node *node,
		       int pid, int fd)
{
	char name[12];
	int len = snprintf(name, sizeof(name), "%d", n);

	if (!sink->put(sink, name, (size_t)len, ino_of(node, pid, fd), dirent_type(mode_of(node)),
		       FIRST_NUMBER + (uint64_t)n + 1))
		return false;
	f->pos = FIRST_NUMBER + (uint64_t)n + 1;
	return true;
}

static void put_pids(struct file *f, struct dir_sink *sink)
{
	int pid;

	while (f->pos - FIRST_NUMBER <= PID_MOST && (pid = next_pid((int)(f->pos - FIRST_NUMBER))))
		if (!put_number(f, sink, pid, &pid_node, pid, 0))
			return;
}

static int put_fds(struct file *f, struct dir_sink *sink, int pid)
{
	struct fdtable *t = files_of(pid);
	int fd;

	if (!t)
		return -ENOENT;
	while (f->pos - FIRST_NUMBER <= PID_MOST &&
	       (fd = next_fd(t, (int)(f->pos - FIRST_NUMBER))) >= 0)
		if (!put_number(f, sink, fd, &proc_fd_node, pid, fd))
			break;
	fdtable_put(t);
	return 0;
}

static int readdir(struct file *f, struct dir_sink *sink)
{
	struct proc_inode *d = proc_of(f->path.inode);

	while (f->pos < 2) {
		size_t dots = (size_t)f->pos + 1;

		if (!sink->put(sink, "..", dots, f->path.inode->ino, DT_DIR, dots))
			return 0;
		f->pos = dots;
	}
	if (!put_table(f, sink, d))
		return 0;
	if (d->node->fds)
		return put_fds(f, sink, d->pid);
	if (d->node == &root_node)
		put_pids(f, sink);
	return 0;
}

static long read_dir(struct file *f, struct iter *to, uint64_t *pos)
{
	(void)f, (void)to, (void)pos;
	return -EISDIR;
}

static const struct file_ops proc_dir_fops = {
	.read = read_dir,
	.seek = seek_file,
	.readdir = readdir,
};

/* ---- the file system ---- */

static struct super *procfs_mount(const char *data)
{
	static struct super sb = { .type = &procfs_type };

	(void)data;
	if (!sb.root) {
		struct inode *root;

		sb.refs = 1;
		sb.dev = super_new_dev();
		root = new_inode(&sb, &root_node, 0, 0);
		if (is_err(root))
			return (struct super *)root;
		sb.root = root;
	}
	sb.refs++;
	return &sb;
}

static void procfs_statfs(struct super *sb, struct statfs_k *st)
{
	(void)sb;
	st->type = PROC_MAGIC;
	st->block_size = PAGE_SIZE;
	st->name_max = NAME_LONGEST;
}

const struct fs_type procfs_type = {
	.name = "proc", .nodev = true, .mount = procfs_mount, .statfs = procfs_statfs
};
