/* SPDX-License-Identifier: MIT */
/*
 * The inside of irq/: lines, PIRQs and PCI functions.
 *
 * line.c delivers; pin.c and msi.c know the hardware of the two kinds of line; pirq.c knows the domains'
 * numbers; function.c the PCI functions.
 */
#ifndef IRQ_INTERNAL_H
#define IRQ_INTERNAL_H

#include "cpu/ioapic.h"
#include "cpu/spinlock.h"
#include "irq/irq.h"

#define LINES	    (GSI_MAX + 256) /* pins, whose number is the GSI; then messages */
#define LINE_GUESTS 8		    /* domains that can share one */

enum line_kind { LINE_UNUSED, LINE_PIN, LINE_MSI, LINE_MSIX };

struct pirq {
	struct domain *domain;
	evtchn_port_t port; /* 0: not bound */
	uint16_t number;    /* what the domain calls it */
	uint16_t line;	    /* 0: not mapped; the timer's line is nobody's */
	bool reserved;	    /* PHYSDEVOP_get_free_pirq gave it out */
	bool owes_eoi;	    /* lock: irq */
};

/* All of one domain. Locks: evtchn of the domain. */
struct pirqs {
	struct pirq *pirq;	 /* PIRQ_COUNT of them, made with the first; NULL: none yet */
	struct frame *eoi_frame; /* typed writable; NULL: none registered */
	void *eoi_map;
	bool auto_unmask;
};

struct line {
	uint8_t kind; /* enum line_kind; of those for messages, lock: devices */
	uint8_t vector;
	bool level, low;
	bool configured; /* a pin: a domain said how it asks */
	bool shareable;
	bool masked; /* in the hardware */
	bool throttled;
	uint8_t guests, in_flight; /* bound; of them, those that owe an end of interrupt */
	struct pirq *guest[LINE_GUESTS];
	uint32_t apic_id;	       /* where it goes */
	struct pci_function *function; /* of a message; lock: devices */
	struct pirq *owner;	       /* whom a message was mapped for; lock: devices */
	uint16_t entry;		       /* in its MSI-X table */
	uint64_t count;		       /* for the debug key */
	uint32_t burst;		       /* interrupts since burst_start */
	stime_t burst_start, aimed;
	struct timer timer; /* ends a throttling, or the patience with those that share */
};

extern struct line lines[LINES];
extern struct spinlock irq_lock;

static inline unsigned int line_number(const struct line *l)
{
	return (unsigned int)(l - lines);
}

static inline const char *line_kind_name(const struct line *l)
{
	static const char *const names[] = { "unused", "pin", "MSI", "MSI-X" };

	return names[l->kind];
}

/* ---- line.c ------------------------------------------------------------------------------------------ */

/* A line for a message, masked, with a vector. NULL: none is left. Locks: devices. */
struct line *line_alloc(enum line_kind kind);
/* Nobody is bound to it. Locks: devices. */
void line_free(struct line *l);
/* Give a pin its vector. False: none is left. Locks: irq. */
bool line_need_vector(struct line *l);
/* The hardware as it should be by what the line says. Locks: irq. */
void line_update(struct line *l);
/* One of the domains that owed it has said its end of interrupt, or goes away. Locks: irq. */
void line_eoi(struct line *l, struct pirq *p);
/* -EBUSY, -ENOSPC. Locks: evtchn. */
int line_bind(struct line *l, struct pirq *p, bool will_share, uint32_t apic_id);
void line_unbind(struct line *l, struct pirq *p);
void line_aim(struct line *l, uint32_t apic_id);

/* ---- the two kinds of hardware; locks: irq ------------------------------------------------------------ */

void pin_set_mask(const struct line *l);
void pin_program(const struct line *l);
void pin_set_destination(const struct line *l);
void pins_init(void);
/* Does the hypervisor itself serve what comes in there? */
bool pin_is_ours(const struct line *l);

void msi_set_mask(const struct line *l);
void msi_program(const struct line *l);
void msi_set_destination(const struct line *l);

/* ---- msi.c, function.c; locks: devices ---------------------------------------------------------------- */

struct pci_function {
	struct list all;
	uint8_t bus, devfn;
	uint8_t msi, msix; /* where the capabilities are; 0: none */
	bool msi_64bit, msi_maskable;
	struct line *msi_line; /* NULL: not in use */
	uint16_t msix_entries;
	uint16_t msix_used;   /* entries that have a line */
	bool prepared;	      /* by PHYSDEVOP_prepare_msix */
	bool removed;	      /* look again before using it */
	uint64_t table_maddr; /* where the table was when it was mapped */
	volatile uint32_t *table;
	struct {
		mfn_t first;
		uint64_t count;
	} guarded[2]; /* pages read-only for domains: those of the table and of the pending bits */
};

extern struct spinlock devices_lock;

/* Find it; or make a record of it if it is there. NULL: it is not, or no memory. */
struct pci_function *function_find(unsigned int segment, unsigned int bus, unsigned int devfn);
struct pci_function *function_get(unsigned int segment, unsigned int bus, unsigned int devfn);

/* A line for the function's message. NULL, and why in *error. */
struct line *msi_open(struct pci_function *f, const struct msi_request *msi, long *error);
void msi_close(struct line *l);
long msix_settle(struct pci_function *f);
void msix_release(struct pci_function *f);
void msi_rewrite(struct pci_function *f);

/* ---- pirq.c ------------------------------------------------------------------------------------------- */

/* The record; NULL if the domain never had one. Locks: evtchn of d. */
static inline struct pirq *pirq_at(const struct domain *d, unsigned int pirq)
{
	return d->pirqs && d->pirqs->pirq && pirq < PIRQ_COUNT ? &d->pirqs->pirq[pirq] : NULL;
}

/* The domain's bitmap: does this PIRQ need an end of interrupt? Locks: evtchn of d. */
void pirq_show_eoi(const struct pirq *p, bool needed);
/* Unmap, whatever is bound. Locks: devices, evtchn of the domain. */
void pirq_drop(struct pirq *p);

void irq_dump_init(void);

#endif
