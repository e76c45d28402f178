/* SPDX-License-Identifier: MIT */
/*
 * The page allocator against a map of who owns which page.
 */
#include "fake.h"
#include <stdlib.h>

#define BLOCKS 600

static struct block {
	void *va;
	unsigned order;
} blocks[BLOCKS];
static bool owned[FAKE_PAGES];

static void mark(const struct block *b, bool value)
{
	unsigned long first = pfn_x(machine_va_page(b->va)), i;

	assert_int_equal(first & ((1ul << b->order) - 1), 0);
	for (i = first; i < first + (1ul << b->order); i++) {
		assert_int_equal(owned[i], !value);
		owned[i] = value;
	}
}

static void release(struct block *b)
{
	mark(b, false);
	pages_free(b->va, b->order);
	b->va = NULL;
}

/* No page is given twice, none outside the free ranges, and in the end all are one again. */
static void random_blocks_never_overlap(void **state)
{
	unsigned long before, largest_before, n;

	(void)state;
	srand(1);
	fake_reset(300, 400);
	before = page_free_count();
	for (largest_before = 0; pages_alloc(10); largest_before++)
		;
	fake_reset(300, 400);
	for (n = 0; n < 200000; n++) {
		struct block *b = &blocks[rand() % BLOCKS];

		if (b->va) {
			release(b);
			continue;
		}
		b->order = (unsigned)rand() % 5;
		b->va = pages_alloc(b->order);
		if (b->va) {
			mark(b, true);
			assert_false(owned[0]);
			assert_true(pfn_x(machine_va_page(b->va)) < 300 ||
				    pfn_x(machine_va_page(b->va)) >= 400);
		}
	}
	for (n = 0; n < BLOCKS; n++)
		if (blocks[n].va)
			release(&blocks[n]);
	assert_int_equal(page_free_count(), before);
	for (n = 0; pages_alloc(10); n++)
		;
	assert_int_equal(n, largest_before);
}

static void the_last_reference_frees(void **state)
{
	unsigned long before;
	pfn_t p;

	(void)state;
	fake_reset(300, 400);
	before = page_free_count();
	p = page_alloc();
	assert_int_equal(page_refs(p), 1);
	page_get(p);
	page_get(p);
	page_put(p);
	page_put(p);
	assert_int_equal(page_free_count(), before - 1);
	page_put(p);
	assert_int_equal(page_free_count(), before);
}

static void a_lent_page_outlives_its_block(void **state)
{
	unsigned long before;
	pfn_t first, third;
	char *block;

	(void)state;
	fake_reset(300, 400);
	before = page_free_count();
	block = pages_alloc(2);
	first = machine_va_page(block);
	third = machine_va_page(block + 2 * PAGE_SIZE);
	page_get(third);
	page_put(third); /* given back in time: nothing has happened */
	page_get(first);
	page_get(third);
	pages_free(block, 2);
	assert_int_equal(page_free_count(), before - 2);
	page_put(third);
	assert_int_equal(page_free_count(), before - 1);
	page_put(first);
	assert_int_equal(page_free_count(), before);
}

static void an_empty_machine_says_so(void **state)
{
	unsigned long n, count;

	(void)state;
	fake_reset(300, 400);
	count = page_free_count();
	for (n = 0; !pfn_is_none(page_alloc()); n++)
		;
	assert_int_equal(n, count);
	assert_null(pages_alloc(0));
	assert_true(pfn_is_none(page_alloc_zeroed()));
	assert_null(kmalloc(16));
	assert_null(kmalloc(PAGE_SIZE * 3));
}

static void a_zeroed_page_is_zero(void **state)
{
	unsigned i;
	pfn_t p;

	(void)state;
	fake_reset(300, 400);
	p = page_alloc();
	memset(machine_page_va(p), 0x5a, PAGE_SIZE);
	page_put(p);
	p = page_alloc_zeroed();
	for (i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(((uint8_t *)machine_page_va(p))[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_blocks_never_overlap),
		cmocka_unit_test(the_last_reference_frees),
		cmocka_unit_test(a_lent_page_outlives_its_block),
		cmocka_unit_test(an_empty_machine_says_so),
		cmocka_unit_test(a_zeroed_page_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
