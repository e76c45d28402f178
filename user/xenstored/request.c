/* SPDX-License-Identifier: MIT */
/*
 * What each message of the protocol asks for, and its answer.
 *
 * A body is strings, each with its terminator, or for WRITE a string and bytes. Every answer has the number of
 * its request; an error is a message of its own kind with the error's name. (<xen/io/xs_wire.h>)
 */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request that is being answered. */
struct request {
	struct connection *c;
	struct transaction *t;
	char *body;
	size_t len;
};

/* ---- answers ---- */

static void answer(struct connection *c, const void *body, size_t len)
{
	struct xsd_sockmsg header = { .type = c->in.header.type,
				      .req_id = c->in.header.req_id,
				      .tx_id = c->in.header.tx_id };

	connection_send(c, &header, body, len, false);
}

static void answer_error(struct connection *c, int error)
{
	struct xsd_sockmsg header = { .type = XS_ERROR,
				      .req_id = c->in.header.req_id,
				      .tx_id = c->in.header.tx_id };
	const char *name = "EINVAL";

	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (xsd_errors[i].errnum == error)
			name = xsd_errors[i].errstring;
	connection_send(c, &header, name, strlen(name) + 1, false);
}

/* Most requests have nothing to say but whether it went well. */
static int answer_ok(struct connection *c, int rc)
{
	if (!rc)
		answer(c, "OK", sizeof("OK"));
	return rc;
}

/* ---- strings of a body ---- */

/* The next string, or NULL: there is none, or it has no end. */
static char *next_string(struct request *r)
{
	char *s = r->body, *end = memchr(s, '\0', r->len);

	if (!end)
		return NULL;
	r->len -= (size_t)(end + 1 - s);
	r->body = end + 1;
	return s;
}

static bool next_number(struct request *r, unsigned long *n)
{
	char *s = next_string(r), *end;

	if (!s || *s < '0' || *s > '9')
		return false;
	errno = 0;
	*n = strtoul(s, &end, 10);
	return !*end && !errno;
}

static bool next_domain(struct request *r, unsigned *domain)
{
	unsigned long n;

	if (!next_number(r, &n) || n >= DOMAINS_MOST)
		return false;
	*domain = (unsigned)n;
	return true;
}

static int next_path(struct request *r, char *path)
{
	char *s = next_string(r);

	return s ? path_resolve(r->c, s, false, path) : EINVAL;
}

/* The only thing in it: a path. */
static int only_path(struct request *r, char *path)
{
	int rc = next_path(r, path);

	return rc ? rc : r->len ? EINVAL : 0;
}

/* ---- reading ---- */

static int do_read(struct request *r)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];
	struct node *n;
	int rc = only_path(r, path);

	if (!rc)
		rc = op_read(r->c, r->t, path, PERM_READ, &n);
	if (!rc)
		answer(r->c, n->value, n->value_len);
	return rc;
}

/* The names of a node's children, each terminated; the bytes of them all. */
static size_t list_names(const struct node *n, char *out, size_t size)
{
	size_t all = 0;

	for (unsigned i = 0; i < n->child_count; i++) {
		size_t len = strlen(n->children[i]->name) + 1;

		if (all + len <= size)
			memcpy(out + all, n->children[i]->name, len);
		all += len;
	}
	return all;
}

static int do_directory(struct request *r)
{
	char path[XENSTORE_ABS_PATH_MAX + 1], names[XENSTORE_PAYLOAD_MAX];
	struct node *n;
	size_t len;
	int rc = only_path(r, path);

	if (!rc)
		rc = op_read(r->c, r->t, path, PERM_READ, &n);
	if (rc)
		return rc;
	len = list_names(n, names, sizeof(names));
	if (len > sizeof(names))
		return E2BIG;
	answer(r->c, names, len);
	return 0;
}

/*
 * A directory that does not fit into one message, piece by piece: the generation, by which the client sees that
 * it changed in between, and names from an offset on; one empty name ends the last piece.
 */
static int do_directory_part(struct request *r)
{
	char path[XENSTORE_ABS_PATH_MAX + 1], piece[XENSTORE_PAYLOAD_MAX], *names;
	unsigned long offset;
	struct node *n;
	size_t all, at, end;
	int rc = next_path(r, path);

	if (!rc && (!next_number(r, &offset) || r->len))
		rc = EINVAL;
	if (!rc)
		rc = op_read(r->c, r->t, path, PERM_READ, &n);
	if (rc)
		return rc;
	all = list_names(n, NULL, 0);
	names = malloc(all + 1);
	if (!names)
		return ENOMEM;
	list_names(n, names, all);
	names[all++] = '\0';
	at = (size_t)snprintf(piece, sizeof(piece), "%llu", (unsigned long long)n->generation) + 1;
	if (offset > all)
		rc = EINVAL;
	/* Whole names only. */
	end = offset;
	while (!rc && end < all && at + strlen(names + end) + 1 <= sizeof(piece)) {
		size_t len = strlen(names + end) + 1;

		memcpy(piece + at, names + end, len);
		at += len;
		end += len;
	}
	free(names);
	if (!rc)
		answer(r->c, piece, at);
	return rc;
}

static int do_get_perms(struct request *r)
{
	char path[XENSTORE_ABS_PATH_MAX + 1], text[XENSTORE_PAYLOAD_MAX];
	const struct perm *perms;
	struct special *s;
	unsigned count;
	struct node *n;
	size_t len = 0;
	int rc;

	s = r->len ? special_find(r->body) : NULL;
	if (s) {
		if (!r->c->privileged)
			return EACCES;
		perms = s->perms;
		count = s->perm_count;
	} else {
		rc = only_path(r, path);
		if (!rc)
			rc = op_read(r->c, r->t, path, PERM_READ, &n);
		if (rc)
			return rc;
		perms = n->perms;
		count = n->perm_count;
	}
	for (unsigned i = 0; i < count; i++)
		len += (size_t)perm_print(&perms[i], text + len, sizeof(text) - len) + 1;
	answer(r->c, text, len);
	return 0;
}

/* ---- changing ---- */

static int do_write(struct request *r)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];
	int rc = next_path(r, path);

	return answer_ok(r->c, rc ? rc : op_write(r->c, r->t, path, r->body, r->len));
}

static int do_mkdir(struct request *r)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];
	int rc = only_path(r, path);

	return answer_ok(r->c, rc ? rc : op_mkdir(r->c, r->t, path));
}

static int do_rm(struct request *r)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];
	int rc = only_path(r, path);

	return answer_ok(r->c, rc ? rc : op_rm(r->c, r->t, path));
}

static int do_set_perms(struct request *r)
{
	char path[XENSTORE_ABS_PATH_MAX + 1], *s = next_string(r);
	struct perm perms[QUOTA_PERMS];
	struct special *special;
	unsigned count = 0;
	int rc = s ? path_resolve(r->c, s, true, path) : EINVAL;

	while (!rc && r->len) {
		s = next_string(r);
		if (count == QUOTA_PERMS)
			return ENOSPC;
		rc = s ? perm_parse(s, &perms[count++]) : EINVAL;
	}
	if (!rc && !count)
		rc = EINVAL;
	if (rc)
		return rc;
	special = special_find(path);
	if (!special)
		return answer_ok(r->c, op_set_perms(r->c, r->t, path, perms, count));
	if (!r->c->privileged)
		return EACCES;
	memcpy(special->perms, perms, count * sizeof(*perms));
	special->perm_count = count;
	return answer_ok(r->c, 0);
}

/* ---- watches and transactions ---- */

static int do_watch(struct request *r)
{
	char *path = next_string(r), *token = path ? next_string(r) : NULL;
	int rc = token && !r->len ? watch_add(r->c, path, token) : EINVAL;

	answer_ok(r->c, rc);
	if (!rc)
		watch_fire_newest(r->c);
	return rc;
}

static int do_unwatch(struct request *r)
{
	char *path = next_string(r), *token = path ? next_string(r) : NULL;

	return answer_ok(r->c, token && !r->len ? watch_remove(r->c, path, token) : EINVAL);
}

static int do_reset_watches(struct request *r)
{
	connection_reset(r->c);
	return answer_ok(r->c, 0);
}

static int do_transaction_start(struct request *r)
{
	char text[16];
	uint32_t id;
	int rc = r->t ? EBUSY : transaction_start(r->c, &id);

	if (rc)
		return rc;
	answer(r->c, text, (size_t)snprintf(text, sizeof(text), "%u", (unsigned)id) + 1);
	return 0;
}

static int do_transaction_end(struct request *r)
{
	char *how = next_string(r);

	if (!r->t)
		return ENOENT;
	if (!how || r->len || (strcmp(how, "T") != 0 && strcmp(how, "F") != 0))
		return EINVAL;
	return answer_ok(r->c, transaction_end(r->c, r->t, *how == 'T'));
}

/* ---- domains ---- */

static int do_introduce(struct request *r)
{
	unsigned long frame, port;
	unsigned domain;

	if (!next_domain(r, &domain) || !next_number(r, &frame) || !next_number(r, &port) || r->len)
		return EINVAL;
	return answer_ok(r->c, domain_introduce(domain, frame, (unsigned)port));
}

static int do_release(struct request *r)
{
	unsigned domain;

	return next_domain(r, &domain) && !r->len ? answer_ok(r->c, domain_release(domain))
						  : EINVAL;
}

static int do_resume(struct request *r)
{
	unsigned domain;

	return next_domain(r, &domain) && !r->len ? answer_ok(r->c, domain_resume(domain)) : EINVAL;
}

static int do_set_target(struct request *r)
{
	unsigned domain, target;

	if (!next_domain(r, &domain) || !next_domain(r, &target) || r->len)
		return EINVAL;
	return answer_ok(r->c, domain_set_target(domain, target));
}

static int do_get_domain_path(struct request *r)
{
	char path[32];
	unsigned domain;

	if (!next_domain(r, &domain) || r->len)
		return EINVAL;
	answer(r->c, path, (size_t)snprintf(path, sizeof(path), "/local/domain/%u", domain) + 1);
	return 0;
}

static int do_is_introduced(struct request *r)
{
	unsigned domain;

	if (!next_domain(r, &domain) || r->len)
		return EINVAL;
	answer(r->c, domain_is_introduced(domain) ? "T" : "F", 2);
	return 0;
}

static int do_control(struct request *r)
{
	char *command = next_string(r);
	const char *said = command ? control_command(command) : NULL;

	if (!said)
		return EINVAL;
	answer(r->c, said, strlen(said) + 1);
	return 0;
}

/* ---- the list ---- */

static const struct {
	int (*fn)(struct request *r); /* answers, unless it returns an error */
	bool privileged;
} verbs[XS_TYPE_COUNT] = {
	[XS_CONTROL] = { do_control, true },
	[XS_DIRECTORY] = { do_directory, false },
	[XS_READ] = { do_read, false },
	[XS_GET_PERMS] = { do_get_perms, false },
	[XS_WATCH] = { do_watch, false },
	[XS_UNWATCH] = { do_unwatch, false },
	[XS_TRANSACTION_START] = { do_transaction_start, false },
	[XS_TRANSACTION_END] = { do_transaction_end, false },
	[XS_INTRODUCE] = { do_introduce, true },
	[XS_RELEASE] = { do_release, true },
	[XS_GET_DOMAIN_PATH] = { do_get_domain_path, false },
	[XS_WRITE] = { do_write, false },
	[XS_MKDIR] = { do_mkdir, false },
	[XS_RM] = { do_rm, false },
	[XS_SET_PERMS] = { do_set_perms, false },
	[XS_IS_DOMAIN_INTRODUCED] = { do_is_introduced, true },
	[XS_RESUME] = { do_resume, true },
	[XS_SET_TARGET] = { do_set_target, true },
	[XS_RESET_WATCHES] = { do_reset_watches, false },
	[XS_DIRECTORY_PART] = { do_directory_part, false },
};

void connection_request(struct connection *c)
{
	const struct xsd_sockmsg *h = &c->in.header;
	struct request r = { .c = c, .body = c->in.body, .len = h->len };
	int rc = 0;

	if (h->type >= XS_TYPE_COUNT || !verbs[h->type].fn)
		rc = ENOSYS;
	else if (verbs[h->type].privileged && !c->privileged)
		rc = EACCES;
	/* Watches are not part of a transaction: its number means nothing there. */
	if (!rc && h->tx_id && h->type != XS_WATCH && h->type != XS_UNWATCH) {
		r.t = transaction_find(c, h->tx_id);
		if (!r.t)
			rc = ENOENT;
	}
	if (!rc)
		rc = verbs[h->type].fn(&r);
	if (rc)
		answer_error(c, rc);
}
