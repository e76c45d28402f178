/* SPDX-License-Identifier: MIT */
/*
 * Watches: a client names a node and a token, and gets an event when the node or one below it changes.
 *
 * A new watch fires once at once. Somebody who may not read a node learns nothing of it. Two names are no
 * nodes: @introduceDomain and @releaseDomain fire when a domain comes to the store and goes.
 */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct watch {
	struct list link;
	struct connection *owner;
	size_t prefix; /* of path, which the client did not write: events leave it out */
	char *token;
	size_t len; /* of path: every change is compared with every watch */
	char path[];
};

static struct special specials[] = {
	{ .name = "@introduceDomain", .perms = { { 0, PERM_NONE } }, .perm_count = 1 },
	{ .name = "@releaseDomain", .perms = { { 0, PERM_NONE } }, .perm_count = 1 },
};

struct special *special_find(const char *name)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (!strcmp(specials[i].name, name))
			return &specials[i];
	return NULL;
}

static void send_event(const struct watch *w, const char *path)
{
	struct xsd_sockmsg header = { .type = XS_WATCH_EVENT };
	char body[XENSTORE_PAYLOAD_MAX];
	size_t name, token = strlen(w->token) + 1;

	path += w->prefix && strlen(path) >= w->prefix ? w->prefix : 0;
	name = strlen(path) + 1;
	if (name + token > sizeof(body))
		return;
	memcpy(body, path, name);
	memcpy(body + name, w->token, token);
	connection_send(w->owner, &header, body, name + token, true);
}

static struct watch *find(struct connection *c, const char *path, const char *token)
{
	list_for_each (l, &c->watches) {
		struct watch *w = LIST_OF(l, struct watch, link);

		if (!strcmp(w->path, path) && !strcmp(w->token, token))
			return w;
	}
	return NULL;
}

struct special *special_next(struct special *s)
{
	s = s ? s + 1 : specials;
	return s < specials + sizeof(specials) / sizeof(specials[0]) ? s : NULL;
}

int watch_restore(struct connection *c, const char *path, size_t prefix, const char *token)
{
	struct watch *w = malloc(sizeof(*w) + strlen(path) + 1);

	if (!w)
		return ENOMEM;
	w->token = strdup(token);
	if (!w->token) {
		free(w);
		return ENOMEM;
	}
	w->len = strlen(path);
	memcpy(w->path, path, w->len + 1);
	w->owner = c;
	w->prefix = prefix;
	list_append(&c->watches, &w->link);
	c->watch_count++;
	store_changed();
	return 0;
}

int watch_add(struct connection *c, const char *path, const char *token)
{
	char full[XENSTORE_ABS_PATH_MAX + 1];
	int rc = path_resolve(c, path, true, full);

	if (rc)
		return rc;
	if (find(c, full, token))
		return EEXIST;
	if (!c->privileged && c->watch_count >= QUOTA_WATCHES)
		return E2BIG;
	if (path[0] == '/' || path_is_special(path))
		return watch_restore(c, full, 0, token);
	return watch_restore(c, full, strlen(full) - strlen(path), token);
}

void watch_each(struct connection *c,
		void (*fn)(void *data, const char *path, size_t prefix, const char *token),
		void *data)
{
	list_for_each (l, &c->watches) {
		const struct watch *w = LIST_OF(l, struct watch, link);

		fn(data, w->path, w->prefix, w->token);
	}
}

void watch_fire_all(struct connection *c)
{
	list_for_each (l, &c->watches) {
		const struct watch *w = LIST_OF(l, struct watch, link);

		send_event(w, w->path);
	}
}

static void drop(struct watch *w)
{
	list_remove(&w->link);
	store_changed();
	w->owner->watch_count--;
	free(w->token);
	free(w);
}

int watch_remove(struct connection *c, const char *path, const char *token)
{
	char full[XENSTORE_ABS_PATH_MAX + 1];
	struct watch *w;
	int rc = path_resolve(c, path, true, full);

	if (rc)
		return rc;
	w = find(c, full, token);
	if (!w)
		return ENOENT;
	drop(w);
	return 0;
}

void watch_remove_all(struct connection *c)
{
	list_for_each (l, &c->watches)
		drop(LIST_OF(l, struct watch, link));
}

/* May c know that the node at path, or the one that was there, has changed? */
static bool may_know(const struct connection *c, const char *path, struct node *old_root)
{
	struct node *n = tree_find(store_root, path);

	if (!n && old_root)
		n = tree_find(old_root, path);
	return n && rights_of(c, n->perms, n->perm_count) & PERM_READ;
}

/* Both with their lengths. The last character of a watch differs more often than its first ones. */
static bool is_at_or_above(const char *upper, size_t n, const char *path, size_t len)
{
	if (n == 1)
		return true; /* the root */
	return n <= len && (n == len || path[n] == '/') && upper[n - 1] == path[n - 1] &&
	       !memcmp(upper, path, n);
}

void watch_fire(const char *path, struct node *old_root, bool subtree)
{
	size_t len = strlen(path);

	list_for_each (cl, &connections) {
		struct connection *c = LIST_OF(cl, struct connection, link);

		list_for_each (l, &c->watches) {
			struct watch *w = LIST_OF(l, struct watch, link);
			bool below = subtree && is_at_or_above(path, len, w->path, w->len);

			if (is_at_or_above(w->path, w->len, path, len)) {
				if (may_know(c, path, old_root))
					send_event(w, path);
			} else if (below && tree_find(old_root, w->path) &&
				   may_know(c, w->path, old_root)) {
				send_event(w, w->path);
			}
		}
	}
}

void watch_fire_newest(struct connection *c)
{
	const struct watch *w = LIST_OF(c->watches.prev, struct watch, link);

	send_event(w, w->path);
}

void watch_fire_special(const char *name)
{
	struct special *s = special_find(name);

	list_for_each (cl, &connections) {
		struct connection *c = LIST_OF(cl, struct connection, link);

		list_for_each (l, &c->watches) {
			struct watch *w = LIST_OF(l, struct watch, link);

			if (!strcmp(w->path, name) &&
			    rights_of(c, s->perms, s->perm_count) & PERM_READ)
				send_event(w, name);
		}
	}
}
