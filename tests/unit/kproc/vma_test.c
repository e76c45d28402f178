/* SPDX-License-Identifier: MIT */
/*
 * Regions against a map of single pages: after any sequence of mapping, unmapping and cutting, each
 * page belongs to the region that it should, at the right place of its file.
 */
#include "fake.h"
#include "mm/vma.h"
#include "fs.h"
#include <uapi/process.h>
#include <stdlib.h>

#define PAGES 200ul
#define BASE  0x100000ul

static struct file file_a, file_b;

static struct {
	bool mapped;
	unsigned prot;
	struct file *file;
	uint64_t offset;
} model[PAGES];

static void compare(struct mm *mm)
{
	unsigned long i, mapped = 0, end = 0;
	struct vma *v;

	for (i = 0; i < PAGES; i++) {
		v = vma_find(mm, BASE + i * PAGE_SIZE);
		assert_int_equal(!!v, model[i].mapped);
		if (!v)
			continue;
		mapped++;
		assert_int_equal(v->prot, model[i].prot);
		assert_ptr_equal(v->file, model[i].file);
		if (v->file)
			assert_int_equal(v->offset + BASE + i * PAGE_SIZE - v->start,
					 model[i].offset);
	}
	assert_int_equal(mm->total_pages, mapped);
	list_for_each (v, &mm->vmas, link) {
		assert_true(v->start >= end && v->end > v->start);
		end = v->end;
	}
}

static void map(struct mm *mm, unsigned long first, unsigned long count)
{
	struct file *files[] = { NULL, NULL, &file_a, &file_b };
	struct vma v = { .start = BASE + first * PAGE_SIZE,
			 .end = BASE + (first + count) * PAGE_SIZE,
			 .prot = (unsigned)rand() % 3,
			 .flags = MAP_PRIVATE,
			 .file = files[rand() % 4],
			 .offset = (uint64_t)(rand() % 100) * PAGE_SIZE,
			 .file_bytes = ~0ull };
	unsigned long i;

	if (!vma_range_free(mm, v.start, v.end))
		return;
	assert_int_equal(vma_insert(mm, &v), 0);
	for (i = 0; i < count; i++) {
		model[first + i].mapped = true;
		model[first + i].prot = v.prot;
		model[first + i].file = v.file;
		model[first + i].offset = v.offset + i * PAGE_SIZE;
	}
}

static void unmap(struct mm *mm, unsigned long first, unsigned long count)
{
	unsigned long start = BASE + first * PAGE_SIZE, end = start + count * PAGE_SIZE, i;

	assert_int_equal(vma_remove_range(mm, start, end), 0);
	assert_int_equal(fake_unmapped_start, start);
	assert_int_equal(fake_unmapped_end, end);
	for (i = first; i < first + count; i++)
		model[i].mapped = false;
}

static void regions_agree_with_pages(void **state)
{
	struct mm mm = { .vmas = LIST_INIT(mm.vmas) };
	unsigned n;

	(void)state;
	srand(3);
	for (n = 0; n < 20000; n++) {
		unsigned long first = (unsigned long)rand() % PAGES;
		unsigned long count = (unsigned long)rand() % min(PAGES - first, 20ul) + 1;

		switch (rand() % 3) {
		case 0:
			unmap(&mm, first, count);
			break;
		case 1:
			assert_int_equal(vma_split_range(&mm, BASE + first * PAGE_SIZE,
							 BASE + (first + count) * PAGE_SIZE),
					 0);
			break;
		default:
			map(&mm, first, count);
		}
		compare(&mm);
	}
	unmap(&mm, 0, PAGES);
	assert_true(list_empty(&mm.vmas));
	assert_int_equal(fake_blocks, 0);
	assert_int_equal(fake_files, 0);
}

static void equal_neighbours_join(void **state)
{
	struct mm mm = { .vmas = LIST_INIT(mm.vmas) };
	struct vma v = { .start = BASE,
			 .end = BASE + PAGE_SIZE,
			 .prot = PROT_READ,
			 .flags = MAP_PRIVATE,
			 .file_bytes = ~0ull };

	(void)state;
	assert_int_equal(vma_insert(&mm, &v), 0);
	v.start = v.end;
	v.end += PAGE_SIZE;
	assert_int_equal(vma_insert(&mm, &v), 0);
	assert_ptr_equal(mm.vmas.next, mm.vmas.prev);
	v.start = v.end;
	v.end += PAGE_SIZE;
	v.prot = PROT_WRITE;
	assert_int_equal(vma_insert(&mm, &v), 0);
	assert_ptr_not_equal(mm.vmas.next, mm.vmas.prev);
	assert_int_equal(vma_remove_range(&mm, BASE, v.end), 0);
}

static void a_failed_cut_changes_nothing(void **state)
{
	struct mm mm = { .vmas = LIST_INIT(mm.vmas) };
	struct vma v = { .start = BASE, .end = BASE + 4 * PAGE_SIZE, .flags = MAP_PRIVATE };

	(void)state;
	assert_int_equal(vma_insert(&mm, &v), 0);
	fake_blocks_left = 0;
	assert_int_equal(vma_remove_range(&mm, BASE + PAGE_SIZE, BASE + 2 * PAGE_SIZE), -ENOMEM);
	assert_non_null(vma_find(&mm, BASE + PAGE_SIZE));
	fake_blocks_left = -1;
	assert_int_equal(vma_remove_range(&mm, BASE, v.end), 0);
}

static void holes_are_found_from_the_top(void **state)
{
	struct mm mm = { .vmas = LIST_INIT(mm.vmas) };
	unsigned long top = BASE + 10 * PAGE_SIZE;
	struct vma v = { .start = BASE + 8 * PAGE_SIZE, .end = top, .flags = MAP_PRIVATE };

	(void)state;
	assert_int_equal(vma_find_hole(&mm, PAGE_SIZE, top), top - PAGE_SIZE);
	assert_int_equal(vma_insert(&mm, &v), 0);
	assert_int_equal(vma_find_hole(&mm, PAGE_SIZE, top), v.start - PAGE_SIZE);
	assert_int_equal(vma_find_hole(&mm, top, top), 0);
	assert_int_equal(vma_remove_range(&mm, BASE, top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions_agree_with_pages),
		cmocka_unit_test(equal_neighbours_join),
		cmocka_unit_test(a_failed_cut_changes_nothing),
		cmocka_unit_test(holes_are_found_from_the_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
