/* SPDX-License-Identifier: MIT */
/*
 * Debug key: which grants are in use and by whom; so also what keeps a dying domain's memory.
 *
 * Reads without locks, as all debug keys do: they must work in a machine that hangs.
 */
#include "grant/internal.h"

static void show_pins(const struct domain *d)
{
	const struct grants *g = d->grants;

	for (unsigned int ref = 0; ref < g->frames * GRANTS_PER_FRAME; ref++) {
		const struct table_frame *f = g->frame[ref / GRANTS_PER_FRAME];
		const struct pins *p = f->pins[ref % GRANTS_PER_FRAME / PINS_PER_GROUP];

		p = p ? p + ref % PINS_PER_GROUP : NULL;
		if (p && p->reads)
			log_info("  grant %u: frame %x, used by d%u %u times, %u of them writable",
				 ref, p->mfn, p->who, p->reads, p->writes);
	}
}

static void show_grants(void)
{
	const struct domain *d;

	list_for_each (d, &domain_list, all) {
		log_info("grants of d%u, %u frames of entries:", d->id, d->grants->frames);
		show_pins(d);
	}
}

void grants_dump_init(void)
{
	debug_key('g', "grants that are in use, and by whom", show_grants);
}
