/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor file system: a path to a node, and its content out and in (__HYPERVISOR_hypfs_op).
 *
 * A read writes a head with type and length, and the content behind it if all of it has room: a reader asks
 * twice. A directory's content is a row of heads with names, each saying where the next one begins; a
 * name and its zero are padded to four bytes. What is read-only has a write length of 0.
 *
 *	head | head, next, name.. | head, next, name.. | head, 0, name..
 *
 * Locks: control, tried; so no domain is made while we count them. One that ends meanwhile just leaves
 * its place in the list empty.
 */
#include "control/hypfs.h"
#include "abi/abi.h"
#include "abi/ops.h"
#include "console/console.h"
#include "control/control.h"
#include "cpu/cpu.h"
#include "domain/privilege.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/mm.h"

#define HEAD_SIZE sizeof(struct xen_hypfs_direntry)
#define NAME_AT	  offsetof(struct xen_hypfs_dirlistentry, name)
#define NO_DOMAIN DOMID_INVALID

/* Where a path leads: a node, and the domain whose number the path named. */
struct place {
	const struct hypfs_node *node;
	domid_t domain;
};

static bool exists(const struct hypfs_node *n)
{
	return !n->exists || n->exists();
}

static bool is_dir(const struct hypfs_node *n)
{
	return n->type == XEN_HYPFS_TYPE_DIR;
}

/* ---- paths -------------------------------------------------------------------------------------- */

/* A domain's directory has no node of its own: this one, with what is below its list's. */
static struct hypfs_node domain_dir;

static bool find_domain(struct place *p, const char *name, size_t length)
{
	struct domain *d;
	uint32_t id = 0;

	for (size_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9' || id >= DOMID_FIRST_RESERVED)
			return false;
		id = 10 * id + (uint32_t)(name[i] - '0');
	}
	d = length && id < DOMID_FIRST_RESERVED ? domain_get((domid_t)id) : NULL;
	if (!d)
		return false;
	domain_put(d);
	domain_dir =
		(struct hypfs_node){ .type = XEN_HYPFS_TYPE_DIR, .children = p->node->children };
	*p = (struct place){ &domain_dir, (domid_t)id };
	return true;
}

static bool find_child(struct place *p, const char *name, size_t length)
{
	if (p->node->for_domains)
		return find_domain(p, name, length);
	for (const struct hypfs_node *n = p->node->children; n->name; n++) {
		if (exists(n) && strlen(n->name) == length && !strncmp(n->name, name, length)) {
			p->node = n;
			return true;
		}
	}
	return false;
}

/* A directory may have a slash behind it. */
static long walk(struct place *p, const char *path)
{
	*p = (struct place){ &hypfs_root, NO_DOMAIN };
	if (*path != '/')
		return refuse(-EINVAL, "the path \"%s\" does not begin with a slash", path);
	for (path++; *path;) {
		size_t length = 0;

		while (path[length] && path[length] != '/')
			length++;
		if (!is_dir(p->node) || !find_child(p, path, length))
			return refuse(-ENOENT, "there is no node at \"%s\"", path);
		path += length;
		if (*path == '/' && !is_dir(p->node))
			return refuse(-ENOENT, "what stands before \"%s\" is no directory", path);
		path += *path == '/';
	}
	return 0;
}

static long get_path(char *path, gptr_t from, uint64_t length)
{
	if (!length || length > XEN_HYPFS_MAX_PATHLEN)
		return refuse(-EINVAL, "a path of %lu bytes", length);
	if (copy_from_guest(path, from, length))
		return refuse(-EFAULT, "the path cannot be read");
	if (memchr(path, 0, length) != path + length - 1)
		return refuse(-EINVAL, "the path of %lu bytes does not end with its zero", length);
	return 0;
}

/* ---- content ------------------------------------------------------------------------------------ */

static long content_length(const struct hypfs_node *n, domid_t domain);

/* A directory's content as it grows; without bytes it is only measured. */
struct listing {
	uint8_t *bytes;
	size_t size, room;
	struct xen_hypfs_dirlistentry *last;
};

static long list_entry_add(struct listing *l, const struct hypfs_node *n, const char *name,
			   domid_t domain)
{
	size_t length = strlen(name) + 1, size = NAME_AT + ((length + 3) & ~3UL);
	struct xen_hypfs_dirlistentry *e;
	long content;

	if (!l->bytes) {
		l->size += size;
		return 0;
	}
	content = content_length(n, domain);
	if (content < 0 && content != -ENOENT)
		return content;
	if (content < 0 || l->size + size > l->room)
		return 0;
	e = (struct xen_hypfs_dirlistentry *)(void *)(l->bytes + l->size);
	e->e = (struct xen_hypfs_direntry){ .type = n->type,
					    .content_len = (uint32_t)content,
					    .max_write_len = n->max_write };
	memcpy(e->name, name, length);
	e->off_next = 0;
	if (l->last)
		l->last->off_next = (uint16_t)((uint8_t *)e - (uint8_t *)l->last);
	l->last = e;
	l->size += size;
	return 0;
}

static long list_domains(struct listing *l, const struct hypfs_node *dir)
{
	struct hypfs_node child = { .type = XEN_HYPFS_TYPE_DIR, .children = dir->children };
	struct domain *d;
	long rc = 0;

	for (domid_t next = 0; !rc && (d = domain_get_from(next)); next = (domid_t)(d->id + 1)) {
		char name[8];

		snprintf(name, sizeof(name), "%u", d->id);
		rc = list_entry_add(l, &child, name, d->id);
		domain_put(d);
	}
	return rc;
}

static long list_dir(struct listing *l, const struct hypfs_node *dir, domid_t domain)
{
	long rc = 0;

	if (dir->for_domains)
		return list_domains(l, dir);
	for (const struct hypfs_node *n = dir->children; n->name && !rc; n++)
		if (exists(n))
			rc = list_entry_add(l, n, n->name, domain);
	return rc;
}

static long content_length(const struct hypfs_node *n, domid_t domain)
{
	uint8_t content[HYPFS_CONTENT_MAX];
	struct listing l = { .bytes = NULL };
	long rc;

	if (!is_dir(n))
		return n->read(n, domain, content);
	rc = list_dir(&l, n, domain);
	return rc ? rc : (long)l.size;
}

/* The head, and then the content if there is room for all of it. */
static long put_content(const struct place *p, const void *content, size_t length, gptr_t to,
			uint64_t room)
{
	struct xen_hypfs_direntry head = { .type = p->node->type,
					   .content_len = (uint32_t)length,
					   .max_write_len = p->node->max_write };

	if (copy_to_guest(to, &head, HEAD_SIZE))
		return refuse(-EFAULT, "the head of the node cannot be written");
	if (room < HEAD_SIZE + length)
		return refuse(-ENOBUFS, "%lu bytes, the node has %zu", room, HEAD_SIZE + length);
	return copy_to_guest(gptr_add(to, HEAD_SIZE), content, length)
		       ? refuse(-EFAULT, "the node's content cannot be written")
		       : 0;
}

static long read_dir(const struct place *p, gptr_t to, uint64_t room)
{
	struct listing l = { .bytes = NULL };
	long rc = content_length(p->node, p->domain);

	if (rc < 0)
		return rc;
	l.room = (size_t)rc;
	l.bytes = kalloc(max(l.room, (size_t)1));
	if (!l.bytes)
		return refuse(-ENOMEM, "no memory for a list of %zu bytes", l.room);
	rc = list_dir(&l, p->node, p->domain);
	if (!rc)
		rc = put_content(p, l.bytes, l.size, to, room);
	kfree(l.bytes);
	return rc;
}

static long read_node(const struct place *p, gptr_t to, uint64_t room)
{
	uint8_t content[HYPFS_CONTENT_MAX];
	long length;

	if (room < HEAD_SIZE)
		return refuse(-EINVAL, "%lu bytes have no room for the head", room);
	if (is_dir(p->node))
		return read_dir(p, to, room);
	length = p->node->read(p->node, p->domain, content);
	return length < 0 ? length : put_content(p, content, (size_t)length, to, room);
}

static long write_node(const struct place *p, gptr_t from, uint64_t length)
{
	const struct hypfs_node *n = p->node;
	uint8_t content[HYPFS_CONTENT_MAX];
	bool text = n->type == XEN_HYPFS_TYPE_STRING;

	if (!n->write)
		return refuse(-EACCES, "%s is only to be read", n->name ? n->name : "that");
	if (length > n->max_write)
		return refuse(-ENOSPC, "%lu bytes, %s takes %u", length, n->name, n->max_write);
	if (!length || (!text && length != n->max_write))
		return refuse(-EDOM, "%lu bytes, %s takes %u", length, n->name, n->max_write);
	if (copy_from_guest(content, from, length))
		return refuse(-EFAULT, "the content cannot be read");
	if (text && memchr(content, 0, length) != content + length - 1)
		return refuse(-EINVAL, "the text for %s does not end with its zero", n->name);
	return n->write(p->domain, content);
}

/* ---- the hypercall ------------------------------------------------------------------------------ */

static char path_buffer[XEN_HYPFS_MAX_PATHLEN]; /* lock: control */

static long run(unsigned int cmd, gptr_t path, uint64_t path_length, gptr_t data, uint64_t length)
{
	struct place p;
	long rc = get_path(path_buffer, path, path_length);

	if (!rc)
		rc = walk(&p, path_buffer);
	if (rc)
		return rc;
	switch (cmd) {
	case XEN_HYPFS_OP_read:
		return read_node(&p, data, length);
	case XEN_HYPFS_OP_write_contents:
		return write_node(&p, data, length);
	default:
		return refuse(-EOPNOTSUPP, "there is no hypfs_op %u", cmd);
	}
}

long do_hypfs_op(unsigned int cmd, gptr_t path, uint64_t path_length, gptr_t data, uint64_t length)
{
	long rc = privilege_check(__HYPERVISOR_hypfs_op, cmd, NULL);

	if (rc)
		return rc;
	if (cmd == XEN_HYPFS_OP_get_version) {
		if (!gptr_is_null(path) || path_length || !gptr_is_null(data) || length)
			return refuse(-EINVAL, "the version needs no arguments");
		return XEN_HYPFS_VERSION;
	}
	if (!control_trylock())
		return -ERESTART;
	rc = run(cmd, path, path_length, data, length);
	control_unlock();
	return rc;
}
