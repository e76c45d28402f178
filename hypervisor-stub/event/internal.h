/* SPDX-License-Identifier: MIT */
/*
 * The inside of event/: what a port is, and the bits that make an event.
 *
 * evtchn.c finds and frees ports, bind.c makes them, send.c delivers by bitmaps and fifo.c by queues, as the
 * guest chose; ops.c is the hypercall.
 */
#ifndef EVENT_INTERNAL_H
#define EVENT_INTERNAL_H

#include "abi/shared.h"
#include "cpu/spinlock.h"
#include "domain/domain.h"
#include "event/event.h"

/* Ports are allocated by the group, so that a domain with few of them takes little memory. */
#define PORT_GROUP	 32
#define GROUPS_A_BUCKET	 128
#define PORT_BUCKET	 (PORT_GROUP * GROUPS_A_BUCKET)
#define PORT_BUCKETS	 (EVTCHN_FIFO_NR_CHANNELS / PORT_BUCKET)
#define PORT_FIRST_VALID 1 /* port 0 is never given out: guests use it as "none" */

enum port_state {
	PORT_FREE,
	PORT_RESERVED, /* being closed or made */
	PORT_UNBOUND,
	PORT_INTERDOMAIN,
	PORT_PIRQ,
	PORT_VIRQ,
	PORT_IPI,
	PORT_HYPERVISOR
};

struct port {
	uint8_t state; /* enum port_state */
	uint8_t vcpu;  /* which vCPU is told; the other end reads it without our lock */
	/* fifo.c */
	uint8_t priority;
	uint8_t last_vcpu, last_priority; /* the queue where it was last, lock: fifo */
	bool pending;			  /* and the guest has given no word for it */
	union {
		domid_t unbound_from; /* who may bind to it */
		uint16_t virq;
		uint16_t pirq;
		void (*consumer)(struct domain *d); /* the hypervisor's end */
		struct {
			/* No reference: a domain that dies closes its ports, and so ours. */
			struct domain *domain;
			evtchn_port_t port;
		} peer;
	};
};

struct evtchns {
	struct spinlock lock;
	uint32_t quota;	   /* ports that its toolstack lets it have, port 0 included; 0: it dies */
	unsigned int used; /* ports that groups exist for */
	evtchn_port_t next_close; /* evtchn_destroy(): progress */
	evtchn_port_t first_free; /* no port below is free */
	struct port **bucket[PORT_BUCKETS];
	bool fifo_on;	   /* FIFO events; changes under both the lock and the queues' */
	struct fifo *fifo; /* NULL: never used; stays until the domain goes */
};

/* The port, or NULL if it never existed. Free ones are returned too. Locks: evtchn. */
static inline struct port *port_at(const struct domain *d, evtchn_port_t port)
{
	const struct evtchns *e = d->evtchn;

	if (unlikely(port >= e->used))
		return NULL;
	return &e->bucket[port / PORT_BUCKET][port / PORT_GROUP % GROUPS_A_BUCKET]
			 [port % PORT_GROUP];
}

/* One above the highest port that the domain may have: its ABI has room for so many. */
static inline unsigned int port_limit(const struct domain *d)
{
	return min(d->evtchn->quota,
		   d->evtchn->fifo_on ? EVTCHN_FIFO_NR_CHANNELS : evtchn_ports(d));
}

/* The lowest free port, reserved. -ENOSPC: the ABI has no more; -ENOMEM. Locks: evtchn. */
int port_alloc(struct domain *d);
/* Make it free, its pending bit clear. Locks: evtchn. */
void port_free(struct domain *d, evtchn_port_t port);

/* Locks of both domains, lower number first; a domain may be paired with itself. */
void evtchn_lock_two(struct domain *a, struct domain *b);
void evtchn_unlock_two(struct domain *a, struct domain *b);

/* Tell vCPU v of d that `port` happened. Locks: evtchn of d, or of the domain at the other end. */
void port_set_pending(struct domain *d, struct vcpu *v, evtchn_port_t port);

/* The same if the port is open, told to the vCPU that it is bound to. Locks: evtchn of d. */
void port_notify(struct domain *d, evtchn_port_t port);

/* Close whatever it is; a peer becomes unbound. -EINVAL: not open. Takes the locks that it needs. */
int port_close(struct domain *d, evtchn_port_t port);

/* Its upcall byte, and see that it notices. */
void upcall_raise(struct vcpu *v);

/*
 * fifo.c. Locks: evtchn of d, or of the domain at the other end for set_pending, which is false if the
 * guest left the ABI meanwhile. The others only while fifo_on.
 */
struct fifo;
bool fifo_set_pending(struct domain *d, struct vcpu *v, evtchn_port_t port);
void fifo_clear_pending(struct domain *d, evtchn_port_t port);
void fifo_unmask(struct domain *d, struct vcpu *v, evtchn_port_t port);
bool fifo_is_pending(struct domain *d, evtchn_port_t port);
bool fifo_is_masked(struct domain *d, evtchn_port_t port);
/* It is still in a queue of the guest, which must take it out before the port is used again. */
bool fifo_is_busy(struct domain *d, evtchn_port_t port);
/* Back to bitmaps; gives the guest's pages back. */
void fifo_off(struct domain *d);
void fifo_audit(const struct domain *d);
size_t fifo_bytes(const struct domain *d);
long fifo_init_control(struct evtchn_init_control *op);
long fifo_expand_array(const struct evtchn_expand_array *op);
long fifo_set_priority(const struct evtchn_set_priority *op);

/* bind.c */
long bind_unbound(struct evtchn_alloc_unbound *op);
long bind_interdomain(struct evtchn_bind_interdomain *op);
long bind_virq(struct evtchn_bind_virq *op);
long bind_ipi(struct evtchn_bind_ipi *op);
long bind_pirq(struct evtchn_bind_pirq *op); /* pirq.c */
long bind_vcpu(const struct evtchn_bind_vcpu *op);

/* send.c */
long event_send(evtchn_port_t port);
long event_unmask(evtchn_port_t port);

#endif
