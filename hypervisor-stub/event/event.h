/* SPDX-License-Identifier: MIT */
/*
 * Event channels: the guest's interrupts.
 *
 * Owns: the ports of each domain. Lock: evtchn.domain; a channel between two domains is made and unmade
 * with both, the one with the lower domain number first, so either of them keeps it as it is. Two-level
 * ABI: 1024 ports at 32 bits, 4096 at 64 bits; FIFO ABI, if the guest asks for it: 131072.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "domain/domain.h"

/* -ENOMEM. Config: max_evtchn_port. */
int evtchn_init(struct domain *d, const struct domain_config *config);
/* Close every port, peers become unbound. -ERESTART: call again. Then everything, when nobody knows d. */
int evtchn_destroy(struct domain *d);
void evtchn_free(struct domain *d);
/* At boot: the audit shall count the pages that guests give for their events. */
void evtchn_start(void);

/* What the ports take of the heap. */
size_t evtchn_bytes(const struct domain *d);
/* Debug key `e`. */
void evtchn_dump_init(void);

/* Raise a virtual interrupt (VIRQ_*) of one vCPU, or the domain's global one. No port bound: nothing. */
void virq_send_vcpu(struct vcpu *v, unsigned int virq);
void virq_send_global(struct domain *d, unsigned int virq);

/*
 * virq.c: the global ones of the machine have one domain each that hears of them: domain 0, unless it named
 * another (domctl set_virq_handler). -EINVAL: not a global one. The handler is held by a reference.
 */
int virq_set_handler(struct domain *d, unsigned int virq);
void virq_send_handler(unsigned int virq);
/* d is dying: what it handled is domain 0's again. */
void virq_forget_handler(struct domain *d);

/* Is it one of the domain's, bound once, rather than one of each vCPU? */
bool virq_is_global(unsigned int virq);

/* Send on a port of d, as if d did (domctl subscribe). 0, -EINVAL. */
long evtchn_send_from(struct domain *d, evtchn_port_t port);

/* Clear the port's mask bit, and deliver what waited behind it. -EINVAL: not open. */
long evtchn_unmask(struct domain *d, evtchn_port_t port);

/*
 * pirq.c: the interrupt that d calls `pirq` came. Returns the vCPU that was told, NULL if no port is bound;
 * it lives as long as d, to which the caller holds a reference.
 */
const struct vcpu *evtchn_send_pirq(struct domain *d, unsigned int pirq);

/*
 * A port whose other end is the hypervisor: when the domain sends, consumer(d) is called with no lock
 * held; evtchn_notify() is the way back. The port, or -ENOSPC, -ENOMEM.
 */
int evtchn_bind_hypervisor(struct domain *d, void (*consumer)(struct domain *));

/* Set pending bits as the ABI says and kick the vCPU (for ports' senders inside the hypervisor). */
void evtchn_notify(struct domain *d, evtchn_port_t port);

/* Nothing is delivered to d in between (moving a vcpu_info). */
void evtchn_lock(struct domain *d);
void evtchn_unlock(struct domain *d);

/* The port's bits, wherever its ABI has them. */
bool evtchn_is_pending(struct domain *d, evtchn_port_t port);
bool evtchn_is_masked(struct domain *d, evtchn_port_t port);

/* Is `port` one that the domain has opened? For those who only look. */
bool evtchn_is_open(struct domain *d, evtchn_port_t port);

long do_event_channel_op(int cmd, gptr_t arg);
long do_event_channel_op_compat(gptr_t op);

#endif
