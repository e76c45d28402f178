/* SPDX-License-Identifier: MIT */
/*
 * Transactions: several operations that happen as one, or not at all.
 *
 * A transaction works in its own version of the tree, a snapshot of the moment when it began. It notes
 * the generation of every node that it looked at (0: it was not there) and logs its changes. At its end
 * each of those nodes must still be in the store as it was then: so the whole could as well have
 * happened at this moment, and now it does: the log is done again on the store. Otherwise EAGAIN, and the
 * client begins anew. Should memory or a quota not suffice half-way, the store as it was before is put back: nobody
 * has been told of anything yet.
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
	t->base = node_get(store_root);
	t->root = node_get(store_root);
	t->limited = !c->privileged;
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
	node_put(t->base);
	free(t);
}

static bool may_remember(const struct transaction *t, size_t bytes)
{
	return !t->limited || t->bytes + bytes <= QUOTA_TRANSACTION_BYTES;
}

int transaction_note(struct transaction *t, const char *path)
{
	const struct node *n = tree_find(t->base, path);
	size_t size = sizeof(struct access) + strlen(path) + 1;
	struct access *a;

	list_for_each (l, &t->accesses)
		if (!strcmp(LIST_OF(l, struct access, link)->path, path))
			return 0;
	if (!may_remember(t, size) || (t->limited && t->access_count >= QUOTA_ACCESSES))
		return ENOSPC;
	a = malloc(size);
	if (!a)
		return ENOMEM;
	a->generation = n ? n->generation : 0;
	strcpy(a->path, path);
	list_append(&t->accesses, &a->link);
	t->access_count++;
	t->bytes += size;
	return 0;
}

int transaction_log(struct transaction *t, enum change_kind kind, const char *path,
		    const void *data, size_t len)
{
	size_t size = sizeof(struct change) + strlen(path) + len + 2;
	bool may = may_remember(t, size) && (!t->limited || t->change_count < QUOTA_CHANGES);
	struct change *ch = may ? calloc(1, sizeof(*ch)) : NULL;

	t->failed = ch ? t->failed : may ? ENOMEM : ENOSPC;
	if (!ch)
		return t->failed;
	ch->kind = kind;
	ch->path = strdup(path);
	ch->data = malloc(len + 1);
	ch->len = len;
	if (!ch->path || !ch->data) {
		free(ch->path);
		free(ch->data);
		free(ch);
		t->failed = ENOMEM;
		return ENOMEM;
	}
	if (len)
		memcpy(ch->data, data, len);
	list_append(&t->changes, &ch->link);
	t->change_count++;
	t->bytes += size;
	return 0;
}

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

/* The same thing done once more later: one event for both is enough. */
static bool comes_again(const struct transaction *t, struct change *ch)
{
	for (struct list *l = ch->link.next; l != &t->changes; l = l->next) {
		const struct change *later = LIST_OF(l, struct change, link);

		if (later->kind == ch->kind && !strcmp(later->path, ch->path))
			return true;
	}
	return false;
}

static int do_all_again(struct connection *c, struct transaction *t)
{
	struct node *before = node_get(store_root);
	int rc = 0;

	op_quietly = true;
	list_for_each (l, &t->changes)
		if (!rc)
			rc = do_again(c, LIST_OF(l, struct change, link));
	op_quietly = false;
	if (rc) {
		node_put(store_root);
		store_root = node_get(before);
		owned_recount();
	} else {
		list_for_each (l, &t->changes) {
			struct change *ch = LIST_OF(l, struct change, link);

			if (!comes_again(t, ch))
				watch_fire(ch->path, before, ch->kind == CHANGE_RM);
		}
	}
	node_put(before);
	return rc;
}

int transaction_end(struct connection *c, struct transaction *t, bool commit)
{
	int rc = 0;

	if (commit)
		rc = t->failed ? t->failed : still_as_seen(t) ? do_all_again(c, t) : EAGAIN;
	transaction_free(c, t);
	return rc;
}
