/* SPDX-License-Identifier: MIT */
/*
 * Debug key: every line that somebody has, and how it stands.
 *
 * Reads without locks, as all debug keys do: they must work in a machine that hangs.
 */
#include "console/console.h"
#include "irq/internal.h"

static void show_guest(const struct pirq *p)
{
	log_info("    d%u PIRQ %u, port %u%s", p->domain->id, p->number, p->port,
		 p->owes_eoi ? ", owes an end of interrupt" : "");
}

static void show_line(const struct line *l)
{
	if (l->kind == LINE_PIN)
		log_info("  GSI %u: vector %#x, APIC %u, %s, active %s, %lu interrupts%s%s",
			 line_number(l), l->vector, l->apic_id, l->level ? "level" : "edge",
			 l->low ? "low" : "high", l->count, l->masked ? ", masked" : "",
			 l->throttled ? ", throttled" : "");
	else
		log_info("  %s %02x:%02x.%u entry %u: vector %#x, APIC %u, %lu interrupts%s%s",
			 line_kind_name(l), l->function->bus, l->function->devfn >> 3,
			 l->function->devfn & 7, l->entry, l->vector, l->apic_id, l->count,
			 l->masked ? ", masked" : "", l->throttled ? ", throttled" : "");
	for (unsigned int i = 0; i < l->guests; i++)
		show_guest(l->guest[i]);
	if (!l->guests && l->owner)
		log_info("    d%u PIRQ %u, not bound", l->owner->domain->id, l->owner->number);
}

static void show_lines(void)
{
	log_info("interrupt lines:");
	for (unsigned int i = 1; i < LINES; i++)
		if (lines[i].kind != LINE_UNUSED && lines[i].vector)
			show_line(&lines[i]);
}

void irq_dump_init(void)
{
	debug_key('p', "interrupt lines, their vectors and PIRQs", show_lines);
}
