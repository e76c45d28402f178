/* SPDX-License-Identifier: MIT */
/*
 * The map of RAM before there is a heap: odd maps of odd firmware, and 10^5 random operations against
 * one byte a page.
 */
#include "boot/memmap.h"
#include "mm/mm.h"

#include <cmocka.h>

#define PAGES	   (FAKE_RAM_BYTES / PAGE_SIZE)
#define LOW_PAGES  256 /* the first MiB is never given out */
#define OPERATIONS 100000

static uint32_t seed = 1;

static uint32_t roll(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* A loader's map of two numbers: 640 KiB, and so much from 1 MiB on. */
static void read_simple_map(void)
{
	struct multiboot_info info = { .flags = MULTIBOOT_INFO_MEMORY,
				       .mem_lower = 640,
				       .mem_upper = (FAKE_RAM_BYTES >> 10) - 1024 };

	ram.count = ram_free.count = 0;
	memmap_read(&info);
}

static void two_numbers(void **state)
{
	(void)state;
	read_simple_map();
	assert_int_equal(ram.count, 2);
	assert_int_equal(ram.range[0].end, 640 << 10);
	assert_int_equal(ram.range[1].start, 1 << 20);
	assert_int_equal(ram_free.count, 1);
	assert_int_equal(ram_free.range[0].start, 1 << 20);
}

struct __attribute__((packed)) entries {
	struct multiboot_mmap e[7];
};

static void read_entries(const struct entries *map, unsigned int count)
{
	struct multiboot_info info = { .flags = MULTIBOOT_INFO_MMAP,
				       .mmap_addr = PAGE_SIZE,
				       .mmap_length = count * sizeof(struct multiboot_mmap) };

	memcpy(fake_ram + PAGE_SIZE, map, sizeof(*map));
	ram.count = ram_free.count = 0;
	memmap_read(&info);
}

#define ENTRY(start, length, kind)            \
	{                                     \
		20, (start), (length), (kind) \
	}

static void odd_maps(void **state)
{
	/* Out of order, overlapping, one in another, not whole pages, wrapping round, reserved too. */
	static const struct entries map = { {
		ENTRY(0x200800, 0x1800, 1),
		ENTRY(0x100000, 0x10000, 1),
		ENTRY(0x101000, 0x1000, 1),
		ENTRY(0x108000, 0x10000, 1),
		ENTRY(0x10c000, 0x10, 2),
		ENTRY(~0ULL - 10, 0x1000, 1),
		ENTRY(0x300000, 0, 1),
	} };

	(void)state;
	read_entries(&map, 7);
	assert_int_equal(ram.count, 3);
	assert_int_equal(ram.range[0].start, 0x100000);
	assert_int_equal(ram.range[0].end, 0x10c000);
	assert_int_equal(ram.range[1].start, 0x10d000);
	assert_int_equal(ram.range[1].end, 0x118000);
	assert_int_equal(ram.range[2].start, 0x201000);
	assert_int_equal(ram.range[2].end, 0x202000);
}

static void no_map_is_fatal(void **state)
{
	struct multiboot_info info = { .flags = 0 };

	(void)state;
	if (!setjmp(fake_panic)) {
		memmap_read(&info);
		fail();
	}
}

static void compare(const uint8_t *is_free)
{
	uint8_t seen[PAGES] = { 0 };
	uint64_t end = 0;

	for (unsigned int i = 0; i < ram_free.count; i++) {
		const struct memrange *r = &ram_free.range[i];

		assert_true(r->start < r->end && r->start >= end && r->end <= FAKE_RAM_BYTES);
		end = r->end;
		memset(seen + r->start / PAGE_SIZE, 1, (r->end - r->start) / PAGE_SIZE);
	}
	assert_memory_equal(seen, is_free, PAGES);
}

static void allocate(uint8_t *is_free)
{
	uint64_t pages = 1 + roll(16), align = PAGE_SIZE << roll(6);
	uint64_t at;

	if (setjmp(fake_panic))
		return; /* none that large is left: nothing may have changed */
	at = maddr_x(memmap_alloc(pages * PAGE_SIZE, align));
	assert_int_equal(at % align, 0);
	for (uint64_t p = at / PAGE_SIZE; p < at / PAGE_SIZE + pages; p++) {
		assert_true(is_free[p]);
		is_free[p] = 0;
	}
}

static void random_operations(void **state)
{
	uint8_t is_free[PAGES] = { 0 };

	(void)state;
	read_simple_map();
	memset(is_free + LOW_PAGES, 1, PAGES - LOW_PAGES);
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		uint64_t first = LOW_PAGES + roll(PAGES - LOW_PAGES);
		uint64_t count = 1 + roll(8), end = min(first + count, PAGES);
		bool room = ram_free.count < MEMRANGES - 2; /* for one more fragment */

		if (roll(4) == 0 && room) {
			allocate(is_free);
		} else if (roll(2) == 0 && room) {
			/* Any byte of a page reserves it. */
			memmap_reserve(first * PAGE_SIZE + roll(PAGE_SIZE), end * PAGE_SIZE);
			memset(is_free + first, 0, end - first);
		} else if (room && !memchr(is_free + first, 1, end - first)) {
			memmap_free(first * PAGE_SIZE, end * PAGE_SIZE);
			memset(is_free + first, 1, end - first);
		}
		compare(is_free);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_numbers),
		cmocka_unit_test(odd_maps),
		cmocka_unit_test(no_map_is_fatal),
		cmocka_unit_test(random_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
