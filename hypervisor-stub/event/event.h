/* SPDX-License-Identifier: MIT */
/*
 * Event channels: the guest's interrupts.
 *
 * Owns: the ports of each domain. Lock: evtchn.domain; for interdomain operations both, the one with
 * the lower domain number first. Two-level ABI: 1024 ports at 32 bits, 4096 at 64 bits.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

struct vcpu;
struct domain;

/* -ENOMEM. */
int evtchn_init(struct domain *d);
/* Close every port, peers become unbound; then free. */
void evtchn_destroy(struct domain *d);

/* Raise a virtual interrupt (VIRQ_*) of one vCPU, or the domain's global one. No port bound: nothing. */
void virq_send_vcpu(struct vcpu *v, unsigned int virq);
void virq_send_global(struct domain *d, unsigned int virq);

/* Set pending bits as the ABI says and kick the vCPU (for ports' senders inside the hypervisor). */
void evtchn_notify(struct domain *d, uint16_t port);

long do_event_channel_op(int cmd, gptr_t arg);
long do_event_channel_op_compat(gptr_t op);

#endif
