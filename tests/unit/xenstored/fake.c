/* SPDX-License-Identifier: MIT */
/*
 * The carrier: see fake.h.
 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

bool fake_introduced[DOMAINS_MOST];

static char text[8192];

void fake_begin(void)
{
	store_root = tree_new();
	assert_non_null(store_root);
	memset(fake_introduced, 0, sizeof(fake_introduced));
	owned_recount();
}

void fake_end(void)
{
	list_for_each (l, &connections)
		connection_free(LIST_OF(l, struct connection, link));
	node_put(store_root);
	store_root = NULL;
}

struct connection *fake_guest(unsigned domain)
{
	struct connection *c = connection_new(domain, false);

	assert_non_null(c);
	return c;
}

struct connection *fake_domain0(void)
{
	struct connection *c = connection_new(0, true);

	assert_non_null(c);
	return c;
}

static const char *as_text(const char *bytes, size_t len)
{
	assert_true(len < sizeof(text));
	for (size_t i = 0; i < len; i++)
		text[i] = bytes[i] ? bytes[i] : '|';
	text[len] = '\0';
	return text;
}

static struct message *first(struct connection *c, bool event)
{
	list_for_each (l, &c->out) {
		struct message *m = LIST_OF(l, struct message, link);

		if (m->is_event == event)
			return m;
	}
	return NULL;
}

const char *fake_ask(struct connection *c, uint32_t type, uint32_t t, const void *body, size_t len)
{
	static uint32_t id;
	struct xsd_sockmsg h = { .type = type, .req_id = ++id, .tx_id = t, .len = (uint32_t)len };
	const struct xsd_sockmsg *got;
	struct message *m;

	connection_bytes(c, (const char *)&h, sizeof(h));
	connection_bytes(c, body, len);
	if (c->dead)
		return "!DEAD";
	m = first(c, false);
	assert_non_null(m);
	got = (const struct xsd_sockmsg *)m->data;
	assert_int_equal(got->req_id, id);
	assert_int_equal(got->tx_id, t);
	assert_int_equal(got->len, m->len - sizeof(*got));
	as_text(m->data + sizeof(*got), got->len);
	if (got->type == XS_ERROR) {
		/* "ENOENT|" becomes "!ENOENT". */
		memmove(text + 1, text, strlen(text) - 1);
		text[0] = '!';
	} else {
		assert_int_equal(got->type, type);
	}
	connection_sent(c, m);
	assert_null(first(c, false)); /* one answer to one request */
	return text;
}

const char *fake_event(struct connection *c)
{
	struct message *m = first(c, true);

	if (!m)
		return "";
	as_text(m->data + sizeof(struct xsd_sockmsg), m->len - sizeof(struct xsd_sockmsg));
	text[strlen(text) - 1] = '\0'; /* the last terminator */
	connection_sent(c, m);
	return text;
}

/* ---- memory that runs out ---- */

long fake_mallocs_left = -1;

extern void *__real_malloc(size_t size), *__real_calloc(size_t n, size_t size);
extern void *__real_realloc(void *old, size_t size);

static bool refuse(void)
{
	if (fake_mallocs_left > 0)
		fake_mallocs_left--;
	return !fake_mallocs_left;
}

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
	return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return refuse() ? NULL : __real_realloc(old, size);
}

/* ---- what the program would give ---- */

int domain_introduce(unsigned domain, unsigned long frame, unsigned port)
{
	(void)frame;
	if (!port)
		return EINVAL;
	fake_introduced[domain] = true;
	watch_fire_special("@introduceDomain");
	return 0;
}

int domain_release(unsigned domain)
{
	if (!fake_introduced[domain])
		return ENOENT;
	fake_introduced[domain] = false;
	watch_fire_special("@releaseDomain");
	return 0;
}

int domain_resume(unsigned domain)
{
	return fake_introduced[domain] ? 0 : ENOENT;
}

int domain_set_target(unsigned domain, unsigned target)
{
	list_for_each (l, &connections) {
		struct connection *c = LIST_OF(l, struct connection, link);

		if (c->domain != domain)
			continue;
		c->target = target;
		return 0;
	}
	return ENOENT;
}

bool domain_is_introduced(unsigned domain)
{
	return fake_introduced[domain];
}

const char *control_command(const char *command)
{
	return strcmp(command, "check") ? NULL : "OK";
}

void store_changed(void)
{
}

/* ---- domain 0 and two guests ---- */

struct connection *d0, *g1, *g2;

int fake_two_guests(void **state)
{
	(void)state;
	fake_begin();
	d0 = fake_domain0();
	g1 = fake_guest(1);
	g2 = fake_guest(2);
	ask(d0, XS_MKDIR, 0, "/local/domain/1\0");
	ask(d0, XS_SET_PERMS, 0, "/local/domain/1\0n1\0");
	ask(d0, XS_MKDIR, 0, "/local/domain/2\0");
	ask(d0, XS_SET_PERMS, 0, "/local/domain/2\0n2\0");
	return 0;
}

int fake_done(void **state)
{
	(void)state;
	fake_end();
	return 0;
}
