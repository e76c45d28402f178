/* SPDX-License-Identifier: MIT */
/*
 * A client of the store: bytes come in, messages go out.
 *
 * A message is a header and a body (<xen/io/xs_wire.h>). A client has one answer at a time to read: while it
 * has not taken one, its next request waits, so that nobody makes the server keep more than he reads. Events
 * are limited for guests; those that are too many are lost for whoever does not read them.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

struct list connections = { &connections, &connections };

struct connection *connection_new(unsigned domain, bool privileged)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->domain = c->target = domain;
	c->privileged = privileged;
	list_init(&c->watches);
	list_init(&c->transactions);
	list_init(&c->out);
	list_append(&connections, &c->link);
	return c;
}

void connection_reset(struct connection *c)
{
	watch_remove_all(c);
	list_for_each (l, &c->transactions)
		transaction_free(c, LIST_OF(l, struct transaction, link));
}

void connection_free(struct connection *c)
{
	connection_reset(c);
	list_for_each (l, &c->out)
		free(LIST_OF(l, struct message, link));
	list_remove(&c->link);
	free(c);
}

/*
 * An event says only that something has changed: told of it once more before he has read it, its reader learns nothing.
 * So one that changes the same node for ever does not fill our memory.
 */
static bool is_told_already(const struct connection *c, const void *body, size_t len)
{
	list_for_each (l, &c->out) {
		const struct message *m = LIST_OF(l, struct message, link);
		size_t header = sizeof(struct xsd_sockmsg);

		if (m->is_event && !m->sent && m->len == header + len &&
		    !memcmp(m->data + header, body, len))
			return true;
	}
	return false;
}

void connection_send(struct connection *c, const struct xsd_sockmsg *header, const void *body,
		     size_t len, bool is_event)
{
	struct message *m;

	if (is_event && !c->privileged && c->event_count >= QUOTA_EVENTS)
		return;
	if (is_event && is_told_already(c, body, len))
		return;
	m = malloc(sizeof(*m) + sizeof(*header) + len);
	if (!m) {
		c->dead |= !is_event; /* who waits for an answer would wait for ever */
		return;
	}
	m->is_event = is_event;
	m->len = sizeof(*header) + len;
	m->sent = 0;
	memcpy(m->data, header, sizeof(*header));
	((struct xsd_sockmsg *)m->data)->len = (uint32_t)len;
	if (len)
		memcpy(m->data + sizeof(*header), body, len);
	list_append(&c->out, &m->link);
	c->event_count += is_event;
}

void connection_sent(struct connection *c, struct message *m)
{
	list_remove(&m->link);
	c->event_count -= m->is_event;
	free(m);
}

static bool has_answer_to_read(const struct connection *c)
{
	list_for_each (l, &c->out)
		if (!LIST_OF(l, struct message, link)->is_event)
			return true;
	return false;
}

/* As many bytes as the header, and then as many as it says. */
static size_t missing(struct connection *c)
{
	if (c->in_have < sizeof(c->in.header))
		return sizeof(c->in.header) - c->in_have;
	return sizeof(c->in.header) + c->in.header.len - c->in_have;
}

size_t connection_bytes(struct connection *c, const char *bytes, size_t len)
{
	size_t taken = 0;

	while (!c->dead && !has_answer_to_read(c)) {
		size_t want = missing(c), n = want < len - taken ? want : len - taken;

		memcpy((char *)&c->in + c->in_have, bytes + taken, n);
		c->in_have += n;
		taken += n;
		if (c->in_have == sizeof(c->in.header) && c->in.header.len > XENSTORE_PAYLOAD_MAX)
			c->dead = true; /* where its next message begins cannot be known */
		else if (c->in_have >= sizeof(c->in.header) && !missing(c)) {
			c->in.body[c->in.header.len] = '\0';
			c->in_have = 0;
			connection_request(c);
		} else if (n < want)
			break;
	}
	return taken;
}
