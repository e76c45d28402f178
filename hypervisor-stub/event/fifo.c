/* SPDX-License-Identifier: MIT */
/*
 * FIFO event channels: an event is a word in the guest's memory, and pending events form lists.
 *
 * The other ABI of event channels (<xen/event_channel.h>): each port has a 32-bit word in an array of pages
 * that the guest gives, up to 131072 of them. Each vCPU has a control block with sixteen queues, one a
 * priority; a queue is a list of ports through the LINK field of their words. We append at the tail, the
 * guest takes from the head; who finds the queue empty writes the head and sets the queue's bit in `ready`.
 *
 *	control block of a vCPU             words of the array
 *	 ready   0000 0000 1000 0000        port 9               port 4               port 12
 *	 head[7] ----------------------->  | P . L | 4  |  --->  | P . L | 12 |  --->  | P . L | 0 |
 *	                                                                                 ^
 *	                                          ours: tail of queue 7 -----------------+
 *
 * A word's bits: PENDING we set, the guest clears; MASKED is the guest's; LINKED says that the port is in a
 * queue, set by us, cleared by the guest when it takes the port out; BUSY we set to keep the guest from
 * clearing the mask while we change LINK.
 *
 * The guest may write anything at any moment. All that we believe is our own: tails, and where a port was
 * queued last. What we write are words of the guest's pages, which hold a writable reference each for as
 * long as the ABI is in use; so a guest that breaks its lists loses its own events.
 *
 * An event for a port whose page is not there yet is remembered in the port. Events from before the guest
 * chose this ABI may be lost: the header says so, and guests choose before they bind.
 *
 * Lock: one for all queues of the domain, inside evtchn (of the sender's domain, which may be another one).
 */
#include "abi/abi.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "event/internal.h"
#include "sched/sched.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define PAGES_MOST     (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)
#define LINK_TRIES     4 /* how often a guest may change a word under our hands */

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED	(1u << EVTCHN_FIFO_MASKED)
#define LINKED	(1u << EVTCHN_FIFO_LINKED)
#define BUSY	(1u << EVTCHN_FIFO_BUSY)

struct fifo_vcpu {
	struct evtchn_fifo_control_block *control;  /* NULL: the guest has given none yet */
	evtchn_port_t tail[EVTCHN_FIFO_MAX_QUEUES]; /* port that was queued last; 0: none */
};

struct fifo {
	struct spinlock lock;
	bool on; /* false again after a reset */
	unsigned int words;
	event_word_t *page[PAGES_MOST];
	struct fifo_vcpu vcpu[];
};

/* Locks: fifo. NULL: the guest has given no page for it. */
static event_word_t *word_at(const struct fifo *f, evtchn_port_t port)
{
	return port < f->words ? &f->page[port / WORDS_PER_PAGE][port % WORDS_PER_PAGE] : NULL;
}

/* ---- raising ------------------------------------------------------------------------------------- */

/* 1: `link` follows that word now; 0: it is in no queue any more; -EAGAIN: the guest changed it. */
static int try_link(event_word_t *word, evtchn_port_t link)
{
	event_word_t old = READ_ONCE(*word), new;

	if (!(old & LINKED))
		return 0;
	new = (old & ~(BUSY | EVTCHN_FIFO_LINK_MASK)) | link;
	return __atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED)
		       ? 1
		       : -EAGAIN;
}

/* Append to the queue that ends with that word. False: it has been emptied meanwhile. */
static bool set_link(const struct domain *d, event_word_t *tail, evtchn_port_t link)
{
	int rc = try_link(tail, link);

	for (unsigned int i = 0; rc < 0 && i < LINK_TRIES; i++) {
		/* BUSY tells the guest to leave the word alone for a moment. */
		__atomic_fetch_or(tail, BUSY, __ATOMIC_SEQ_CST);
		rc = try_link(tail, link);
	}
	if (rc <= 0)
		__atomic_fetch_and(tail, ~BUSY, __ATOMIC_SEQ_CST);
	if (rc < 0)
		log_warning("d%u: it keeps changing the word of an event in use", d->id);
	/* Then it is as if the guest had taken and lost it: an event of its own is gone. */
	return rc != 0;
}

/* Put the port into its vCPU's queue, and tell the vCPU if that was empty. Locks: fifo. */
static void enqueue(struct domain *d, struct vcpu *v, struct port *p, evtchn_port_t port,
		    event_word_t *word)
{
	struct fifo *f = d->evtchn->fifo;
	struct fifo_vcpu *q = &f->vcpu[v->id];
	evtchn_port_t *old = &f->vcpu[p->last_vcpu].tail[p->last_priority];
	bool linked = false;

	if (!q->control || (__atomic_fetch_or(word, LINKED, __ATOMIC_SEQ_CST) & LINKED))
		return;
	/* It left its old queue as the last one: that is empty, and must not be appended to through it. */
	if (*old == port)
		*old = 0;
	p->last_vcpu = (uint8_t)v->id;
	p->last_priority = p->priority;
	if (q->tail[p->priority])
		linked = set_link(d, word_at(f, q->tail[p->priority]), port);
	if (!linked)
		WRITE_ONCE(q->control->head[p->priority], port);
	q->tail[p->priority] = port;
	if (!linked &&
	    !(__atomic_fetch_or(&q->control->ready, 1u << p->priority, __ATOMIC_SEQ_CST) &
	      1u << p->priority))
		upcall_raise(v);
}

/* False: the ABI is not in use any more. *news: it was not pending before. Locks: fifo. */
static bool raise(struct domain *d, struct vcpu *v, evtchn_port_t port, bool *news)
{
	struct fifo *f = d->evtchn->fifo;
	struct port *p = port_at(d, port);
	event_word_t *word = word_at(f, port), old;

	*news = false;
	if (!f->on)
		return false;
	if (!word) {
		p->pending = true;
		return true;
	}
	old = __atomic_fetch_or(word, PENDING, __ATOMIC_SEQ_CST);
	*news = !(old & PENDING);
	if (!(old & (MASKED | LINKED)) && v)
		enqueue(d, v, p, port, word);
	return true;
}

bool fifo_set_pending(struct domain *d, struct vcpu *v, evtchn_port_t port)
{
	struct fifo *f = d->evtchn->fifo;
	bool done, news;

	spin_lock(&f->lock);
	done = raise(d, v, port, &news);
	spin_unlock(&f->lock);
	if (news && unlikely(d->pollers))
		poll_wake(d, port);
	return done;
}

/* ---- single bits ----------------------------------------------------------------------------------- */

static event_word_t read_word(struct domain *d, evtchn_port_t port)
{
	struct fifo *f = d->evtchn->fifo;
	const event_word_t *word;
	event_word_t value;

	spin_lock(&f->lock);
	word = word_at(f, port);
	value = word ? READ_ONCE(*word) : 0;
	spin_unlock(&f->lock);
	return value;
}

bool fifo_is_pending(struct domain *d, evtchn_port_t port)
{
	return read_word(d, port) & PENDING;
}

bool fifo_is_masked(struct domain *d, evtchn_port_t port)
{
	return read_word(d, port) & MASKED;
}

bool fifo_is_busy(struct domain *d, evtchn_port_t port)
{
	return read_word(d, port) & LINKED;
}

static event_word_t clear_bit(struct domain *d, evtchn_port_t port, event_word_t bit)
{
	struct fifo *f = d->evtchn->fifo;
	event_word_t *word, old = 0;

	spin_lock(&f->lock);
	word = word_at(f, port);
	if (word)
		old = __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
	spin_unlock(&f->lock);
	return old;
}

/* A queue that has the port still leads through it; the guest skips what is not pending. */
void fifo_clear_pending(struct domain *d, evtchn_port_t port)
{
	port_at(d, port)->pending = false;
	(void)clear_bit(d, port, PENDING);
}

void fifo_unmask(struct domain *d, struct vcpu *v, evtchn_port_t port)
{
	if (clear_bit(d, port, MASKED) & PENDING)
		(void)fifo_set_pending(d, v, port);
}

/* ---- setting up ------------------------------------------------------------------------------------- */

/* Its first vCPU chose this ABI. Locks: evtchn. */
static int switch_on(struct domain *d)
{
	struct evtchns *e = d->evtchn;
	struct fifo *f = e->fifo;

	if (!f) {
		f = kalloc(sizeof(*f) + d->max_vcpus * sizeof(f->vcpu[0]));
		if (!f)
			return -ENOMEM;
		spin_init(&f->lock, LOCK_EVTCHN_QUEUE);
		e->fifo = f;
	}
	/* What is pending in the old way comes again in the new one, once its page is there. */
	for (evtchn_port_t port = PORT_FIRST_VALID; port < e->used && port < evtchn_ports(d);
	     port++)
		port_at(d, port)->pending = shared_bit_test(evtchn_pending_words(d), port);
	f->on = true;
	__atomic_store_n(&e->fifo_on, true, __ATOMIC_RELEASE);
	return 0;
}

/* Locks: evtchn. */
static int give_control(struct domain *d, const struct vcpu *v, void *control)
{
	struct evtchns *e = d->evtchn;
	int rc = e->fifo_on ? 0 : switch_on(d);

	if (rc)
		return rc;
	if (e->fifo->vcpu[v->id].control)
		return -EINVAL;
	spin_lock(&e->fifo->lock);
	e->fifo->vcpu[v->id].control = control;
	spin_unlock(&e->fifo->lock);
	return 0;
}

long fifo_init_control(struct evtchn_init_control *op)
{
	struct domain *d = current->domain;
	struct vcpu *v = op->vcpu < d->max_vcpus ? d->vcpu[op->vcpu] : NULL;
	mfn_t mfn = _mfn(op->control_gfn);
	int rc;

	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	if (!v)
		return refuse(-ENOENT, "there is no vCPU %u", op->vcpu);
	if (op->offset % 8 || op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block))
		return refuse(-EINVAL,
			      "a control block at offset %x is misaligned or leaves its page",
			      op->offset);
	if (frame_get_typed(mfn, d, FT_WRITABLE))
		return refuse(-EINVAL, "mfn %lx is not plain memory of this domain", mfn_x(mfn));
	spin_lock(&d->evtchn->lock);
	rc = give_control(d, v, (uint8_t *)mfn_to_virt(mfn) + op->offset);
	spin_unlock(&d->evtchn->lock);
	if (!rc)
		return 0;
	frame_put_typed(mfn_to_frame(mfn));
	return rc == -ENOMEM ? refuse(rc, "no memory for FIFO event channels")
			     : refuse(rc, "vCPU %u has a control block already", v->id);
}

/* Locks: evtchn. */
static int add_page(struct domain *d, event_word_t *page)
{
	struct fifo *f = d->evtchn->fifo;
	evtchn_port_t port;

	if (!d->evtchn->fifo_on)
		return -EOPNOTSUPP;
	if (f->words == EVTCHN_FIFO_NR_CHANNELS)
		return -ENOSPC;
	port = f->words;
	spin_lock(&f->lock);
	f->page[f->words / WORDS_PER_PAGE] = page;
	f->words += WORDS_PER_PAGE;
	spin_unlock(&f->lock);
	/* Events that waited for it. */
	for (; port < f->words && port < d->evtchn->used; port++) {
		struct port *p = port_at(d, port);

		if (p->state == PORT_FREE || !p->pending)
			continue;
		p->pending = false;
		(void)fifo_set_pending(d, d->vcpu[p->vcpu], port);
	}
	return 0;
}

long fifo_expand_array(const struct evtchn_expand_array *op)
{
	struct domain *d = current->domain;
	mfn_t mfn = _mfn(op->array_gfn);
	int rc;

	if (!d->evtchn->fifo_on)
		return refuse(-EOPNOTSUPP, "FIFO event channels are not in use");
	if (frame_get_typed(mfn, d, FT_WRITABLE))
		return refuse(-EINVAL, "mfn %lx is not plain memory of this domain", mfn_x(mfn));
	spin_lock(&d->evtchn->lock);
	rc = add_page(d, mfn_to_virt(mfn));
	spin_unlock(&d->evtchn->lock);
	if (!rc)
		return 0;
	frame_put_typed(mfn_to_frame(mfn));
	return refuse(rc, "the array has all its %zu pages, or was reset", PAGES_MOST);
}

long fifo_set_priority(const struct evtchn_set_priority *op)
{
	struct domain *d = current->domain;
	struct port *p;
	long rc = 0;

	if (op->priority > EVTCHN_FIFO_PRIORITY_MIN)
		return refuse(-EINVAL, "priority %u, the lowest is %u", op->priority,
			      EVTCHN_FIFO_PRIORITY_MIN);
	spin_lock(&d->evtchn->lock);
	p = port_at(d, op->port);
	if (p && p->state != PORT_FREE)
		p->priority = (uint8_t)op->priority;
	else
		rc = -EINVAL;
	spin_unlock(&d->evtchn->lock);
	return rc ? refuse(rc, "port %u is not open", op->port) : 0;
}

/* ---- the end ------------------------------------------------------------------------------------------ */

/* What the guest gave, each as a place in its frame: for the audit, and to give it back. */
static void for_each_page(const struct domain *d, void (*fn)(const void *at))
{
	const struct fifo *f = d->evtchn->fifo;

	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (f->vcpu[i].control)
			fn(f->vcpu[i].control);
	for (unsigned int i = 0; i < f->words / WORDS_PER_PAGE; i++)
		fn(f->page[i]);
}

static void put_page(const void *at)
{
	frame_put_typed(mfn_to_frame(virt_to_mfn(at)));
}

void fifo_off(struct domain *d)
{
	struct fifo *f = d->evtchn->fifo;

	if (!f)
		return;
	/* A sender that is on its way here finds it off, under the lock. */
	__atomic_store_n(&d->evtchn->fifo_on, false, __ATOMIC_RELEASE);
	spin_lock(&f->lock);
	f->on = false;
	for_each_page(d, put_page);
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		f->vcpu[i] = (struct fifo_vcpu){ 0 };
	f->words = 0;
	spin_unlock(&f->lock);
}

static void count_page(const void *at)
{
	audit_count(virt_to_mfn(at), 1, 1);
}

void fifo_audit(const struct domain *d)
{
	if (d->evtchn->fifo)
		for_each_page(d, count_page);
}

size_t fifo_bytes(const struct domain *d)
{
	return kalloc_size(d->evtchn->fifo);
}
