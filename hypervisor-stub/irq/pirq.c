/* SPDX-License-Identifier: MIT */
/*
 * PIRQs: the numbers by which a domain knows its interrupts.
 *
 * A domain maps a line to a number of its choice or ours, binds an event channel to the number, and says
 * "end of interrupt" by it. Numbers of GSIs are those GSIs unless it wants something else; messages get
 * the highest free ones. Records are made when a domain maps its first: domains without devices have none.
 *
 * Locks: evtchn of the domain for its numbers and their ports; devices around it where a message is taken
 * or given back, as closing one writes to the function.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "domain/rights.h"
#include "event/event.h"
#include "irq/internal.h"
#include "mm/types.h"
#include "sched/sched.h"

/* ---- the domain's records ------------------------------------------------------------------------------ */

/* Locks: evtchn of d. */
static int need_record(struct domain *d)
{
	if (!d->pirqs)
		d->pirqs = kalloc(sizeof(*d->pirqs));
	return d->pirqs ? 0 : -ENOMEM;
}

/* Locks: evtchn of d. */
static int need_pirqs(struct domain *d)
{
	struct pirq *pirq;
	int rc = need_record(d);

	if (rc || d->pirqs->pirq)
		return rc;
	pirq = kalloc(PIRQ_COUNT * sizeof(*pirq));
	if (!pirq)
		return -ENOMEM;
	for (unsigned int i = 0; i < PIRQ_COUNT; i++) {
		pirq[i].domain = d;
		pirq[i].number = (uint16_t)i;
	}
	d->pirqs->pirq = pirq;
	return 0;
}

static struct line *line_of(const struct pirq *p)
{
	return &lines[p->line];
}

bool pirq_is_mapped(const struct domain *d, unsigned int pirq)
{
	const struct pirq *p = pirq_at(d, pirq);

	return p && p->line;
}

evtchn_port_t pirq_port(const struct domain *d, unsigned int pirq)
{
	const struct pirq *p = pirq_at(d, pirq);

	return p ? p->port : 0;
}

/* Which of its numbers a domain has for a line; NULL: none. Locks: evtchn of d. */
static struct pirq *number_of(const struct domain *d, unsigned int line)
{
	for (unsigned int i = 0; i < PIRQ_COUNT; i++)
		if (d->pirqs->pirq[i].line == line)
			return &d->pirqs->pirq[i];
	return NULL;
}

static bool is_free(const struct pirq *p)
{
	return !p->line && !p->reserved;
}

/* As real Xen: GSIs above those of the ISA lines, and whatever else from above. Locks: evtchn of d. */
static int free_number(const struct domain *d, bool gsi)
{
	for (unsigned int i = 16; gsi && i < min(gsi_count, PIRQ_COUNT); i++)
		if (is_free(&d->pirqs->pirq[i]))
			return (int)i;
	for (unsigned int i = PIRQ_COUNT - 1; i >= gsi_count; i--)
		if (is_free(&d->pirqs->pirq[i]))
			return (int)i;
	return refuse(-ENOSPC, "d%u has no PIRQ left", d->id);
}

/* ---- mapping ---------------------------------------------------------------------------------------------- */

/*
 * The number that a line gets: the wished one, the one that it has already, or a free one. Real Xen
 * answers success and changes nothing where the wished number means another line; so do we.
 */
static long choose(struct domain *d, unsigned int line, int wish, bool gsi, struct pirq **chosen)
{
	struct pirq *had = line ? number_of(d, line) : NULL;
	int n = wish;

	if (wish >= PIRQ_COUNT)
		return refuse(-EINVAL, "PIRQ %d: a domain has %u", wish, PIRQ_COUNT);
	if (had && wish >= 0 && had->number != wish)
		return refuse(-EEXIST, "the line is PIRQ %u already", had->number);
	if (had)
		n = had->number;
	else if (wish < 0)
		n = free_number(d, gsi);
	if (n < 0)
		return n;
	*chosen = &d->pirqs->pirq[n];
	return 0;
}

static void set_line(struct pirq *p, unsigned int line)
{
	if (p->line && p->line != line)
		log_guest(current, LOG_WARNING, "PIRQ %u stays what it was: line %u", p->number,
			  p->line);
	else
		p->line = (uint16_t)line;
}

long pirq_map_gsi(struct domain *d, int gsi, int *pirq)
{
	struct pirq *p;
	long rc;

	if (gsi <= 0 || (unsigned int)gsi >= gsi_count || lines[gsi].kind != LINE_PIN)
		return refuse(-EINVAL, "there is no interrupt line %d", gsi);
	if (!right_held(current->domain, RIGHT_PIRQ, (uint64_t)gsi, (uint64_t)gsi))
		return refuse(-EPERM, "line %d is not this domain's to give", gsi);
	evtchn_lock(d);
	rc = need_pirqs(d);
	if (!rc)
		rc = choose(d, (unsigned int)gsi, *pirq, true, &p);
	if (!rc) {
		set_line(p, (unsigned int)gsi);
		*pirq = p->number;
	}
	evtchn_unlock(d);
	return rc;
}

/* Locks: devices, evtchn of d. */
static long map_message(struct domain *d, struct pci_function *f, const struct msi_request *msi,
			int *pirq)
{
	struct line *l;
	struct pirq *p;
	long rc = need_pirqs(d);

	if (!rc)
		rc = choose(d, 0, *pirq, false, &p);
	if (rc)
		return rc;
	if (p->line)
		return refuse(-EEXIST, "PIRQ %u is mapped already", p->number);
	l = msi_open(f, msi, &rc);
	if (!l)
		return rc;
	l->owner = p;
	p->line = (uint16_t)line_number(l);
	*pirq = p->number;
	return 0;
}

long pirq_map_msi(struct domain *d, const struct msi_request *msi, int *pirq)
{
	struct pci_function *f;
	long rc;

	spin_lock(&devices_lock);
	f = function_get(msi->segment, msi->bus, msi->devfn);
	if (f) {
		evtchn_lock(d);
		rc = domain_is_live(d) ? map_message(d, f, msi, pirq) : -ESRCH;
		evtchn_unlock(d);
	} else {
		rc = refuse(-ENODEV, "there is no PCI function %04x:%02x:%02x.%u", msi->segment,
			    msi->bus, msi->devfn >> 3, msi->devfn & 7);
	}
	spin_unlock(&devices_lock);
	return rc;
}

void pirq_drop(struct pirq *p)
{
	struct line *l = line_of(p);

	if (p->port)
		line_unbind(l, p);
	/* The port stays open and silent until its owner closes it. */
	p->port = 0;
	p->line = 0;
	p->reserved = false;
	if (l->kind != LINE_PIN)
		msi_close(l);
}

long pirq_unmap(struct domain *d, int pirq)
{
	struct pirq *p;
	long rc = 0;

	spin_lock(&devices_lock);
	evtchn_lock(d);
	p = pirq < 0 ? NULL : pirq_at(d, (unsigned int)pirq);
	if (p && p->line)
		pirq_drop(p);
	else
		rc = -EINVAL;
	evtchn_unlock(d);
	spin_unlock(&devices_lock);
	return rc ? refuse(rc, "PIRQ %d is not mapped", pirq) : 0;
}

long pirq_reserve(struct domain *d, bool gsi)
{
	long rc;

	evtchn_lock(d);
	rc = need_pirqs(d);
	if (!rc)
		rc = free_number(d, gsi);
	if (rc >= 0)
		d->pirqs->pirq[rc].reserved = true;
	evtchn_unlock(d);
	return rc;
}

/* ---- binding ----------------------------------------------------------------------------------------------- */

int pirq_bind(struct domain *d, unsigned int pirq, evtchn_port_t port, bool will_share,
	      const struct vcpu *v)
{
	struct pirq *p = pirq_at(d, pirq);
	int rc = line_bind(line_of(p), p, will_share, v->sched.cpu->apic_id);

	if (rc)
		return rc;
	p->port = port;
	pirq_show_eoi(p, line_of(p)->level);
	return 0;
}

void pirq_unbind(struct domain *d, unsigned int pirq, evtchn_port_t port)
{
	struct pirq *p = pirq_at(d, pirq);

	/* Unmapped before it was closed: there is nothing left, or it is another port's by now. */
	if (!p || p->port != port)
		return;
	line_unbind(line_of(p), p);
	p->port = 0;
}

void pirq_aim(struct domain *d, unsigned int pirq, evtchn_port_t port, const struct vcpu *v)
{
	struct pirq *p = pirq_at(d, pirq);

	if (p && p->port == port)
		line_aim(line_of(p), v->sched.cpu->apic_id);
}

bool pirq_is_shared(struct domain *d, unsigned int pirq)
{
	const struct pirq *p;
	bool shared;

	evtchn_lock(d);
	p = pirq_at(d, pirq);
	shared = p && p->line && line_of(p)->guests > 1;
	evtchn_unlock(d);
	return shared;
}

/* ---- the end of an interrupt --------------------------------------------------------------------------------- */

static void end_of_interrupt(struct pirq *p)
{
	uint64_t flags = irq_save();

	spin_lock(&irq_lock);
	line_eoi(line_of(p), p);
	spin_unlock(&irq_lock);
	irq_restore(flags);
}

long pirq_eoi(struct domain *d, unsigned int pirq)
{
	evtchn_port_t unmask = 0;
	struct pirq *p;
	bool mapped;

	evtchn_lock(d);
	p = pirq_at(d, pirq);
	mapped = p && p->line;
	if (mapped) {
		if (d->pirqs->auto_unmask)
			unmask = p->port;
		end_of_interrupt(p);
	}
	evtchn_unlock(d);
	if (unmask)
		evtchn_unmask(d, unmask);
	return mapped ? 0 : refuse(-EINVAL, "PIRQ %u is not mapped", pirq);
}

void pirq_eoi_unmasked(struct domain *d)
{
	evtchn_lock(d);
	for (unsigned int i = 0; i < PIRQ_COUNT; i++) {
		struct pirq *p = pirq_at(d, i);

		if (p && p->port && !evtchn_is_masked(d, p->port))
			end_of_interrupt(p);
	}
	evtchn_unlock(d);
}

void pirq_show_eoi(const struct pirq *p, bool needed)
{
	void *map = p->domain->pirqs->eoi_map;

	if (map && needed)
		(void)shared_bit_set(map, p->number);
	else if (map)
		(void)shared_bit_clear(map, p->number);
}

/* What is bound already is shown at once; the page's other bits are as the domain left them. */
static void show_all(struct pirqs *all)
{
	for (unsigned int i = 0; all->pirq && i < PIRQ_COUNT; i++)
		if (all->pirq[i].port)
			pirq_show_eoi(&all->pirq[i], line_of(&all->pirq[i])->level);
}

long pirq_set_eoi_page(struct domain *d, mfn_t mfn, bool auto_unmask)
{
	long rc;

	if (frame_get_typed(mfn, d, FT_WRITABLE))
		return refuse(-EINVAL, "mfn %lx is not plain memory of this domain", mfn_x(mfn));
	evtchn_lock(d);
	rc = need_record(d);
	if (!rc && d->pirqs->eoi_frame)
		rc = -EBUSY;
	if (!rc) {
		d->pirqs->eoi_frame = mfn_to_frame(mfn);
		d->pirqs->eoi_map = mfn_to_virt(mfn);
		d->pirqs->auto_unmask = auto_unmask;
		show_all(d->pirqs);
	}
	evtchn_unlock(d);
	if (!rc)
		return 0;
	frame_put_typed(mfn_to_frame(mfn));
	return rc == -EBUSY ? refuse(rc, "the page of ends of interrupt is registered already")
			    : rc;
}

struct frame *pirqs_eoi_frame(const struct domain *d)
{
	return d->pirqs ? d->pirqs->eoi_frame : NULL;
}

/* ---- the end of a domain --------------------------------------------------------------------------------------- */

void pirqs_destroy(struct domain *d)
{
	struct frame *f;

	if (!d->pirqs)
		return;
	spin_lock(&devices_lock);
	evtchn_lock(d);
	for (unsigned int i = 0; d->pirqs->pirq && i < PIRQ_COUNT; i++)
		if (d->pirqs->pirq[i].line)
			pirq_drop(&d->pirqs->pirq[i]);
	f = d->pirqs->eoi_frame;
	d->pirqs->eoi_frame = NULL;
	d->pirqs->eoi_map = NULL;
	evtchn_unlock(d);
	spin_unlock(&devices_lock);
	if (f)
		frame_put_typed(f);
}

void pirqs_free(struct domain *d)
{
	if (d->pirqs)
		kfree(d->pirqs->pirq);
	kfree(d->pirqs);
}
