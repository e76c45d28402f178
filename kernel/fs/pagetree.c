/* SPDX-License-Identifier: MIT */
/*
 * Page trees: see pagetree.h.
 *
 * A node is a page of pointers. At height h a slot of the root covers FANOUT^(h-1) pages; the tree
 * grows by putting a new root above the old one and shrinks only to nothing.
 */
#include "kernel.h"
#include "fs/pagetree.h"

#define FANOUT ((uint32_t)(PAGE_SIZE / sizeof(void *)))

static void *new_page(void)
{
	pfn_t pfn = page_alloc_zeroed();

	return pfn_is_none(pfn) ? NULL : machine_page_va(pfn);
}

/* Pages below one slot of a node at this height. */
static uint64_t slot_span(unsigned height)
{
	uint64_t n = 1;

	while (--height)
		n *= FANOUT;
	return n;
}

static uint64_t tree_span(const struct pagetree *t)
{
	return t->height ? slot_span(t->height) * FANOUT : 1;
}

void *pagetree_find(const struct pagetree *t, uint32_t index)
{
	void *at = t->root;

	if (index >= tree_span(t))
		return NULL;
	for (unsigned h = t->height; h && at; h--) {
		uint64_t span = slot_span(h);

		at = ((void **)at)[index / span];
		index %= span;
	}
	return at;
}

static bool grow(struct pagetree *t, uint32_t index)
{
	while (index >= tree_span(t)) {
		if (t->root) {
			void **node = new_page();

			if (!node)
				return false;
			node[0] = t->root;
			t->root = node;
		}
		t->height++;
	}
	return true;
}

void *pagetree_fill(struct pagetree *t, uint32_t index)
{
	void **slot = &t->root;

	if (!grow(t, index))
		return NULL;
	for (unsigned h = t->height; h; h--) {
		uint64_t span = slot_span(h);

		if (!*slot)
			*slot = new_page();
		if (!*slot)
			return NULL;
		slot = (void **)*slot + index / span;
		index %= span;
	}
	if (!*slot) {
		*slot = new_page();
		t->count += *slot != NULL;
	}
	return *slot;
}

static void drop_page(void **slot)
{
	page_put(machine_va_page(*slot));
	*slot = NULL;
}

/* Drops from..last below *slot, where index 0 is the first page below it; true: nothing is left. */
static bool drop_below(struct pagetree *t, void **slot, unsigned height, uint64_t from,
		       uint64_t last)
{
	bool empty = true;
	void **node = *slot;
	uint64_t span;

	if (!*slot)
		return true;
	if (!height) {
		drop_page(slot);
		t->count--;
		return true;
	}
	span = slot_span(height);
	for (uint64_t i = 0; i < FANOUT; i++) {
		uint64_t first = i * span, end = first + span - 1;

		if (first <= last && end >= from)
			drop_below(t, &node[i], height - 1, from > first ? from - first : 0,
				   min(last, end) - first);
		empty &= !node[i];
	}
	if (empty)
		drop_page(slot);
	return empty;
}

void pagetree_drop(struct pagetree *t, uint32_t from, uint32_t last)
{
	if (from >= tree_span(t))
		return;
	drop_below(t, &t->root, t->height, from, min((uint64_t)last, tree_span(t) - 1));
	if (!t->root)
		t->height = 0;
}

static bool next_below(void *at, unsigned height, uint64_t from, uint64_t *index)
{
	uint64_t span;

	if (!at)
		return false;
	if (!height) {
		*index = 0;
		return true;
	}
	span = slot_span(height);
	for (uint64_t i = from / span; i < FANOUT; i++, from = i * span)
		if (next_below(((void **)at)[i], height - 1, from - i * span, index)) {
			*index += i * span;
			return true;
		}
	return false;
}

bool pagetree_next(const struct pagetree *t, uint32_t from, uint32_t *index)
{
	uint64_t found;

	if (from >= tree_span(t) || !next_below(t->root, t->height, from, &found))
		return false;
	*index = (uint32_t)found;
	return true;
}
