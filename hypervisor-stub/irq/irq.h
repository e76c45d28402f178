/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of devices, from the machine to a domain.
 *
 * Three names for one interrupt, each of another world:
 *
 *	vector	what the processor sees: a number from 0x30 to 0xdf, the same on every pCPU
 *	line	what the machine has: a pin of an I/O APIC (its number is the GSI), or a message that a
 *		PCI function sends (MSI, MSI-X); each line that is in use has one vector
 *	PIRQ	what a domain calls a line that was mapped for it; it binds an event channel to it
 *
 *	   device ---pin or message---> vector ---> line ---> PIRQ of each domain bound ---> event channel
 *
 * Owns: vectors of devices, I/O APIC pins, MSI and MSI-X capabilities. Locks: devices (PCI functions;
 * outermost), then evtchn of the domain (its PIRQs), then irq (lines; with interrupts off, since the
 * interrupt handler takes it). The handler masks a level-triggered line and leaves the rest to SOFTIRQ_IRQ.
 *
 * A level-triggered line stays masked from its interrupt until every domain that shares it has said
 * PHYSDEVOP_eoi; else the device would interrupt for as long as a driver needs to run. Edges and
 * messages need nothing of the kind.
 */
#ifndef IRQ_IRQ_H
#define IRQ_IRQ_H

#include "domain/domain.h"

#define PIRQ_COUNT 256 /* numbers that a domain has: GSIs from below, messages from above */

/* After the local and I/O APICs are known, before domains run. */
void irq_lines_init(void);

/* ---- PIRQs; locks: evtchn of d, held by the caller (event/pirq.c) --------------------------------- */

bool pirq_is_mapped(const struct domain *d, unsigned int pirq);
/* The port that is bound to it; 0: none. */
evtchn_port_t pirq_port(const struct domain *d, unsigned int pirq);
/*
 * Let interrupts come, as events at `port`, to the pCPU of vCPU v. -EBUSY: the hypervisor uses the line,
 * or a domain does and one of both does not share. -ENOSPC: no vector is left.
 */
int pirq_bind(struct domain *d, unsigned int pirq, evtchn_port_t port, bool will_share,
	      const struct vcpu *v);
void pirq_unbind(struct domain *d, unsigned int pirq, evtchn_port_t port);
/* From now on v is told: its pCPU shall be interrupted. */
void pirq_aim(struct domain *d, unsigned int pirq, evtchn_port_t port, const struct vcpu *v);

/* ---- what physdev_op asks; locks: taken inside ---------------------------------------------------- */

/* MAP_PIRQ_TYPE_MSI*: which function, and for MSI-X which entry of its table. */
struct msi_request {
	unsigned int segment, bus, devfn, entry;
	bool msix; /* the guest named a table */
};

/*
 * Map a GSI, or a message, for d. *pirq is the number wished for, or -1 for any, and is set. -EINVAL,
 * -EEXIST, -ENOSPC; -ENODEV: no such function, or it cannot do this.
 */
long pirq_map_gsi(struct domain *d, int gsi, int *pirq);
long pirq_map_msi(struct domain *d, const struct msi_request *msi, int *pirq);
long pirq_unmap(struct domain *d, int pirq);
/* A number that nothing is mapped to, and that is not given out again. -ENOSPC, -ENOMEM. */
long pirq_reserve(struct domain *d, bool gsi);
/* PHYSDEVOP_eoi. -EINVAL: not mapped. */
long pirq_eoi(struct domain *d, unsigned int pirq);
/* The same for all whose event channel is not masked: PHYSDEVOP_IRQ_UNMASK_NOTIFY. */
void pirq_eoi_unmasked(struct domain *d);
bool pirq_is_shared(struct domain *d, unsigned int pirq);
/*
 * The bitmap in which a domain sees which PIRQs need PHYSDEVOP_eoi at all; once. With auto_unmask that
 * call opens the event channel too. -EINVAL, -EBUSY, -ENOMEM.
 */
long pirq_set_eoi_page(struct domain *d, mfn_t mfn, bool auto_unmask);

/* How a pin asks. -EINVAL: no such pin; -EEXIST: it was said before, or the pin is in use. */
long gsi_setup(int gsi, bool level, bool low);

/* PCI functions as a domain with devices announces them; remove gives their messages back. */
long pci_function_add(unsigned int segment, unsigned int bus, unsigned int devfn);
long pci_function_remove(unsigned int segment, unsigned int bus, unsigned int devfn);
/* The MSI-X table's place is now settled (pages read-only for domains), or free to move again. */
long pci_msix_prepare(unsigned int segment, unsigned int bus, unsigned int devfn, bool release);
/* Write everything again: the function lost it in a reset or sleep. */
long pci_msi_restore(unsigned int segment, unsigned int bus, unsigned int devfn);

/* ---- life of a domain ------------------------------------------------------------------------------ */

/* Unmap everything and give the bitmap's page back, after its ports are closed. Locks: none. */
void pirqs_destroy(struct domain *d);
/* The page of its bitmap, which the audit counts; NULL: none. */
struct frame *pirqs_eoi_frame(const struct domain *d);
/* The last reference to d is gone. */
void pirqs_free(struct domain *d);

#endif
