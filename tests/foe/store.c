/* SPDX-License-Identifier: MIT */
/*
 * The hostile guest and the store: a client that keeps to the protocol, requests that it should not make, and a
 * ring full of noise.
 */
#include "foe.h"

#include <xen/io/xs_wire.h>

static bool lost; /* nobody answers any more */

static struct xenstore_domain_interface *ring(void)
{
	return pfn_to_virt(mfn_to_pfn(MFN(start_info->store_mfn)));
}

static void notify(void)
{
	evtchn_send(start_info->store_evtchn);
}

/* ---- bytes ---- */

static bool put(const void *from, size_t n)
{
	struct xenstore_domain_interface *r = ring();
	const char *p = from;

	for (unsigned int patience = PATIENCE; n && patience;) {
		XENSTORE_RING_IDX at = r->req_prod;

		if (at - *(volatile XENSTORE_RING_IDX *)&r->req_cons >= XENSTORE_RING_SIZE) {
			notify();
			hv_sched_op(SCHEDOP_yield, NULL);
			patience--;
			continue;
		}
		r->req[MASK_XENSTORE_IDX(at)] = *p++;
		xen_wmb();
		*(volatile XENSTORE_RING_IDX *)&r->req_prod = at + 1;
		n--;
	}
	return !n;
}

static bool get(void *to, size_t n)
{
	struct xenstore_domain_interface *r = ring();
	char *p = to;

	for (unsigned int patience = PATIENCE; n && patience;) {
		XENSTORE_RING_IDX at = r->rsp_cons;

		if (at == *(volatile XENSTORE_RING_IDX *)&r->rsp_prod) {
			notify();
			hv_sched_op(SCHEDOP_yield, NULL);
			patience--;
			continue;
		}
		xen_rmb();
		*p++ = r->rsp[MASK_XENSTORE_IDX(at)];
		*(volatile XENSTORE_RING_IDX *)&r->rsp_cons = at + 1;
		n--;
	}
	return !n;
}

/* ---- messages ---- */

int store_ask(uint32_t type, uint32_t tx, const void *body, size_t len, char *answer, size_t room)
{
	struct xsd_sockmsg h = {
		.type = type, .req_id = draw(), .tx_id = tx, .len = (uint32_t)len
	};
	static char text[XENSTORE_PAYLOAD_MAX + 1];
	uint32_t id = h.req_id;

	if (lost || !put(&h, sizeof(h)) || !put(body, len)) {
		lost = true;
		return -1;
	}
	notify();
	do {
		if (!get(&h, sizeof(h)) || h.len > XENSTORE_PAYLOAD_MAX || !get(text, h.len)) {
			lost = true;
			return -1;
		}
	} while (h.type == XS_WATCH_EVENT || h.req_id != id);
	text[h.len] = '\0';
	if (answer)
		strlcpy(answer, text, room);
	return h.type == XS_ERROR ? text[0] << 8 | text[1] : 0;
}

static int ask_path(uint32_t type, uint32_t tx, const char *path, const char *more, char *answer,
		    size_t room)
{
	static char body[XENSTORE_PAYLOAD_MAX];
	size_t n = strlcpy(body, path, sizeof(body) / 2) + 1, m = more ? strlen(more) : 0;

	if (n + m > sizeof(body))
		return -1;
	memcpy(body + n, more ? more : "", m);
	return store_ask(type, tx, body, n + m, answer, room);
}

int store_write(const char *path, const char *value)
{
	return ask_path(XS_WRITE, 0, path, value, NULL, 0);
}

int store_printf(const char *dir, const char *node, const char *fmt, ...)
{
	char path[160], value[64];
	va_list ap;

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	return store_write(path, value);
}

bool store_read(const char *dir, const char *node, char *value, size_t room)
{
	char path[160];

	snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", node);
	return !ask_path(XS_READ, 0, path, NULL, value, room);
}

long store_number(const char *dir, const char *node)
{
	char text[32];

	return store_read(dir, node, text, sizeof(text)) ? (long)strtoul(text, NULL, 10) : -1;
}

bool store_wait(const char *dir, unsigned int state, unsigned int other)
{
	for (unsigned int n = 0; n < 200 && !lost; n++) {
		long now = store_number(dir, "state");

		if (now == (long)state || now == (long)other)
			return true;
		hv_sched_op(SCHEDOP_yield, NULL);
	}
	return false;
}

/* ---- what nobody should ask for ---- */

/* A path for a misdeed: others', our own, none at all. */
static const char *any_path(void)
{
	static const char *const paths[] = {
		"/",
		"/local/domain/0",
		"/local/domain/0/name",
		"/local/domain/0/backend",
		"/local/domain/0/backend/vbd",
		"/local/domain/1",
		"/local/domain/1/device",
		"/tool",
		"/vm",
		"@releaseDomain",
		"@introduceDomain",
		"@",
		"",
		"//",
		"/x//y",
		"data/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z",
		"data",
		"data/x",
		"error",
		"device",
		"control/shutdown",
		"name",
		"console/tty",
		"console/ring-ref",
		"a\033[2Jb",
	};

	return ONE_OF(paths);
}

/* The toolstack made these, and no guest may change them. */
static void cross_the_line(void)
{
	static const char *const forbidden[] = {
		"name",	   "console/tty", "console/ring-ref", "/local/domain/0/x",
		"/tool/x", "/x",	  "device/x",	      "/vm/x",
		"domid",   "store/port",  "memory/target"
	};
	const char *path = ONE_OF(forbidden);
	char other[32];

	if (!store_write(path, "foe"))
		printk("foe: HOLE: it has written %s\n", path);
	for (long i = 0; i < 8; i++) {
		long self = store_number("", "domid");

		snprintf(other, sizeof(other), "/local/domain/%ld", i);
		if (i != self && self >= 0 && !ask_path(XS_RM, 0, other, NULL, NULL, 0))
			printk("foe: HOLE: it has removed %s\n", other);
	}
	for (uint32_t verb = 0; verb < XS_TYPE_COUNT; verb++) {
		static const char body[] = "1\0"
					   "2\0"
					   "3";

		if ((verb == XS_INTRODUCE || verb == XS_RELEASE || verb == XS_RESUME ||
		     verb == XS_SET_TARGET || verb == XS_CONTROL) &&
		    !store_ask(verb, 0, body, sizeof(body), NULL, 0))
			printk("foe: HOLE: verb %u was done for it\n", verb);
	}
}

static void endless_transactions(void)
{
	char id[16];
	uint32_t last = 0;

	for (unsigned int n = 0; n < 40; n++) {
		if (!store_ask(XS_TRANSACTION_START, 0, "", 1, id, sizeof(id)))
			last = strtoul(id, NULL, 10);
		ask_path(XS_WRITE, last, any_path(), "in a transaction", NULL, 0);
	}
	if (below(2))
		store_ask(XS_TRANSACTION_END, last, below(2) ? "T" : "F", 2, NULL, 0);
	/* Or else they stay open, until all are taken back at once. */
	if (!below(4))
		store_ask(XS_RESET_WATCHES, 0, "", 1, NULL, 0);
}

/* The same few nodes again and again in one transaction: its log must not grow without end. */
static void long_transaction(void)
{
	char id[16];
	uint32_t tx;

	store_ask(XS_RESET_WATCHES, 0, "", 1, NULL, 0);
	if (store_ask(XS_TRANSACTION_START, 0, "", 1, id, sizeof(id)))
		return;
	tx = strtoul(id, NULL, 10);
	for (unsigned int n = 0; n < 600; n++)
		ask_path(XS_WRITE, tx, n & 1 ? "data/x" : "data/y", "z", NULL, 0);
	store_ask(XS_TRANSACTION_END, tx, "T", 2, NULL, 0);
}

static void endless_watches(void)
{
	char body[64];

	for (unsigned int n = 0; n < 150; n++) {
		unsigned int at = (unsigned int)strlcpy(body, any_path(), sizeof(body)) + 1;

		at += (unsigned int)snprintf(body + at, sizeof(body) - at, "%u", n) + 1;
		store_ask(XS_WATCH, 0, body, at, NULL, 0);
	}
}

static void fill_up(void)
{
	static char big[XENSTORE_PAYLOAD_MAX - 64];
	unsigned int n = below(100);
	char path[32];

	memset(big, 'x', sizeof(big) - 1);
	while (n--) {
		snprintf(path, sizeof(path), "data/%u", below(2000));
		ask_path(XS_WRITE, 0, path, big + below(sizeof(big)), NULL, 0);
	}
	if (below(2))
		ask_path(XS_RM, 0, "data", NULL, NULL, 0);
}

static void any_messages(void)
{
	char body[256];

	for (unsigned int n = 0; n < 50; n++) {
		size_t len = below(sizeof(body)), at;

		scribble(body, sizeof(body));
		at = strlcpy(body, any_path(), sizeof(body)) + 1;
		if (below(2))
			at += (size_t)snprintf(body + at, sizeof(body) - at, "%u", edge()) + 1;
		store_ask(below(8) ? below(XS_TYPE_COUNT + 3) : draw(), below(3) ? 0 : edge(), body,
			  below(2) ? at : len, NULL, 0);
	}
}

/* A device's keys, while its backend uses it: states in all orders, words for numbers, nothing. */
static void walk_states(const char *dir)
{
	static const char *const words[] = { "",  "0", "1", "2", "3", "4",	    "5",
					     "6", "7", "8", "9", "x", "4294967296", "-1" };
	static const char *const keys[] = { "ring-ref",		 "event-channel",   "tx-ring-ref",
					    "rx-ring-ref",	 "protocol",	    "feature-sg",
					    "feature-gso-tcpv4", "request-rx-copy", "backend",
					    "backend-id",	 "ring-page-order", "mac" };

	for (unsigned int n = below(60); n; n--) {
		if (!below(8))
			hv_sched_op(SCHEDOP_yield, NULL);
		if (below(2))
			store_printf(dir, "state", "%s", ONE_OF(words));
		else
			store_printf(dir, ONE_OF(keys), "%u", edge());
	}
	if (!below(4))
		ask_path(XS_RM, 0, dir, NULL, NULL, 0);
	hv_sched_op(SCHEDOP_yield, NULL);
}

/* One's own nodes, given to others and closed to oneself. */
static void any_rights(const char *dir)
{
	char body[96];
	size_t at = strlcpy(body, below(2) ? dir : any_path(), 64) + 1;

	at += (size_t)snprintf(body + at, sizeof(body) - at, "%c%u", "nrwbx"[below(5)], below(4)) +
	      1;
	store_ask(XS_SET_PERMS, 0, body, at, NULL, 0);
}

void store_misuse(const char *dir)
{
	switch (below(9)) {
	case 0:
		endless_transactions();
		break;
	case 1:
		endless_watches();
		break;
	case 2:
		fill_up();
		break;
	case 3:
		any_messages();
		break;
	case 4:
		any_rights(dir);
		break;
	case 5:
		cross_the_line();
		break;
	case 6:
		long_transaction();
		break;
	default:
		walk_states(dir);
	}
}

/* Once for all: from here on there is no store for us. */
void store_spoil(void)
{
	struct xenstore_domain_interface *r = ring();

	switch (lost ? 3 : below(4)) {
	case 0: { /* a message that is longer than any */
		struct xsd_sockmsg h = { .type = draw(), .len = 0x10000 };

		put(&h, sizeof(h));
		break;
	}
	case 1:
		r->req_prod = r->req_cons + XENSTORE_RING_SIZE + 1;
		break;
	case 2:
		r->rsp_cons = r->rsp_prod + 1;
		break;
	default:
		scribble(r, sizeof(*r));
	}
	lost = true;
	notify();
}
