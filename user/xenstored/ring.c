/* SPDX-License-Identifier: MIT */
/*
 * A client's ring: one page with two rings of 1 KiB and their indices (<xen/io/xs_wire.h>).
 *
 * The page is the client's as much as ours, and it may write anything anywhere at any moment. So each index is
 * read once for each step and checked before it is used, and what is taken is bytes in our own buffer before anybody
 * looks at it. The worst that a client can do is to be served no more.
 */
#include "store.h"

#include <string.h>

#define PIECES_A_TURN 4

static uint32_t load(const XENSTORE_RING_IDX *index)
{
	return *(const volatile XENSTORE_RING_IDX *)index;
}

static void store(XENSTORE_RING_IDX *index, uint32_t value)
{
	__sync_synchronize();
	*(volatile XENSTORE_RING_IDX *)index = value;
	/* Before we look at the other's index again, so that one of us sees what the other did. */
	__sync_synchronize();
}

/* Bytes that can be moved at once at `at`, before the ring's end. */
static uint32_t consecutive(uint32_t at, uint32_t bytes)
{
	uint32_t to_end = XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(at);

	return bytes < to_end ? bytes : to_end;
}

/* What waits, as far as there is room. */
static uint32_t give(struct connection *c, struct xenstore_domain_interface *ring, bool *moved)
{
	while (!list_empty(&c->out)) {
		struct message *m = LIST_OF(c->out.next, struct message, link);
		uint32_t prod = load(&ring->rsp_prod), full = prod - load(&ring->rsp_cons), n;

		if (full > XENSTORE_RING_SIZE)
			return XENSTORE_ERROR_RINGIDX;
		n = consecutive(prod, XENSTORE_RING_SIZE - full);
		if (n > m->len - m->sent)
			n = (uint32_t)(m->len - m->sent);
		if (!n)
			return 0; /* whoever takes from a full ring says so */
		__sync_synchronize();
		memcpy(ring->rsp + MASK_XENSTORE_IDX(prod), m->data + m->sent, n);
		store(&ring->rsp_prod, prod + n);
		*moved = true;
		m->sent += n;
		if (m->sent == m->len)
			connection_sent(c, m);
	}
	return 0;
}

/* One piece of requests. *more: it was there, and perhaps there is another. */
static uint32_t take(struct connection *c, struct xenstore_domain_interface *ring, bool *moved,
		     bool *more)
{
	uint32_t cons = load(&ring->req_cons), n = load(&ring->req_prod) - cons;
	size_t taken;

	*more = false;
	if (n > XENSTORE_RING_SIZE)
		return XENSTORE_ERROR_RINGIDX;
	__sync_synchronize();
	taken = n ? connection_bytes(c, ring->req + MASK_XENSTORE_IDX(cons), consecutive(cons, n))
		  : 0;
	if (c->dead)
		return XENSTORE_ERROR_PROTO;
	if (!taken)
		return 0;
	store(&ring->req_cons, cons + (uint32_t)taken);
	*moved = *more = true;
	return 0;
}

uint32_t ring_serve(struct connection *c, struct xenstore_domain_interface *ring, bool *moved)
{
	bool more = true;
	uint32_t error = give(c, ring, moved);

	/* A client on another processor may fill its ring as fast as it is emptied: the others have turns, too. */
	for (unsigned n = 0; n < PIECES_A_TURN && more && !error; n++) {
		error = take(c, ring, moved, &more);
		if (!error)
			error = give(c, ring, moved);
	}
	return error;
}
