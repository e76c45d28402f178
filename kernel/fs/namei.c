/* SPDX-License-Identifier: MIT */
/*
 * From a name to a place: the path walk.
 *
 * A walk keeps a stack of names. It starts with the name that was asked for; a symbolic link puts its
 * text on top, and when that is used up the rest below it goes on. So nothing recurses, and the last
 * component of all is the one behind which every name on the stack has only slashes left. vfs_lock is
 * held throughout.
 */
#include "fs/vfs.h"
#include "proc.h"

static bool same_path(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->inode == b->inode;
}

/* ---- the stack of names ---- */

static void pop(struct walk *w)
{
	w->depth--;
	kfree(w->owned[w->depth]);
	w->owned[w->depth] = NULL;
}

static int push(struct walk *w, char *text)
{
	if (w->depth > SYMLINKS_MOST) {
		kfree(text);
		return -ELOOP;
	}
	w->rest[w->depth] = w->owned[w->depth] = text;
	w->depth++;
	return 0;
}

/* Cuts the next component off; false when there is none. */
static bool next_component(struct walk *w, const char **name, size_t *len)
{
	while (w->depth) {
		const char *s = w->rest[w->depth - 1];
		size_t n = 0;

		while (*s == '/')
			s++;
		while (s[n] && s[n] != '/')
			n++;
		if (n) {
			*name = s;
			*len = n;
			w->rest[w->depth - 1] = s + n;
			return true;
		}
		pop(w);
	}
	return false;
}

/* Do only slashes follow? *slash: at least one does. */
static bool at_last(const struct walk *w, bool *slash)
{
	for (int d = w->depth - 1; d >= 0; d--)
		for (const char *s = w->rest[d]; *s; s++) {
			if (*s != '/')
				return false;
			*slash = true;
		}
	return true;
}

/* ---- single steps ---- */

static bool is_name(const char *name, size_t len, const char *what)
{
	return len == strlen(what) && !memcmp(name, what, len);
}

static int step_up(struct walk *w)
{
	struct inode *dir;

	do
		if (same_path(&w->at, &current->fs->root))
			return 0;
	while (mount_up(&w->at));
	if (w->at.inode == w->at.mnt->root)
		return 0;
	dir = w->at.inode->ops->whereis(w->at.inode, NULL);
	if (!dir)
		return -ENOENT;
	inode_put(w->at.inode);
	w->at.inode = dir;
	mount_down(&w->at);
	return 0;
}

static void restart_at_root(struct walk *w)
{
	path_put(&w->at);
	w->at = current->fs->root;
	path_get(&w->at);
}

/* `link` is a symbolic link in the directory w->at: continue where it leads. */
static int step_link(struct walk *w, struct inode *link)
{
	char *text;
	long n;

	if (++w->links > SYMLINKS_MOST)
		return -ELOOP;
	link->atime = inode_now();
	if (link->ops->follow) {
		struct path to;
		int r = link->ops->follow(link, &to);

		if (r)
			return r;
		path_put(&w->at);
		w->at = to;
		return 0;
	}
	text = kmalloc(PATH_LONGEST);
	if (!text)
		return -ENOMEM;
	n = link->ops->readlink(link, text, PATH_LONGEST - 1);
	if (n <= 0) {
		kfree(text);
		return n ? n : -ENOENT;
	}
	text[n] = '\0';
	if (*text == '/')
		restart_at_root(w);
	return push(w, text);
}

struct inode *dir_lookup(struct inode *dir, const char *name, size_t len)
{
	if (len > NAME_LONGEST)
		return err_ptr(-ENAMETOOLONG);
	return dir->ops->lookup(dir, name, len);
}

static int check_dir(const struct walk *w)
{
	if (!inode_is(w->at.inode, S_IFDIR) || !w->at.inode->ops->lookup)
		return -ENOTDIR;
	return inode_permission(w->at.inode, MAY_EXEC, false);
}

/*
 * From the directory w->at to its entry. *linked: it was a link, and its text is what comes next.
 * On an error w->at stays where it was; -ENOENT from here sets w->missing.
 */
static int step(struct walk *w, const char *name, size_t len, bool follow, bool *linked)
{
	struct path next;
	int r;

	*linked = false;
	if (is_name(name, len, "."))
		return 0;
	if (is_name(name, len, ".."))
		return step_up(w);
	next.inode = dir_lookup(w->at.inode, name, len);
	if (is_err(next.inode)) {
		w->missing = ptr_err(next.inode) == -ENOENT;
		return ptr_err(next.inode);
	}
	next.mnt = mount_get(w->at.mnt);
	mount_down(&next);
	if (follow && inode_is(next.inode, S_IFLNK)) {
		*linked = true;
		r = step_link(w, next.inode);
		path_put(&next);
		return r;
	}
	path_put(&w->at);
	w->at = next;
	return 0;
}

/* ---- walks ---- */

int walk_start(struct walk *w, int dirfd, const char *name)
{
	memset(w, 0, sizeof(*w));
	if (!*name)
		return -ENOENT;
	w->rest[0] = name;
	w->depth = 1;
	if (*name == '/') {
		w->at = current->fs->root;
	} else if (dirfd == AT_FDCWD) {
		w->at = current->fs->cwd;
	} else {
		struct file *f = fd_get_path(dirfd);

		if (!f)
			return -EBADF;
		if (!f->path.inode || !inode_is(f->path.inode, S_IFDIR)) {
			file_put(f);
			return -ENOTDIR;
		}
		w->at = f->path;
		path_get(&w->at);
		file_put(f);
		return 0;
	}
	path_get(&w->at);
	return 0;
}

void walk_end(struct walk *w)
{
	while (w->depth)
		pop(w);
	path_put(&w->at);
}

int walk_parent(struct walk *w)
{
	const char *name;
	bool linked;
	size_t len;
	int r;

	w->missing = false;
	w->last_len = 0;
	while (next_component(w, &name, &len)) {
		r = check_dir(w);
		if (r)
			return r;
		if (at_last(w, &w->dir_wanted)) {
			w->last = name;
			w->last_len = len;
			return 0;
		}
		w->dir_wanted = false;
		r = step(w, name, len, true, &linked);
		w->missing = false;
		if (r)
			return r;
	}
	return 0;
}

int walk_last(struct walk *w, bool follow)
{
	bool linked = true;

	while (linked && w->last_len) {
		int r = step(w, w->last, w->last_len, follow || w->dir_wanted, &linked);

		if (!r && linked)
			r = walk_parent(w);
		if (r)
			return r;
	}
	return w->dir_wanted && !inode_is(w->at.inode, S_IFDIR) ? -ENOTDIR : 0;
}

bool walk_last_is_dots(const struct walk *w)
{
	return !w->last_len || is_name(w->last, w->last_len, ".") ||
	       is_name(w->last, w->last_len, "..");
}

/* The place of a descriptor itself, for AT_EMPTY_PATH. */
static int lookup_fd(int dirfd, struct path *out)
{
	struct file *f;

	if (dirfd == AT_FDCWD) {
		*out = current->fs->cwd;
		path_get(out);
		return 0;
	}
	f = fd_get_path(dirfd);
	if (!f)
		return -EBADF;
	*out = f->path;
	path_get(out);
	file_put(f);
	return 0;
}

int vfs_lookup(int dirfd, const char *name, unsigned flags, struct path *out)
{
	struct walk w;
	int r;

	if (!*name && (flags & AT_EMPTY_PATH))
		return lookup_fd(dirfd, out);
	mutex_lock(&vfs_lock);
	r = walk_start(&w, dirfd, name);
	if (!r)
		r = walk_parent(&w);
	if (!r)
		r = walk_last(&w, !(flags & AT_SYMLINK_NOFOLLOW));
	if (!r) {
		*out = w.at;
		path_get(out);
	}
	walk_end(&w);
	mutex_unlock(&vfs_lock);
	return r;
}

/* ---- and back ---- */

char *path_name(const struct path *p, char *buf, size_t size)
{
	struct path at = *p;
	char *s = buf + size - 1, name[NAME_LONGEST + 1];
	long err = 0;

	path_get(&at);
	*s = '\0';
	while (!same_path(&at, &current->fs->root)) {
		struct inode *dir;
		size_t n;

		if (mount_up(&at))
			continue;
		if (at.inode == at.mnt->root)
			break;
		dir = at.inode->ops->whereis ? at.inode->ops->whereis(at.inode, name) : NULL;
		if (!dir) {
			err = -ENOENT;
			break;
		}
		inode_put(at.inode);
		at.inode = dir;
		n = strlen(name);
		if (n + 1 > (size_t)(s - buf)) {
			err = -ENAMETOOLONG;
			break;
		}
		s -= n;
		memcpy(s, name, n);
		*--s = '/';
	}
	path_put(&at);
	if (err)
		return err_ptr(err);
	if (!*s)
		*--s = '/';
	return s;
}
