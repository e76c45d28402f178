/* SPDX-License-Identifier: MIT */
/*
 * The store as a file, so that a server that ends can be followed by another.
 *
 * Records follow one another, each a line of words and sometimes bytes behind it (their number is the line's
 * last word), then a line end:
 *
 *	store 1					the version of this format
 *	node PATH RIGHT,RIGHT... LENGTH		parents before children
 *	special NAME RIGHT,RIGHT...
 *	domain ID FRAME PORT TARGET TRANSACTION	(the last number that was given to one)
 *	watch DOMAIN PATH PREFIX LENGTH		the bytes are the token
 *	in DOMAIN LENGTH			a request, as far as it has arrived
 *	out DOMAIN EVENT SENT LENGTH		a message that waits, and how much of it the client has
 *	end					nothing is missing
 *
 * A server that is asked to end writes all of it. One that is killed leaves what it wrote last while it ran, without
 * `in` and `out`: what was on its way is lost. Domain 0's kernel names its watches to each new server itself, so
 * domain 0 has no such records. The file is the server's own and trusted, but it may be cut off: without its end
 * it is not taken.
 */
#include "store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

static void write_perms(FILE *f, const struct perm *perms, unsigned count)
{
	char text[16];

	for (unsigned i = 0; i < count; i++) {
		perm_print(&perms[i], text, sizeof(text));
		fprintf(f, "%s%s", i ? "," : "", text);
	}
}

static void write_bytes(FILE *f, const void *bytes, size_t len)
{
	fprintf(f, " %zu\n", len);
	if (len)
		fwrite(bytes, 1, len, f);
	putc('\n', f);
}

static void write_tree(FILE *f, const struct node *n, char *path, size_t len)
{
	fprintf(f, "node %s ", len ? path : "/");
	write_perms(f, n->perms, n->perm_count);
	write_bytes(f, n->value, n->value_len);
	for (unsigned i = 0; i < n->child_count; i++) {
		size_t name = strlen(n->children[i]->name);

		path[len] = '/';
		memcpy(path + len + 1, n->children[i]->name, name + 1);
		write_tree(f, n->children[i], path, len + 1 + name);
		path[len] = '\0';
	}
}

struct writing {
	FILE *f;
	const struct connection *c;
};

static void write_watch(void *data, const char *path, size_t prefix, const char *token)
{
	const struct writing *w = data;

	fprintf(w->f, "watch %u %s %zu", w->c->domain, path, prefix);
	write_bytes(w->f, token, strlen(token));
}

static void write_on_its_way(FILE *f, struct connection *c)
{
	if (c->in_have) {
		fprintf(f, "in %u", c->domain);
		write_bytes(f, &c->in, c->in_have);
	}
	list_for_each (l, &c->out) {
		const struct message *m = LIST_OF(l, struct message, link);

		fprintf(f, "out %u %d %zu", c->domain, m->is_event, m->sent);
		write_bytes(f, m->data, m->len);
	}
}

bool store_save(FILE *f, bool complete)
{
	char path[XENSTORE_ABS_PATH_MAX + 1] = "";

	fprintf(f, "store 1\n");
	write_tree(f, store_root, path, 0);
	for (struct special *s = NULL; (s = special_next(s));) {
		fprintf(f, "special %s ", s->name);
		write_perms(f, s->perms, s->perm_count);
		putc('\n', f);
	}
	list_for_each (l, &connections) {
		struct connection *c = LIST_OF(l, struct connection, link);
		struct writing w = { f, c };

		if (!c->domain)
			continue;
		fprintf(f, "domain %u %lu %u %u %u\n", c->domain, c->frame, c->port, c->target,
			(unsigned)c->next_transaction);
		watch_each(c, write_watch, &w);
		if (complete)
			write_on_its_way(f, c);
	}
	fprintf(f, "end\n");
	return !fflush(f) && !ferror(f);
}

/* ---- reading ---- */

struct reading {
	FILE *f;
	char word[12], path[XENSTORE_ABS_PATH_MAX + 1];
	char *bytes; /* of the record that is being read */
};

static bool read_bytes(struct reading *r, size_t *len)
{
	if (fscanf(r->f, "%zu", len) != 1 || getc(r->f) != '\n' || *len > XENSTORE_PAYLOAD_MAX * 2)
		return false;
	free(r->bytes);
	r->bytes = malloc(*len + 1);
	if (!r->bytes || fread(r->bytes, 1, *len, r->f) != *len)
		return false;
	r->bytes[*len] = '\0';
	return true;
}

static bool read_perms(struct reading *r, struct perm *perms, unsigned *count)
{
	char text[16 * QUOTA_PERMS];

	*count = 0;
	if (fscanf(r->f, "%79s", text) != 1)
		return false;
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ","))
		if (*count == QUOTA_PERMS || perm_parse(word, &perms[(*count)++]))
			return false;
	return *count > 0;
}

static bool read_node(struct reading *r, struct connection *as)
{
	struct perm perms[QUOTA_PERMS];
	unsigned count;
	size_t len;

	return fscanf(r->f, "%3072s", r->path) == 1 && read_perms(r, perms, &count) &&
	       read_bytes(r, &len) && !op_write(as, NULL, r->path, r->bytes, len) &&
	       !op_set_perms(as, NULL, r->path, perms, count);
}

static bool read_special(struct reading *r)
{
	struct special *s;

	if (fscanf(r->f, "%3072s", r->path) != 1)
		return false;
	s = special_find(r->path);
	return s && read_perms(r, s->perms, &s->perm_count);
}

static bool read_domain(struct reading *r)
{
	unsigned domain, port, target, transaction;
	unsigned long frame;
	struct connection *c;

	if (fscanf(r->f, "%u %lu %u %u %u", &domain, &frame, &port, &target, &transaction) != 5 ||
	    !domain)
		return false;
	c = connection_new(domain, false);
	if (!c)
		return false;
	c->frame = frame;
	c->port = port;
	c->target = target;
	/* Whoever still has one of the old server's must not meet his number again. */
	c->next_transaction = transaction + (1u << 20);
	return true;
}

static struct connection *of_domain(unsigned domain)
{
	list_for_each (l, &connections) {
		struct connection *c = LIST_OF(l, struct connection, link);

		if (c->domain == domain && domain)
			return c;
	}
	return NULL;
}

static bool read_watch(struct reading *r)
{
	size_t prefix, len;
	unsigned domain;

	if (fscanf(r->f, "%u %3072s %zu", &domain, r->path, &prefix) != 3 || !read_bytes(r, &len))
		return false;
	return of_domain(domain) && prefix <= strlen(r->path) &&
	       !watch_restore(of_domain(domain), r->path, prefix, r->bytes);
}

static bool read_in(struct reading *r)
{
	struct connection *c;
	unsigned domain;
	size_t len;

	if (fscanf(r->f, "%u", &domain) != 1 || !read_bytes(r, &len))
		return false;
	c = of_domain(domain);
	if (!c || len > sizeof(c->in) - 1)
		return false;
	memcpy(&c->in, r->bytes, len);
	c->in_have = len;
	return true;
}

static bool read_out(struct reading *r)
{
	struct connection *c;
	unsigned domain;
	size_t sent, len;
	int is_event;

	if (fscanf(r->f, "%u %d %zu", &domain, &is_event, &sent) != 3 || !read_bytes(r, &len))
		return false;
	c = of_domain(domain);
	if (!c || sent > len || len < sizeof(struct xsd_sockmsg))
		return false;
	connection_send(c, (const struct xsd_sockmsg *)r->bytes,
			r->bytes + sizeof(struct xsd_sockmsg), len - sizeof(struct xsd_sockmsg),
			is_event);
	LIST_OF(c->out.prev, struct message, link)->sent = sent;
	return true;
}

static bool read_record(struct reading *r, struct connection *as)
{
	if (!strcmp(r->word, "node"))
		return read_node(r, as);
	if (!strcmp(r->word, "special"))
		return read_special(r);
	if (!strcmp(r->word, "domain"))
		return read_domain(r);
	if (!strcmp(r->word, "watch"))
		return read_watch(r);
	if (!strcmp(r->word, "in"))
		return read_in(r);
	return !strcmp(r->word, "out") && read_out(r);
}

static bool read_all(struct reading *r, struct connection *as)
{
	unsigned format;

	if (fscanf(r->f, "store %u", &format) != 1 || format != 1)
		return false;
	while (fscanf(r->f, "%11s", r->word) == 1) {
		if (!strcmp(r->word, "end"))
			return true;
		if (!read_record(r, as))
			return false;
	}
	return false;
}

bool store_load(FILE *f)
{
	struct reading r = { .f = f };
	struct connection *as = connection_new(0, true);
	struct node *fresh = tree_new(), *old = store_root;
	bool done = false;

	if (as && fresh) {
		store_root = fresh;
		done = read_all(&r, as);
		store_root = done ? fresh : old;
		node_put(done ? old : fresh);
	} else {
		node_put(fresh);
	}
	if (as)
		connection_free(as);
	/* Domains of a file that was no good. */
	list_for_each (l, &connections)
		if (!done)
			connection_free(LIST_OF(l, struct connection, link));
	owned_recount();
	free(r.bytes);
	return done;
}
