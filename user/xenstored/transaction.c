/* SPDX-License-Identifier: MIT */
/*
 * Transactions: several operations that happen as one, or not at all.
 *
 * A transaction works in its own version of the tree, a snapshot of the moment when it began. It notes
 * the generation of every node that it looked at (0: it was not there) and logs its changes. At its end
 * each of those nodes must still be in the store as it was then: so the whole could as well have
 * happened at this moment, and now it does: the log is done again on the store. Otherwise EAGAIN, and the
 * client begins anew.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

struct access {
	struct list link;
	uint64_t generation;
	char path[];
};

struct transaction *transaction_find(struct connection *c, uint32_t id)
{
	list_for_each (l, &c->transactions) {
		struct transaction *t = LIST_OF(l, struct transaction, link);

		if (t->id == id)
			return t;
	}
	return NULL;
}

int transaction_start(struct connection *c, uint32_t *id)
{
	struct transaction *t;

	if (!c->privileged && c->transaction_count >= QUOTA_TRANSACTIONS)
		return ENOSPC;
	t = calloc(1, sizeof(*t));
	if (!t)
		return ENOMEM;
	do
		t->id = ++c->next_transaction;
	while (!t->id || transaction_find(c, t->id));
	t->root = node_get(store_root);
	list_init(&t->accesses);
	list_init(&t->changes);
	list_append(&c->transactions, &t->link);
	c->transaction_count++;
	*id = t->id;
	return 0;
}

void transaction_free(struct connection *c, struct transaction *t)
{
	list_for_each (l, &t->accesses)
		free(LIST_OF(l, struct access, link));
	list_for_each (l, &t->changes) {
		struct change *ch = LIST_OF(l, struct change, link);

		free(ch->path);
		free(ch->data);
		free(ch);
	}
	list_remove(&t->link);
	c->transaction_count--;
	node_put(t->root);
	free(t);
}

int transaction_note(struct transaction *t, const char *path)
{
	struct node *n = tree_find(t->root, path);
	struct access *a;

	list_for_each (l, &t->accesses)
		if (!strcmp(LIST_OF(l, struct access, link)->path, path))
			return 0; /* what it was at first is what counts */
	if (t->access_count >= QUOTA_ACCESSES)
		return ENOSPC;
	a = malloc(sizeof(*a) + strlen(path) + 1);
	if (!a)
		return ENOMEM;
	a->generation = n ? n->generation : 0;
	strcpy(a->path, path);
	list_append(&t->accesses, &a->link);
	t->access_count++;
	return 0;
}

int transaction_log(struct transaction *t, enum change_kind kind, const char *path,
		    const void *data, size_t len)
{
	struct change *ch = calloc(1, sizeof(*ch));

	if (!ch)
		return ENOMEM;
	ch->kind = kind;
	ch->path = strdup(path);
	ch->data = malloc(len + 1);
	ch->len = len;
	if (!ch->path || !ch->data) {
		free(ch->path);
		free(ch->data);
		free(ch);
		return ENOMEM;
	}
	if (len)
		memcpy(ch->data, data, len);
	list_append(&t->changes, &ch->link);
	return 0;
}

/* Made by the transaction itself, a node is in no snapshot, and absent is what it was at first. */
static bool still_as_seen(const struct transaction *t)
{
	list_for_each (l, &t->accesses) {
		const struct access *a = LIST_OF(l, struct access, link);
		const struct node *n = tree_find(store_root, a->path);

		if ((n ? n->generation : 0) != a->generation)
			return false;
	}
	return true;
}

static int do_again(struct connection *c, const struct change *ch)
{
	switch (ch->kind) {
	case CHANGE_WRITE:
		return op_write(c, NULL, ch->path, ch->data, ch->len);
	case CHANGE_MKDIR:
		return op_mkdir(c, NULL, ch->path);
	case CHANGE_RM:
		return op_rm(c, NULL, ch->path);
	default:
		return op_set_perms(c, NULL, ch->path, ch->data,
				    (unsigned)(ch->len / sizeof(struct perm)));
	}
}

int transaction_end(struct connection *c, struct transaction *t, bool commit)
{
	int rc = 0;

	if (commit && !still_as_seen(t))
		rc = EAGAIN;
	/* The snapshot goes first: then the store is changed in place. */
	node_put(t->root);
	t->root = NULL;
	if (commit && !rc)
		list_for_each (l, &t->changes) {
			rc = do_again(c, LIST_OF(l, struct change, link));
			if (rc)
				break;
		}
	transaction_free(c, t);
	return rc;
}
