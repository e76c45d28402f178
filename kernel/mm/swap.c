/* SPDX-License-Identifier: MIT */
/*
 * Places on swap devices: a count a slot, and a free one when it is asked for.
 *
 * Slots are given out along the device, so that pages that are evicted together are written together. Of several
 * areas the one with the highest priority is filled first. Everything here: swap_lock.
 */
#include "places.h"

struct spinlock swap_lock = SPINLOCK_INIT;
struct swap_area swap_areas[SWAP_AREAS];

static struct swap_area *best_area(void)
{
	struct swap_area *best = NULL;

	for (struct swap_area *a = swap_areas; a < swap_areas + SWAP_AREAS; a++)
		if (a->dev && a->filling && a->used < a->good &&
		    (!best || a->priority > best->priority))
			best = a;
	return best;
}

unsigned long place_alloc(void)
{
	struct swap_area *a = best_area();
	uint32_t slot;

	if (!a)
		return 0;
	for (slot = a->next; a->refs[slot]; slot = slot + 1 < a->slots ? slot + 1 : 1)
		;
	a->next = slot + 1 < a->slots ? slot + 1 : 1;
	a->refs[slot] = 1;
	a->used++;
	return (unsigned long)slot << NOTE_SHIFT | (unsigned long)(a - swap_areas);
}

static uint16_t *refs_of(unsigned long note)
{
	struct swap_area *a = area_of(note);
	uint32_t slot = slot_of(note);

	bug_on(!a->dev || !slot || slot >= a->slots || !a->refs[slot] || a->refs[slot] == SLOT_BAD);
	return &a->refs[slot];
}

unsigned place_refs(unsigned long note)
{
	return *refs_of(note);
}

void place_get(unsigned long note)
{
	uint16_t *refs = refs_of(note);

	bug_on(*refs == SLOT_BAD - 1); /* more processes than pids */
	++*refs;
}

void place_put(unsigned long note)
{
	if (!--*refs_of(note))
		area_of(note)->used--;
}

static unsigned long sum(bool free)
{
	unsigned long n = 0;

	spin_lock(&swap_lock);
	for (struct swap_area *a = swap_areas; a < swap_areas + SWAP_AREAS; a++)
		if (a->dev)
			n += free ? a->good - a->used : a->good;
	spin_unlock(&swap_lock);
	return n;
}

unsigned long swap_total_count(void)
{
	return sum(false);
}

unsigned long swap_free_count(void)
{
	return sum(true);
}

bool swap_info(unsigned n, struct swap_info *info)
{
	struct swap_area *a = &swap_areas[n];
	bool there;

	spin_lock(&swap_lock);
	there = a->dev;
	if (there) {
		strlcpy(info->name, a->dev->name, sizeof(info->name));
		info->pages = a->good;
		info->used = a->used;
		info->priority = a->priority;
	}
	spin_unlock(&swap_lock);
	return there;
}
