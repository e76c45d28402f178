/* SPDX-License-Identifier: MIT */
/*
 * The heap and the small-object allocator.
 *
 * What is given out never overlaps, is aligned to its size, lies below the limit asked for, and holds
 * nobody else's data; what comes back joins again. A frame that returns to its own domain is not
 * cleaned, one that goes elsewhere is, and never before stale translations were flushed.
 * One heap for all tests of the program: each gives back what it took.
 */
#include "domain/domain.h"
#include "mm/types.h"
#include "tests/unit/mm/fake.h"

#include <cmocka.h>
#include <stdio.h>

#define FIRST 512 /* frames in the heap */
#define LAST  2048

static struct domain *a, *b;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	b = fake_domain(2, false, false);
	a = fake_domain(1, false, false);
	heap_add(_maddr((uint64_t)FIRST << PAGE_SHIFT), _maddr((uint64_t)LAST << PAGE_SHIFT));
	return 0;
}

static void fill(struct frame *f, uint8_t byte)
{
	memset(mfn_to_virt(frame_to_mfn(f)), byte, PAGE_SIZE);
}

static bool holds_only(struct frame *f, uint8_t byte)
{
	const uint8_t *p = mfn_to_virt(frame_to_mfn(f));

	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		if (p[i] != byte)
			return false;
	return true;
}

/* ---- the first MiB and what the heap was not given -------------------------------------------------- */

static void test_whole_frames_only(void **state)
{
	uint64_t before = heap_free_pages();

	(void)state;
	assert_int_equal(before, LAST - FIRST);
	/* A piece that holds no whole frame, and one below 1 MiB. */
	heap_add(_maddr((300 << PAGE_SHIFT) + 1), _maddr((301 << PAGE_SHIFT) + 4095));
	heap_add(_maddr(16 << PAGE_SHIFT), _maddr(64 << PAGE_SHIFT));
	assert_int_equal(heap_free_pages(), before);
}

/* ---- against a map of frames ---------------------------------------------------------------------- */

#define BLOCKS 200

static void test_random_blocks(void **state)
{
	static uint8_t used[FAKE_FRAMES];
	struct {
		void *p;
		unsigned int order;
	} block[BLOCKS] = { { NULL, 0 } };
	uint64_t free = heap_free_pages(), taken = 0;

	(void)state;
	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int n = fake_random(BLOCKS), order = fake_random(6);

		if (block[n].p) {
			uint64_t mfn = mfn_x(virt_to_mfn(block[n].p));

			memset(&used[mfn], 0, 1u << block[n].order);
			taken -= 1u << block[n].order;
			heap_free(block[n].p, block[n].order);
			block[n].p = NULL;
		} else {
			uint64_t mfn;

			block[n].p = heap_alloc(order, fake_random(2) ? HEAP_ZERO : 0);
			if (!block[n].p)
				continue;
			block[n].order = order;
			mfn = mfn_x(virt_to_mfn(block[n].p));
			assert_true(mfn >= FIRST && mfn + (1u << order) <= LAST);
			assert_int_equal(mfn % (1u << order), 0);
			for (unsigned int k = 0; k < 1u << order; k++)
				assert_int_equal(used[mfn + k]++, 0);
			taken += 1u << order;
		}
		assert_int_equal(heap_free_pages(), free - taken);
	}
	for (unsigned int n = 0; n < BLOCKS; n++)
		if (block[n].p)
			heap_free(block[n].p, block[n].order);
	/* Everything joined again: 512 frames from 512 on, 1024 from 1024 on. */
	block[0].p = heap_alloc(10, 0);
	block[1].p = heap_alloc(9, 0);
	assert_non_null(block[0].p);
	assert_non_null(block[1].p);
	assert_null(heap_alloc(0, 0));
	heap_free(block[0].p, 10);
	heap_free(block[1].p, 9);
}

static void test_zeroed(void **state)
{
	void *p = heap_alloc(3, 0);

	(void)state;
	memset(p, 0xff, PAGE_SIZE << 3);
	heap_free(p, 3);
	p = heap_alloc(3, HEAP_ZERO);
	for (unsigned int i = 0; i < PAGE_SIZE << 3; i++)
		assert_int_equal(((uint8_t *)p)[i], 0);
	heap_free(p, 3);
}

/* ---- domains ------------------------------------------------------------------------------------------ */

static void give_all_back(struct domain *d)
{
	while (d->first_frame)
		domain_free_frame(d, mfn_to_frame(_mfn(d->first_frame)));
	assert_int_equal(d->tot_pages, 0);
}

static void test_limits(void **state)
{
	struct frame *f;

	(void)state;
	a->max_pages = 5;
	assert_null(domain_alloc_frames(a, 3, 0));
	assert_non_null(domain_alloc_frames(a, 2, 0));
	assert_non_null(domain_alloc_frames(a, 0, 0));
	assert_null(domain_alloc_frames(a, 0, 0));
	assert_int_equal(a->tot_pages, 5);
	give_all_back(a);
	a->max_pages = FAKE_FRAMES;
	/* 22 bits: below 4 MiB, frame 1024; 12 bits: there is nothing. */
	for (unsigned int i = 0; i < 64; i++) {
		f = domain_alloc_frames(a, 0, 22);
		assert_non_null(f);
		assert_true(mfn_x(frame_to_mfn(f)) < 1024);
	}
	assert_null(domain_alloc_frames(a, 0, 12));
	assert_null(domain_alloc_frames(a, 0, 1));
	assert_null(domain_alloc_frames(a, 40, 0));
	give_all_back(a);
	a->state = DOM_DYING;
	assert_null(domain_alloc_frames(a, 0, 0));
	a->state = DOM_ALIVE;
}

static void test_no_data_of_others(void **state)
{
	struct frame *f;
	uint64_t mfn;

	(void)state;
	/* All memory is a's, full of its data. */
	while ((f = domain_alloc_frames(a, 0, 0)))
		fill(f, 0xaa);
	f = mfn_to_frame(_mfn(a->first_frame));
	mfn = mfn_x(frame_to_mfn(f));
	domain_free_frame(a, f);
	f = domain_alloc_frames(a, 0, 0);
	assert_int_equal(mfn_x(frame_to_mfn(f)), mfn);
	assert_true(holds_only(f, 0xaa)); /* its own again: not cleaned */
	give_all_back(a);
	for (unsigned int i = 0; i < LAST - FIRST; i++) {
		f = domain_alloc_frames(b, 0, 0);
		assert_non_null(f);
		assert_true(holds_only(f, 0));
	}
	give_all_back(b);
}

static void test_scrub(void **state)
{
	unsigned int flushes;
	struct frame *f;

	(void)state;
	while ((f = domain_alloc_frames(a, 0, 0)))
		fill(f, 0x55);
	give_all_back(a);
	while (heap_scrub_some())
		;
	for (unsigned int mfn = FIRST; mfn < LAST; mfn++)
		assert_true(holds_only(mfn_to_frame(_mfn(mfn)), 0));
	/* Clean now, whoever comes; nothing to flush. */
	flushes = fake_flushes;
	assert_non_null(domain_alloc_frames(b, 4, 0));
	assert_int_equal(fake_flushes, flushes);
	give_all_back(b);
}

/* A large block is scrubbed in steps when somebody waits: each attempt gets further, and none costs a claim. */
static void test_large_in_steps(void **state)
{
	const uint64_t claim = 1200;
	unsigned int attempts = 0;
	uint64_t free;
	struct frame *f;

	(void)state;
	while ((f = domain_alloc_frames(a, 0, 0)))
		fill(f, 0x77);
	give_all_back(a);
	free = heap_free_pages();
	assert_int_equal(domain_claim(b, claim), 0);
	fake_preempt_rate = 256;
	for (;;) {
		bool again = false;

		f = domain_alloc_large(b, 10, 0, &again);
		if (!again)
			break;
		attempts++;
		assert_null(f);
		assert_int_equal(b->tot_pages, 0);
		assert_int_equal(heap_free_pages(), free);
		assert_int_equal(heap_claimed_pages(), claim);
	}
	fake_preempt_rate = 0;
	assert_non_null(f);
	assert_in_range(attempts, 2, 8);
	assert_int_equal(heap_claimed_pages(), claim - 1024);
	for (unsigned int i = 0; i < 1024; i++)
		assert_true(holds_only(&f[i], 0));
	assert_int_equal(domain_claim(b, 0), 0);
	give_all_back(b);
}

static void test_flush_before_strangers(void **state)
{
	unsigned int flushes;

	(void)state;
	while (domain_alloc_frames(a, 0, 0))
		;
	give_all_back(a);
	flushes = fake_flushes;
	assert_non_null(domain_alloc_frames(a, 5, 0));
	assert_int_equal(fake_flushes, flushes); /* its own stale translations */
	assert_non_null(domain_alloc_frames(b, 5, 0));
	assert_int_equal(fake_flushes, flushes + 1);
	assert_non_null(domain_alloc_frames(b, 5, 0));
	assert_int_equal(fake_flushes, flushes + 1); /* older than that flush */
	give_all_back(a);
	give_all_back(b);
}

static void test_shared_page(void **state)
{
	void *page = heap_alloc(0, HEAP_ZERO);
	mfn_t mfn = virt_to_mfn(page);
	uint64_t free = heap_free_pages();

	(void)state;
	frame_share(page, a);
	assert_int_equal(frame_get_typed(mfn, a, FT_WRITABLE), 0);
	assert_int_equal(frame_get_typed(mfn, a, FT_DESC), -EINVAL);
	assert_int_equal(frame_pin(a, mfn, FT_L1), -EINVAL);
	assert_false(frame_get(mfn, b));
	frame_unshare(page);
	/* Still mapped: it is freed when that goes. */
	assert_int_equal(heap_free_pages(), free);
	frame_put_typed(mfn_to_frame(mfn));
	assert_int_equal(heap_free_pages(), free + 1);
	assert_false(frame_get(mfn, a));
}

/* With no memory left it counts in windows, and still sees one reference too many or too few. */
static void test_audit_without_memory(void **state)
{
	void *page = heap_alloc(0, HEAP_ZERO);
	struct frame *f;

	(void)state;
	frame_share(page, a);
	while (domain_alloc_frames(a, 0, 0))
		;
	assert_int_equal(heap_free_pages(), 0);
	assert_int_equal(mm_audit(), 0);
	f = mfn_to_frame(_mfn(a->first_frame));
	assert_true(frame_get(frame_to_mfn(f), a));
	assert_int_equal(mm_audit(), 1);
	frame_put(f);
	assert_int_equal(frame_get_typed(frame_to_mfn(f), a, FT_WRITABLE), 0);
	assert_int_equal(mm_audit(), 2);
	frame_put_typed(f);
	assert_int_equal(mm_audit(), 0);
	give_all_back(a);
	frame_unshare(page);
	assert_int_equal(mm_audit(), 0);
}

/* ---- small objects ------------------------------------------------------------------------------------ */

#define OBJECTS 300

static void test_small_objects(void **state)
{
	static uint8_t *object[OBJECTS];
	static unsigned int size[OBJECTS];
	uint64_t free = heap_free_pages();

	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		unsigned int n = fake_random(OBJECTS);

		if (object[n]) {
			for (unsigned int k = 0; k < size[n]; k++)
				assert_int_equal(object[n][k], (uint8_t)n);
			kfree(object[n]);
			object[n] = NULL;
			continue;
		}
		size[n] = fake_random(20) ? 1 + fake_random(2100) : 1 + fake_random(9000);
		object[n] = kalloc(size[n]);
		if (!object[n])
			continue;
		assert_int_equal((uint64_t)object[n] % 16, 0);
		for (unsigned int k = 0; k < size[n]; k++)
			assert_int_equal(object[n][k], 0);
		memset(object[n], (int)n, size[n]);
	}
	for (unsigned int n = 0; n < OBJECTS; n++)
		kfree(object[n]);
	kfree(NULL);
	assert_int_equal(heap_free_pages(), free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_frames_only),
		cmocka_unit_test(test_random_blocks),
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_data_of_others),
		cmocka_unit_test(test_scrub),
		cmocka_unit_test(test_large_in_steps),
		cmocka_unit_test(test_flush_before_strangers),
		cmocka_unit_test(test_shared_page),
		cmocka_unit_test(test_audit_without_memory),
		cmocka_unit_test(test_small_objects),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
