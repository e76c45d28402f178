/* SPDX-License-Identifier: MIT */
/*
 * Event channels of a test: the upcall, counts of what arrived, and the usual operations.
 *
 * The upcall handler clears and counts every unmasked pending port. Tests run with upcalls masked
 * until they say otherwise, as the domain starts. The counts are atomic: each vCPU has upcalls of its own
 * (smp.h); masks and pending bits of "the vCPU" are those of the one that asks.
 */
#ifndef PV_EVENT_H
#define PV_EVENT_H

#include "mm.h"
#include "pv.h"
#include "trap.h"

/* Register the callbacks; the mask stays as it is. */
void event_init(void);

extern unsigned int upcalls;		       /* times that the upcall was entered */
extern unsigned int port_count[1024];	       /* times that it found a port pending */
extern unsigned int port_vcpu[1024];	       /* and on which vCPU, last */
extern struct regs upcall_regs;		       /* frame of the last upcall */
extern void (*upcall_hook)(struct regs *regs); /* run at the start of each upcall, if set */

bool port_pending(evtchn_port_t port);
void port_clear(evtchn_port_t port);
void port_mask(evtchn_port_t port);
/* Clear the mask bit only: no upcall follows for what is pending (that is EVTCHNOP_unmask). */
void port_unmask(evtchn_port_t port);

static inline void upcall_mask(bool masked)
{
	*(volatile uint8_t *)&shared_info->vcpu_info[this_vcpu()].evtchn_upcall_mask = masked;
}

static inline bool upcall_masked(void)
{
	return *(volatile uint8_t *)&shared_info->vcpu_info[this_vcpu()].evtchn_upcall_mask;
}

static inline bool upcall_pending(void)
{
	return *(volatile uint8_t *)&shared_info->vcpu_info[this_vcpu()].evtchn_upcall_pending;
}

/* Forget what is pending for the vCPU; the ports' own bits stay. */
void upcall_clear(void);

/* Each returns the new port, or a negative error. */
int evtchn_alloc_unbound(domid_t dom, domid_t remote);
int evtchn_bind_interdomain(domid_t dom, evtchn_port_t port);
int evtchn_bind_ipi(unsigned int vcpu);
int evtchn_bind_virq(unsigned int virq, unsigned int vcpu);
/* Each returns 0 or a negative error. */
int evtchn_close(evtchn_port_t port);
int evtchn_send(evtchn_port_t port);
int evtchn_unmask(evtchn_port_t port);
int evtchn_bind_vcpu(evtchn_port_t port, unsigned int vcpu);
int evtchn_status(domid_t dom, evtchn_port_t port, struct evtchn_status *status);

/* System time in nanoseconds, from vcpu_time_info and the TSC. */
uint64_t system_time(void);
/* Spin for so many nanoseconds of it. */
void delay(uint64_t ns);

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#endif
