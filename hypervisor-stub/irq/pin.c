/* SPDX-License-Identifier: MIT */
/*
 * Lines that are pins of an I/O APIC.
 *
 * ISA lines begin as the firmware describes them; of the others a domain that can read ACPI's interrupt
 * routing says how they ask (PHYSDEVOP_setup_gsi), once, since two devices on one pin must agree.
 * Lock: irq.
 */
#include "cpu/asm.h"
#include "cpu/irq.h"
#include "irq/internal.h"

static uint32_t low_half(const struct line *l)
{
	return l->vector | (l->level ? PIN_LEVEL : 0) | (l->low ? PIN_LOW_ACTIVE : 0) |
	       (l->masked ? PIN_MASKED : 0);
}

void pin_set_mask(const struct line *l)
{
	gsi_write_low(line_number(l), low_half(l));
}

void pin_set_destination(const struct line *l)
{
	gsi_write_destination(line_number(l), l->apic_id);
}

void pin_program(const struct line *l)
{
	pin_set_destination(l);
	pin_set_mask(l);
}

/* The interval timer and the serial line of the console: by the 8259s, to the hypervisor. */
static bool is_ours(unsigned int gsi)
{
	int isa = gsi_isa_line(gsi);

	return isa >= 0 && irq_isa_is_ours((unsigned int)isa);
}

/* Line 0 stays unused: no PIRQ names it. */
void pins_init(void)
{
	for (unsigned int gsi = 1; gsi < gsi_count; gsi++) {
		struct gsi_mode mode = gsi_default_mode(gsi);
		struct line *l = &lines[gsi];

		if (!gsi_exists(gsi))
			continue;
		l->kind = LINE_PIN;
		l->level = mode.level;
		l->low = mode.low;
		l->masked = true;
	}
}

bool pin_is_ours(const struct line *l)
{
	return l->kind == LINE_PIN && is_ours(line_number(l));
}

long gsi_setup(int gsi, bool level, bool low)
{
	uint64_t flags;
	struct line *l;
	long rc = -EEXIST;

	if (gsi <= 0 || (unsigned int)gsi >= gsi_count || lines[gsi].kind != LINE_PIN)
		return -EINVAL;
	l = &lines[gsi];
	flags = irq_save();
	spin_lock(&irq_lock);
	if (!l->configured && !l->guests && !pin_is_ours(l)) {
		l->configured = true;
		l->level = level;
		l->low = low;
		rc = 0;
	}
	spin_unlock(&irq_lock);
	irq_restore(flags);
	return rc;
}
