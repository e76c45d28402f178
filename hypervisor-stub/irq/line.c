/* SPDX-License-Identifier: MIT */
/*
 * Lines: from an interrupt of the machine to the domains that are bound to it.
 *
 *	interrupt handler			softirq, interrupts on
 *	-----------------			----------------------
 *	mask, if the line is level-triggered	for each domain that is bound:
 *	acknowledge at the local APIC		    set the event channel pending
 *	note the line in `arrived` -----------> (event/pirq.c; evtchn lock)
 *
 * The vector of a line is the same on every pCPU, so sending the line to another one is a single write
 * of its destination, and an interrupt that was on its way to the old one is still understood there.
 * That is done lazily: when an interrupt was meant for a vCPU that runs elsewhere by now, the next one
 * goes there. A vCPU that wanders costs nothing until its device speaks.
 *
 * A line that interrupts more than STORM times in a tenth of STORM_PAUSE stays masked for STORM_PAUSE:
 * a broken device may spoil its own driver's day but not the machine's. Lines that several domains share
 * open again after PATIENCE although one of them has said no end of interrupt, for the others' sake.
 *
 * Lock: irq, with interrupts off, for everything in a line but `kind`, `function` and `entry` of those
 * for messages, which change under the devices lock while nobody is bound.
 */
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/irq.h"
#include "event/event.h"
#include "irq/internal.h"
#include "sched/sched.h"

#define WORDS	    (LINES / 64)
#define STORM	    10000
#define STORM_PAUSE MS(10)
#define PATIENCE    MS(1)
#define AIM_PAUSE   MS(10) /* a destination is kept at least so long */

struct line lines[LINES];
struct spinlock irq_lock = SPINLOCK_INIT(LOCK_IRQ);

static struct line *by_vector[256];
static uint64_t arrived[WORDS]; /* bit a line; set by the handler, taken by the softirq */

/* ---- vectors ----------------------------------------------------------------------------------------- */

/* Spread over the priority classes (groups of 16), since a local APIC keeps two of each waiting. */
static unsigned int vector_alloc(struct line *l)
{
	for (unsigned int low = 0; low < 16; low++) {
		for (unsigned int v = VECTOR_DEVICE + low; v <= VECTOR_DEVICE_LAST; v += 16) {
			/* Software interrupts of guests have their own meaning there. */
			if (v == 0x80 || v == 0x82 || by_vector[v])
				continue;
			by_vector[v] = l;
			return v;
		}
	}
	return 0;
}

bool line_need_vector(struct line *l)
{
	if (!l->vector)
		l->vector = (uint8_t)vector_alloc(l);
	return l->vector;
}

/* ---- the hardware -------------------------------------------------------------------------------------- */

static void set_mask(struct line *l, bool masked)
{
	if (l->masked == masked)
		return;
	l->masked = masked;
	if (l->kind == LINE_PIN)
		pin_set_mask(l);
	else
		msi_set_mask(l);
}

void line_update(struct line *l)
{
	set_mask(l, !l->guests || l->in_flight || l->throttled);
}

static void set_destination(struct line *l, uint32_t apic_id)
{
	if (l->apic_id == apic_id)
		return;
	l->apic_id = apic_id;
	l->aimed = now();
	if (l->kind == LINE_PIN)
		pin_set_destination(l);
	else
		msi_set_destination(l);
}

void line_aim(struct line *l, uint32_t apic_id)
{
	uint64_t flags = irq_save();

	spin_lock(&irq_lock);
	if (l->guests)
		set_destination(l, apic_id);
	spin_unlock(&irq_lock);
	irq_restore(flags);
}

/* ---- an interrupt -------------------------------------------------------------------------------------- */

static bool storming(struct line *l)
{
	stime_t t;

	if (++l->burst < STORM)
		return false;
	t = now();
	if (t - l->burst_start >= STORM_PAUSE) {
		l->burst = 0;
		l->burst_start = t;
		return false;
	}
	return true;
}

/* From now on each domain owes its end of interrupt. A second interrupt of a masked line is late news. */
static void hold_level(struct line *l)
{
	for (unsigned int i = 0; i < l->guests; i++) {
		if (!l->guest[i]->owes_eoi) {
			l->guest[i]->owes_eoi = true;
			l->in_flight++;
		}
	}
}

static bool device_interrupt(unsigned int vector)
{
	unsigned int nr;
	struct line *l;

	spin_lock(&irq_lock);
	l = by_vector[vector];
	if (l) {
		nr = line_number(l);
		l->count++;
		if (l->level)
			hold_level(l);
		if (storming(l))
			l->throttled = true;
		line_update(l);
		__atomic_fetch_or(&arrived[nr / 64], 1ULL << nr % 64, __ATOMIC_RELEASE);
	}
	spin_unlock(&irq_lock);
	lapic_eoi();
	if (l)
		softirq_raise(SOFTIRQ_IRQ);
	return l;
}

/* Whoever is bound now, with references: after the lock is gone they may go at any time. */
static unsigned int take_guests(struct line *l, struct domain **d, uint16_t *number)
{
	uint64_t flags = irq_save();
	unsigned int n;

	spin_lock(&irq_lock);
	n = l->guests;
	for (unsigned int i = 0; i < n; i++) {
		d[i] = l->guest[i]->domain;
		number[i] = l->guest[i]->number;
		domain_hold(d[i]);
	}
	spin_unlock(&irq_lock);
	irq_restore(flags);
	return n;
}

static void follow(struct line *l, const struct vcpu *v)
{
	uint32_t apic_id = v->sched.cpu->apic_id;

	if (apic_id != l->apic_id && now() - l->aimed > AIM_PAUSE)
		line_aim(l, apic_id);
}

static void deliver(struct line *l)
{
	struct domain *d[LINE_GUESTS];
	uint16_t number[LINE_GUESTS];
	unsigned int n = take_guests(l, d, number);

	for (unsigned int i = 0; i < n; i++) {
		const struct vcpu *v = evtchn_send_pirq(d[i], number[i]);

		if (v && n == 1 && pcpu_count > 1)
			follow(l, v);
		domain_put(d[i]);
	}
	if (l->throttled)
		timer_set(&l->timer, now() + STORM_PAUSE);
	else if (l->level && n > 1)
		timer_set(&l->timer, now() + PATIENCE);
}

static void irq_softirq(void)
{
	for (unsigned int w = 0; w < WORDS; w++) {
		uint64_t bits;

		if (!READ_ONCE(arrived[w]))
			continue;
		bits = __atomic_exchange_n(&arrived[w], 0, __ATOMIC_ACQUIRE);
		for (; bits; bits &= bits - 1)
			deliver(&lines[w * 64 + (unsigned int)__builtin_ctzll(bits)]);
	}
}

static void timer_fires(void *data)
{
	struct line *l = data;
	uint64_t flags = irq_save();

	spin_lock(&irq_lock);
	l->throttled = false;
	l->burst = 0;
	for (unsigned int i = 0; l->guests > 1 && i < l->guests; i++)
		line_eoi(l, l->guest[i]);
	line_update(l);
	spin_unlock(&irq_lock);
	irq_restore(flags);
}

/* ---- who is bound ---------------------------------------------------------------------------------------- */

void line_eoi(struct line *l, struct pirq *p)
{
	if (!p->owes_eoi)
		return;
	p->owes_eoi = false;
	if (--l->in_flight == 0)
		line_update(l);
}

/* Locks: irq. */
static int add_guest(struct line *l, struct pirq *p, bool will_share, uint32_t apic_id)
{
	if (pin_is_ours(l) || l->guests == LINE_GUESTS ||
	    (l->guests && (!l->shareable || !will_share)))
		return -EBUSY;
	if (!line_need_vector(l))
		return -ENOSPC;
	p->owes_eoi = false;
	l->guest[l->guests++] = p;
	if (l->guests > 1)
		return 0;
	l->shareable = will_share;
	l->apic_id = apic_id;
	l->aimed = now();
	l->burst = 0;
	l->masked = true;
	if (l->kind == LINE_PIN)
		pin_program(l);
	else
		msi_program(l);
	line_update(l);
	return 0;
}

int line_bind(struct line *l, struct pirq *p, bool will_share, uint32_t apic_id)
{
	uint64_t flags = irq_save();
	int rc;

	spin_lock(&irq_lock);
	rc = add_guest(l, p, will_share, apic_id);
	spin_unlock(&irq_lock);
	irq_restore(flags);
	return rc;
}

void line_unbind(struct line *l, struct pirq *p)
{
	uint64_t flags = irq_save();
	unsigned int i = 0;

	spin_lock(&irq_lock);
	line_eoi(l, p);
	while (l->guest[i] != p)
		i++;
	l->guest[i] = l->guest[--l->guests];
	line_update(l);
	spin_unlock(&irq_lock);
	irq_restore(flags);
}

/* ---- lines for messages ---------------------------------------------------------------------------------- */

struct line *line_alloc(enum line_kind kind)
{
	uint64_t flags = irq_save();
	struct line *l = &lines[GSI_MAX];
	bool ok;

	spin_lock(&irq_lock);
	while (l < &lines[LINES] && l->kind != LINE_UNUSED)
		l++;
	ok = l < &lines[LINES] && line_need_vector(l);
	if (ok) {
		l->kind = kind;
		l->masked = true;
		l->throttled = false;
		l->count = 0;
		l->apic_id = this_pcpu()->apic_id;
	}
	spin_unlock(&irq_lock);
	irq_restore(flags);
	return ok ? l : NULL;
}

void line_free(struct line *l)
{
	uint64_t flags;

	timer_stop(&l->timer);
	flags = irq_save();
	spin_lock(&irq_lock);
	by_vector[l->vector] = NULL;
	l->vector = 0;
	l->kind = LINE_UNUSED;
	l->function = NULL;
	spin_unlock(&irq_lock);
	irq_restore(flags);
}

void irq_lines_init(void)
{
	for (unsigned int i = 0; i < LINES; i++)
		timer_init(&lines[i].timer, timer_fires, &lines[i]);
	pins_init();
	softirq_register(SOFTIRQ_IRQ, irq_softirq);
	irq_devices(device_interrupt);
	irq_dump_init();
}
