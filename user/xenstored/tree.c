/* SPDX-License-Identifier: MIT */
/*
 * Nodes, in a persistent tree: an old version stays as it was while the new one shares all that did not
 * change.
 *
 *	version 1   root --> local --> domain --> 0 --> name
 *				         \-----> 1
 *	version 2   root' -> local' -> domain' -> 0' -> name'     (shares 1)
 *
 * So a transaction's snapshot is one reference, and a write copies the nodes on the way down, and only as
 * long as somebody else still has the old ones. With no transaction open every count is 1 and nothing
 * is copied.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

static void *copy_of(const void *from, size_t n)
{
	void *to = malloc(n ? n : 1);

	if (to && n)
		memcpy(to, from, n);
	return to;
}

struct node *node_get(struct node *n)
{
	n->refs++;
	return n;
}

void node_put(struct node *n)
{
	if (!n || --n->refs)
		return;
	for (unsigned i = 0; i < n->child_count; i++)
		node_put(n->children[i]);
	free(n->children);
	free(n->perms);
	free(n->value);
	free(n->name);
	free(n);
}

static struct node *node_new(const char *name, size_t len)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->refs = 1;
	n->name = malloc(len + 1);
	if (!n->name) {
		free(n);
		return NULL;
	}
	memcpy(n->name, name, len);
	n->name[len] = '\0';
	return n;
}

struct node *tree_new(void)
{
	struct node *n = node_new("", 0);
	struct perm domain0 = { 0, PERM_NONE };

	if (n && node_set_perms(n, &domain0, 1)) {
		node_put(n);
		return NULL;
	}
	return n;
}

static struct node *node_copy(const struct node *from)
{
	struct node *n = node_new(from->name, strlen(from->name));

	if (!n)
		return NULL;
	n->generation = from->generation;
	n->value = copy_of(from->value, from->value_len);
	n->perms = copy_of(from->perms, from->perm_count * sizeof(*from->perms));
	n->children = copy_of(from->children, from->child_count * sizeof(*from->children));
	if (!n->value || !n->perms || !n->children) {
		node_put(n);
		return NULL;
	}
	n->value_len = from->value_len;
	n->perm_count = from->perm_count;
	n->child_count = from->child_count;
	for (unsigned i = 0; i < n->child_count; i++)
		n->children[i]->refs++;
	return n;
}

/* What *slot points to may be changed afterwards. */
static struct node *own(struct node **slot)
{
	struct node *n = *slot, *copy;

	if (n->refs == 1)
		return n;
	copy = node_copy(n);
	if (copy) {
		n->refs--;
		*slot = copy;
	}
	return copy;
}

/* Where a name is among the children, or would be. */
static unsigned position(const struct node *n, const char *name, size_t len, bool *found)
{
	unsigned low = 0, high = n->child_count;

	*found = false;
	while (low < high && !*found) {
		unsigned middle = (low + high) / 2;
		const char *other = n->children[middle]->name;
		int order = strncmp(name, other, len);

		if (!order && other[len])
			order = -1;
		if (!order) {
			*found = true;
			low = middle;
		} else if (order < 0) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return low;
}

/* The next name of a path that begins at *at; its length, 0 at the end. */
static size_t next_name(const char **at)
{
	while (**at == '/')
		(*at)++;
	return strcspn(*at, "/");
}

struct node *tree_find(struct node *root, const char *path)
{
	struct node *n = root;
	size_t len;

	while (n && (len = next_name(&path))) {
		bool found;
		unsigned i = position(n, path, len, &found);

		n = found ? n->children[i] : NULL;
		path += len;
	}
	return n;
}

struct node *tree_own(struct node **root, const char *path)
{
	struct node *n = own(root);
	size_t len;

	while (n && (len = next_name(&path))) {
		bool found;
		unsigned i = position(n, path, len, &found);

		n = found ? own(&n->children[i]) : NULL;
		path += len;
	}
	return n;
}

struct node *node_add_child(struct node *parent, const char *name, size_t len)
{
	struct node *child = node_new(name, len), **more;
	bool found;
	unsigned at = position(parent, name, len, &found);

	if (!child)
		return NULL;
	more = realloc(parent->children, (parent->child_count + 1) * sizeof(*more));
	if (!more) {
		node_put(child);
		return NULL;
	}
	parent->children = more;
	memmove(&more[at + 1], &more[at], (parent->child_count - at) * sizeof(*more));
	more[at] = child;
	parent->child_count++;
	return child;
}

void node_drop_child(struct node *parent, const char *name)
{
	bool found;
	unsigned at = position(parent, name, strlen(name), &found);

	if (!found)
		return;
	node_put(parent->children[at]);
	parent->child_count--;
	memmove(&parent->children[at], &parent->children[at + 1],
		(parent->child_count - at) * sizeof(*parent->children));
}

void node_take_value(struct node *n, char *value, size_t len)
{
	free(n->value);
	n->value = value;
	n->value_len = len;
}

int node_set_value(struct node *n, const void *value, size_t len)
{
	char *copy = copy_of(value, len);

	if (!copy)
		return ENOMEM;
	node_take_value(n, copy, len);
	return 0;
}

int node_set_perms(struct node *n, const struct perm *perms, unsigned count)
{
	struct perm *copy = copy_of(perms, count * sizeof(*perms));

	if (!copy)
		return ENOMEM;
	free(n->perms);
	n->perms = copy;
	n->perm_count = count;
	return 0;
}

size_t node_bytes(const struct node *n)
{
	return strlen(n->name) + n->value_len + n->perm_count * sizeof(*n->perms);
}
