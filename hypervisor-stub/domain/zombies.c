/* SPDX-License-Identifier: MIT */
/*
 * Debug key: who keeps a dying domain from being gone.
 *
 * Two things do: frames of it that others map (through their page tables, or for a device), and
 * references to the domain itself (a grant handle, a hypercall in flight). For frames all page tables of
 * all other domains are looked through; that takes a while, and is for a person who wonders.
 *
 * Reads without locks, as all debug keys do: what it says may be a moment old.
 */
#include "console/console.h"
#include "domain/domain.h"
#include "domain/dump.h"
#include "mm/types.h"

#define MOST_FRAMES 8 /* lines a domain and holder */

/* How many entries of this L1 table name frames of d. */
static unsigned int count_in_table(const struct frame *table, const struct domain *d)
{
	const pte_t *e = mfn_to_virt(frame_to_mfn(table));
	unsigned int n = 0;

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*e); i++) {
		mfn_t mfn = pte_mfn(e[i]);

		if ((e[i] & PTE_P) && mfn_valid(mfn) && mfn_to_frame(mfn)->owner == d->id)
			n++;
	}
	return n;
}

static unsigned int count_in_list(uint32_t first, const struct domain *d)
{
	unsigned int n = 0;

	for (uint32_t i = first; i; i = mfn_to_frame(_mfn(i))->next) {
		const struct frame *f = mfn_to_frame(_mfn(i));

		if (frame_is_table(f) && frame_level(f) == 1)
			n += count_in_table(f, d);
	}
	return n;
}

static void show_mappers(const struct domain *d)
{
	const struct domain *other;

	list_for_each (other, &domain_list, all) {
		unsigned int n;

		if (other == d)
			continue;
		n = count_in_list(other->first_frame, d) + count_in_list(other->held_frames, d);
		if (n)
			log_info("  d%u maps frames of it by %u entries", other->id, n);
	}
}

static void show_frames(const struct domain *d)
{
	unsigned int shown = 0;

	for (uint32_t n = d->held_frames; n && shown < MOST_FRAMES; shown++) {
		const struct frame *f = mfn_to_frame(_mfn(n));

		log_info("  frame %x: %lu references, type %u with %lu", n,
			 (unsigned long)(load64(&f->refs) & REFS_COUNT), use_type(load64(&f->use)),
			 (unsigned long)(load64(&f->use) & USE_COUNT));
		n = f->next;
	}
}

static void show_zombies(void)
{
	const struct domain *d;

	list_for_each (d, &domain_list, all) {
		if (d->state < DOM_DYING)
			continue;
		log_info("d%u is %s: step %u, %u references, %u frames held", d->id,
			 d->state == DOM_DYING ? "dying" : "dead", d->kill_step, d->refs,
			 d->tot_pages);
		show_frames(d);
		show_mappers(d);
	}
	log_info("(key g shows which grants are in use, and by whom)");
}

void zombie_dump_init(void)
{
	debug_key('z', "dying domains, and who holds what of them", show_zombies);
}
