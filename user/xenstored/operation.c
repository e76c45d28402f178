/* SPDX-License-Identifier: MIT */
/*
 * Reading and changing one node.
 *
 * Each operation works on a version of the tree: the store's, or a transaction's. There it also notes
 * what its outcome depended on and logs what it did; watches fire when the store itself changes, which for
 * a transaction is at its end (the same operations, done again). Nodes on the way to a new one are made
 * too, like it: with the permissions of the parent, but owned by who made them.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

struct node *store_root;
bool op_quietly;

uint64_t next_generation(void)
{
	static uint64_t last;

	store_changed();
	return ++last;
}

static struct node **version(struct transaction *t)
{
	return t ? &t->root : &store_root;
}

/* Ends out behind the last name of path: the parent. "/" for the children of the root. */
static void parent_of(const char *path, char *out)
{
	size_t n = path_parent(path);

	memcpy(out, path, n);
	out[n] = '\0';
	if (!n)
		strcpy(out, "/");
}

/*
 * Why is the node not there? Who may not even look at what is above it is told nothing.
 */
static int missing(struct connection *c, struct transaction *t, const char *path, unsigned need)
{
	char above[XENSTORE_ABS_PATH_MAX + 1];
	struct node *n = NULL;

	strcpy(above, path);
	while (!n) {
		parent_of(above, above);
		n = tree_find(*version(t), above);
	}
	return rights_of(c, n->perms, n->perm_count) & need ? ENOENT : EACCES;
}

int op_read(struct connection *c, struct transaction *t, const char *path, unsigned need,
	    struct node **node)
{
	struct node *n = tree_find(*version(t), path);
	int rc = t ? transaction_note(t, path) : 0;

	if (rc)
		return rc;
	if (!n)
		return missing(c, t, path, need);
	if ((rights_of(c, n->perms, n->perm_count) & need) != need)
		return EACCES;
	*node = n;
	return 0;
}

/* ---- counting ---- */

static void count(struct connection *c, struct transaction *t, unsigned owner, int change)
{
	if (!t)
		*owned_by(owner) += (unsigned)change;
	else if (owner == c->domain)
		t->nodes_made += change;
}

static bool may_own_one_more(const struct connection *c, const struct transaction *t)
{
	return c->privileged || (int)*owned_by(c->domain) + (t ? t->nodes_made : 0) < QUOTA_NODES;
}

static void count_subtree(struct connection *c, struct transaction *t, const struct node *n,
			  int change)
{
	count(c, t, n->perms[0].id, change);
	for (unsigned i = 0; i < n->child_count; i++)
		count_subtree(c, t, n->children[i], change);
}

/* ---- making ---- */

/* One node below an existing one, which becomes the new parent. */
static int make_child(struct connection *c, struct transaction *t, struct node **parent,
		      const char *name, size_t len)
{
	struct node *p = *parent, *n;
	int rc;

	if (!may_own_one_more(c, t))
		return ENOSPC;
	n = node_add_child(p, name, len);
	if (!n)
		return ENOMEM;
	rc = node_set_perms(n, p->perms, p->perm_count);
	if (!rc)
		rc = node_set_value(n, "", 0);
	if (rc) {
		char *copy = strdup(n->name);

		if (copy)
			node_drop_child(p, copy);
		free(copy);
		return rc;
	}
	if (!c->privileged)
		n->perms[0].id = c->domain;
	p->generation = next_generation();
	n->generation = next_generation();
	count(c, t, n->perms[0].id, 1);
	*parent = n;
	return 0;
}

/* "/a/b/c" below n, or nothing of it. */
static int make_below(struct connection *c, struct transaction *t, struct node *n, const char *rest,
		      struct node **made)
{
	struct node *place = n, *first = NULL;
	int rc = 0;

	while (*rest && !rc) {
		size_t len = strcspn(++rest, "/");

		rc = make_child(c, t, &n, rest, len);
		rest += len;
		if (!rc && !first)
			first = n;
	}
	if (rc && first) {
		count_subtree(c, t, first, -1);
		node_drop_child(place, first->name);
	}
	*made = n;
	return rc;
}

/* Makes the node at path and all above it that is missing. */
static int make(struct connection *c, struct transaction *t, const char *path, struct node **made)
{
	char there[XENSTORE_ABS_PATH_MAX + 1];
	struct node *n = NULL;
	int rc = 0;

	strcpy(there, path);
	while (!n) {
		parent_of(there, there);
		if (t)
			rc = transaction_note(t, there);
		if (rc)
			return rc;
		n = tree_find(*version(t), there);
	}
	if (!(rights_of(c, n->perms, n->perm_count) & PERM_WRITE))
		return EACCES;
	n = tree_own(version(t), there);
	if (!n)
		return ENOMEM;
	return make_below(c, t, n, path + (there[1] ? strlen(there) : 0), made);
}

static int changed(struct transaction *t, enum change_kind kind, const char *path, const void *data,
		   size_t len, struct node *before)
{
	if (t)
		return transaction_log(t, kind, path, data, len);
	if (!op_quietly)
		watch_fire(path, before, kind == CHANGE_RM);
	return 0;
}

/* The node to change: as it is, or made. */
static int find_or_make(struct connection *c, struct transaction *t, const char *path,
			struct node **node, bool *made)
{
	struct node *n = tree_find(*version(t), path);
	int rc = t ? transaction_note(t, path) : 0;

	if (rc)
		return rc;
	*made = !n;
	if (!n)
		return make(c, t, path, node);
	if (!(rights_of(c, n->perms, n->perm_count) & PERM_WRITE))
		return EACCES;
	*node = tree_own(version(t), path);
	return *node ? 0 : ENOMEM;
}

int op_write(struct connection *c, struct transaction *t, const char *path, const void *value,
	     size_t len)
{
	struct node *n;
	char *copy;
	bool made;
	int rc;

	if (!c->privileged && len + strlen(strrchr(path, '/')) > QUOTA_NODE_BYTES)
		return ENOSPC;
	copy = malloc(len + 1);
	if (!copy)
		return ENOMEM;
	rc = find_or_make(c, t, path, &n, &made);
	if (rc) {
		free(copy);
		return rc;
	}
	if (len)
		memcpy(copy, value, len);
	node_take_value(n, copy, len);
	n->generation = next_generation();
	return changed(t, CHANGE_WRITE, path, value, len, store_root);
}

int op_mkdir(struct connection *c, struct transaction *t, const char *path)
{
	struct node *n;
	bool made;
	int rc = find_or_make(c, t, path, &n, &made);

	return rc || !made ? rc : changed(t, CHANGE_MKDIR, path, NULL, 0, store_root);
}

/* ---- removing ---- */

/* Takes the node at path out of the tree, with all below it. */
static int detach(struct connection *c, struct transaction *t, const char *path)
{
	char above[XENSTORE_ABS_PATH_MAX + 1];
	struct node *parent,
		*before = node_get(*version(t)); /* who watches the nodes below is told */
	int rc = ENOMEM;

	parent_of(path, above);
	parent = tree_own(version(t), above);
	if (parent) {
		count_subtree(c, t, tree_find(before, path), -1);
		node_drop_child(parent, strrchr(path, '/') + 1);
		parent->generation = next_generation();
		rc = changed(t, CHANGE_RM, path, NULL, 0, before);
	}
	node_put(before);
	return rc;
}

int op_rm(struct connection *c, struct transaction *t, const char *path)
{
	char above[XENSTORE_ABS_PATH_MAX + 1];
	struct node *n;
	int rc;

	if (!path[1])
		return EINVAL; /* the root stays */
	rc = op_read(c, t, path, PERM_WRITE, &n);
	parent_of(path, above);
	if (rc == ENOENT) {
		/* It is not there, as was wanted; but then its place must be. */
		return tree_find(*version(t), above) ? 0 : ENOENT;
	}
	if (!rc && t)
		rc = transaction_note(t, above);
	return rc ? rc : detach(c, t, path);
}

/* ---- permissions ---- */

int op_set_perms(struct connection *c, struct transaction *t, const char *path,
		 const struct perm *perms, unsigned perm_count)
{
	struct node *n;
	unsigned owner;
	int rc = op_read(c, t, path, PERM_OWNER, &n);

	if (rc == ENOENT && !c->privileged && missing(c, t, path, PERM_READ) == EACCES)
		rc = EACCES;
	if (rc)
		return rc;
	/* A domain cannot make another pay for its nodes. */
	if (!c->privileged && perms[0].id != n->perms[0].id)
		return EPERM;
	n = tree_own(version(t), path);
	if (!n)
		return ENOMEM;
	owner = n->perms[0].id;
	rc = node_set_perms(n, perms, perm_count);
	if (rc)
		return rc;
	count(c, t, owner, -1);
	count(c, t, perms[0].id, 1);
	n->generation = next_generation();
	return changed(t, CHANGE_PERMS, path, perms, perm_count * sizeof(*perms), store_root);
}

static bool names_domain(const struct node *n, unsigned domain)
{
	for (unsigned i = 0; i < n->perm_count; i++)
		if (n->perms[i].id == domain)
			return true;
	return false;
}

static void forget_in(struct node *n, unsigned domain)
{
	unsigned kept = 1;

	if (n->perms[0].id == domain) /* the root, which cannot go */
		n->perms[0] = (struct perm){ 0, PERM_NONE };
	for (unsigned i = 1; i < n->perm_count; i++)
		if (n->perms[i].id != domain)
			n->perms[kept++] = n->perms[i];
	n->perm_count = kept;
	n->generation = next_generation();
}

/*
 * path: of a node that stays, with room for more. The tree changes under the walk, so each step looks
 * its node up again.
 */
static void forget_below(char *path, size_t len, unsigned domain)
{
	struct node *n;

	for (unsigned i = 0; (n = tree_find(store_root, len ? path : "/")) && i < n->child_count;) {
		size_t name = strlen(n->children[i]->name);
		bool owned = n->children[i]->perms[0].id == domain;

		path[len] = '/';
		memcpy(path + len + 1, n->children[i]->name, name + 1);
		if (!owned)
			forget_below(path, len + 1 + name, domain);
		if (!owned || detach(NULL, NULL, path))
			i++;
		path[len] = '\0';
	}
	if (n && names_domain(n, domain)) {
		n = tree_own(&store_root, len ? path : "/");
		if (n)
			forget_in(n, domain);
	}
}

void op_forget_domain(unsigned domain)
{
	char path[XENSTORE_ABS_PATH_MAX + 1] = "";

	forget_below(path, 0, domain);
}
