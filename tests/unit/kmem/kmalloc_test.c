/* SPDX-License-Identifier: MIT */
/*
 * Small objects: each keeps its own pattern while others come and go, and nothing is left behind.
 */
#include "fake.h"
#include <stdlib.h>

#define OBJECTS 2000

static struct object {
	uint8_t *p;
	size_t size;
	uint8_t pattern;
} objects[OBJECTS];

static void check(const struct object *o)
{
	size_t i;

	for (i = 0; i < o->size; i++)
		assert_int_equal(o->p[i], o->pattern);
}

static size_t random_size(void)
{
	return rand() % 50 ? (size_t)rand() % 2200 + 1 : (size_t)rand() % 20000 + 1;
}

static void objects_do_not_touch(void **state)
{
	unsigned long before, n;

	(void)state;
	srand(2);
	fake_reset(300, 400);
	before = page_free_count();
	for (n = 0; n < 100000; n++) {
		struct object *o = &objects[rand() % OBJECTS];

		if (o->p) {
			check(o);
			kfree(o->p);
			o->p = NULL;
			continue;
		}
		o->size = random_size();
		o->pattern = (uint8_t)n;
		o->p = kmalloc(o->size);
		if (!o->p)
			continue;
		assert_int_equal((uintptr_t)o->p % 16, 0);
		memset(o->p, o->pattern, o->size);
	}
	for (n = 0; n < OBJECTS; n++)
		if (objects[n].p) {
			check(&objects[n]);
			kfree(objects[n].p);
		}
	assert_in_range(page_free_count(), before - KMALLOC_CLASSES, before);
}

static void growing_keeps_the_content(void **state)
{
	unsigned long before;
	uint8_t *p = NULL;
	size_t size, old = 0, i;

	(void)state;
	fake_reset(300, 400);
	before = page_free_count();
	for (size = 1; size < 100000; old = size, size = size * 3 / 2 + 1) {
		p = krealloc(p, size);
		assert_non_null(p);
		for (i = 0; i < old; i++)
			assert_int_equal(p[i], (uint8_t)i);
		for (; i < size; i++)
			p[i] = (uint8_t)i;
	}
	kfree(p);
	kfree(NULL);
	assert_in_range(page_free_count(), before - KMALLOC_CLASSES, before);
}

static void absurd_sizes_are_refused(void **state)
{
	(void)state;
	fake_reset(300, 400);
	assert_null(kmalloc((PAGE_SIZE << 10) + 1));
	assert_null(kmalloc(~(size_t)0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_do_not_touch),
		cmocka_unit_test(growing_keeps_the_content),
		cmocka_unit_test(absurd_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
