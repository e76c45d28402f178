/* SPDX-License-Identifier: MIT */
/*
 * The ring to the store: requests out, answers and watch events in.
 *
 * One page with two rings of 1 KiB (<xen/io/xs_wire.h>). The indices count up and are taken modulo the
 * size; who produces checks for room, who consumes for data. One request is under way at a time, so the
 * next answer is its answer; events may come at any moment. A thread reads, so that an event never waits
 * for a request's sender.
 *
 * Domain 0 has the server as a program of its own: it makes the page and the port, and the server finds
 * them by /dev/xen/xenbus_backend. Another domain finds both in start_info.
 *
 * Locks: talk (a mutex) for a request with its answer; `lock` for the answer that is handed over, and for each step on
 * the ring together with the question whether its server is still the same.
 */
#include "xs.h"
#include "proc.h"
#include "xen-x86.h"

static struct xenstore_domain_interface *ring;
static evtchn_port_t port;
static struct waitq activity = WAITQ_INIT(activity);
/*
 * Is there a server? Always in a domain that was given its ring; in domain 0 as long as a program has the
 * server's file open. Each new server begins with an empty ring and a new number: whoever waits for something of an
 * older one waits in vain, and finds out by this.
 */
static bool own; /* we made the ring, and a program of ours serves it */
static bool served;
static bool ending; /* it has gone, and the reader takes what it still left in the ring */
static volatile unsigned service;
static struct waitq serving = WAITQ_INIT(serving);
static struct mutex talk = MUTEX_INIT(talk);

static struct spinlock lock = SPINLOCK_INIT;
static struct waitq answered = WAITQ_INIT(answered);
static struct {
	bool ready;
	struct xsd_sockmsg header;
	char *body;
} answer;

/* ---- moving bytes ---- */

static uint32_t load(const XENSTORE_RING_IDX *index)
{
	return *(const volatile XENSTORE_RING_IDX *)index;
}

static uint32_t room(void)
{
	uint32_t used = load(&ring->req_prod) - load(&ring->req_cons);

	return used > XENSTORE_RING_SIZE ? 0 : XENSTORE_RING_SIZE - used;
}

static uint32_t waiting(void)
{
	uint32_t n = load(&ring->rsp_prod) - load(&ring->rsp_cons);

	return n > XENSTORE_RING_SIZE ? 0 : n;
}

/* Both: false when the server that this was for is gone. */

/* The server is not told: xs_ask() does that once for a whole message. Where there is no room it has to know before. */
static bool put(unsigned by, const char *src, size_t n)
{
	while (n) {
		uint32_t prod, piece = 0;

		if (!room())
			evtchn_notify(port);
		wait_event(&activity, room() || service != by);
		spin_lock(&lock);
		if (service == by) {
			prod = load(&ring->req_prod);
			piece = min(room(), XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(prod));
			piece = (uint32_t)min((size_t)piece, n);
			memcpy(ring->req + MASK_XENSTORE_IDX(prod), src, piece);
			barrier();
			*(volatile XENSTORE_RING_IDX *)&ring->req_prod = prod + piece;
		}
		spin_unlock(&lock);
		if (service != by)
			return false;
		src += piece;
		n -= piece;
	}
	return true;
}

/* Under the lock. Whoever waits for this server waits in vain from now on. */
static void ended(void)
{
	service++;
	ending = false;
	waitq_wake(&activity);
	waitq_wake(&answered);
	waitq_wake(&serving);
}

/* The server wants to hear of room only if it found none: <xen/io/xs_wire.h>'s rings are full then. */
static bool get(unsigned by, char *dst, size_t n)
{
	while (n) {
		uint32_t cons, piece = 0;
		bool was_full = false;

		wait_event(&activity, waiting() || service != by || *(volatile bool *)&ending);
		spin_lock(&lock);
		if (service == by && !waiting() && ending) {
			ended();
		} else if (service == by) {
			cons = load(&ring->rsp_cons);
			piece = min(waiting(), XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(cons));
			piece = (uint32_t)min((size_t)piece, n);
			barrier();
			memcpy(dst, ring->rsp + MASK_XENSTORE_IDX(cons), piece);
			barrier();
			*(volatile XENSTORE_RING_IDX *)&ring->rsp_cons = cons + piece;
			/* Before we look, so that one of us sees what the other did. */
			__sync_synchronize();
			was_full = load(&ring->rsp_prod) - cons >= XENSTORE_RING_SIZE;
		}
		spin_unlock(&lock);
		if (service != by)
			return false;
		if (was_full)
			evtchn_notify(port);
		dst += piece;
		n -= piece;
	}
	return true;
}

static void event(void *unused)
{
	(void)unused;
	waitq_wake(&activity);
}

/* ---- the reader ---- */

static void hand_over(const struct xsd_sockmsg *header, char *body)
{
	spin_lock(&lock);
	kfree(answer.body); /* one that nobody waited for */
	answer.header = *header;
	answer.body = body;
	answer.ready = true;
	spin_unlock(&lock);
	waitq_wake(&answered);
}

static bool skip(unsigned by, size_t n)
{
	char waste[64];

	while (n) {
		size_t piece = min(n, sizeof(waste));

		if (!get(by, waste, piece))
			return false;
		n -= piece;
	}
	return true;
}

/* One message; false when the server changed in the middle of it. */
static bool read_message(unsigned by)
{
	struct xsd_sockmsg header;
	char *body;

	if (!get(by, (char *)&header, sizeof(header)))
		return false;
	body = header.len <= XENSTORE_PAYLOAD_MAX ? kmalloc(header.len + 1) : NULL;
	if (!body) {
		printk("xenstore: a message of %u bytes is dropped\n", header.len);
		if (!skip(by, header.len))
			return false;
		if (header.type != XS_WATCH_EVENT)
			hand_over(&header, NULL);
		return true;
	}
	if (!get(by, body, header.len)) {
		kfree(body);
		return false;
	}
	body[header.len] = '\0';
	if (header.type == XS_WATCH_EVENT)
		xs_watch_event(body, header.len);
	else
		hand_over(&header, body);
	return true;
}

static void reader(void *unused)
{
	(void)unused;
	for (;;) {
		unsigned by = service;

		while (read_message(by))
			;
	}
}

/* ---- a request ---- */

/* Errors travel as their names. */
static int error_number(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(xsd_errors); i++)
		if (!strcmp(xsd_errors[i].errstring, name))
			return -xsd_errors[i].errnum;
	return -EINVAL;
}

/* The answer to request `id`; -ENOTCONN when the server ended meanwhile. */
static int wait_for_answer(unsigned by, uint32_t id, struct xsd_sockmsg *header, char **body)
{
	for (;;) {
		wait_event(&answered, *(volatile bool *)&answer.ready || service != by);
		if (service != by)
			return -ENOTCONN;
		spin_lock(&lock);
		*header = answer.header;
		*body = answer.body;
		answer.ready = false;
		answer.body = NULL;
		spin_unlock(&lock);
		if (header->req_id == id)
			return 0;
		kfree(*body); /* of a request that nobody waits for any more */
	}
}

static int take_answer(unsigned by, uint32_t type, uint32_t id, char **reply, size_t *len)
{
	struct xsd_sockmsg header;
	char *body = NULL;
	int rc = wait_for_answer(by, id, &header, &body);

	if (!rc && !body)
		rc = -EIO;
	if (!rc && header.type == XS_ERROR)
		rc = error_number(body);
	else if (!rc && header.type != type)
		rc = -EIO;
	if (!rc && reply) {
		*reply = body;
		body = NULL;
	}
	if (len)
		*len = rc ? 0 : header.len;
	kfree(body);
	return rc;
}

int xs_ask(uint32_t type, xs_transaction_t t, const struct span *parts, unsigned count,
	   char **reply, size_t *len)
{
	static uint32_t next_id;
	struct xsd_sockmsg header = { .type = type, .tx_id = t };
	unsigned by;
	bool sent;
	int rc;

	if (!ring)
		return -ENODEV;
	for (unsigned i = 0; i < count; i++)
		header.len += parts[i].len;
	if (header.len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	mutex_lock(&talk);
	by = service;
	if (!served) {
		mutex_unlock(&talk);
		return -ENOTCONN;
	}
	header.req_id = ++next_id;
	sent = put(by, (const char *)&header, sizeof(header));
	for (unsigned i = 0; i < count && sent; i++)
		sent = put(by, parts[i].base, parts[i].len);
	if (sent)
		evtchn_notify(port);
	rc = sent ? take_answer(by, type, header.req_id, reply, len) : -ENOTCONN;
	mutex_unlock(&talk);
	return rc;
}

int xs_talk(uint32_t type, xs_transaction_t t, const struct span *parts, unsigned count,
	    char **reply, size_t *len)
{
	int rc;

	do {
		if (ring)
			wait_event(&serving, *(volatile bool *)&served);
		rc = xs_ask(type, t, parts, count, reply, len);
	} while (rc == -ENOTCONN && !t);
	return rc == -ENOTCONN ? -EAGAIN : rc;
}

/* ---- the server's side of domain 0's own ring ---- */

bool xs_wire_is_own(void)
{
	return own;
}

unsigned xs_wire_service(void)
{
	return service;
}

int xs_wire_wait(void)
{
	return ring ? wait_event_interruptible(&serving, *(volatile bool *)&served) : -ENODEV;
}

bool xs_wire_serve_begin(void)
{
	if (!ring || !own)
		return false;
	wait_event(&serving, !*(volatile bool *)&ending);
	spin_lock(&lock);
	memset(ring, 0, PAGE_SIZE);
	service++;
	served = true;
	spin_unlock(&lock);
	waitq_wake(&activity);
	waitq_wake(&serving);
	if (service > 1)
		xs_defer(xs_watch_again, NULL); /* the new server has not heard of them */
	return true;
}

/* What it has answered is done: those answers are read first, or a request would be made twice. */
void xs_wire_serve_end(void)
{
	spin_lock(&lock);
	served = false;
	ending = true;
	spin_unlock(&lock);
	waitq_wake(&activity);
}

/* ---- which page, which port ---- */

static int make_own(void)
{
	pfn_t pfn = page_alloc_zeroed();
	int rc;

	if (pfn_is_none(pfn))
		return -ENOMEM;
	rc = evtchn_alloc(0, event, NULL);
	if (rc < 0) {
		page_put(pfn);
		return rc;
	}
	port = (evtchn_port_t)rc;
	ring = machine_page_va(pfn);
	own = true;
	return 0;
}

static int find_given(void)
{
	const start_info_t *si = xen_start_info;
	pfn_t pfn;

	if (!si->store_evtchn)
		return -ENODEV;
	pfn = mfn_to_pfn(mfn_of(si->store_mfn));
	if (pfn_is_none(pfn))
		return -ENODEV;
	port = si->store_evtchn;
	ring = machine_page_va(pfn);
	served = true;
	return evtchn_bind(port, event, NULL) < 0 ? -ENODEV : 0;
}

int xs_wire_init(void)
{
	int rc = machine_info.privileged && !xen_start_info->store_evtchn ? make_own()
									  : find_given();

	if (rc)
		return rc;
	return kthread_create("xenstore", reader, NULL) ? 0 : -ENOMEM;
}

void *xs_wire_page(void)
{
	return ring;
}

evtchn_port_t xs_wire_port(void)
{
	return port;
}
