/* SPDX-License-Identifier: MIT */
/*
 * A new domain's memory as the builder leaves it, looked at as the processor and the guest will: page tables
 * are walked from the root, start_info is read at the address in the first vCPU's register.
 *
 * The images need no file: parsed fields are set by hand, and the kernel has no segments. Frames are given in
 * an order of their own, so that a pfn written where a frame belongs shows.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guestbuild/guestbuild.h"

enum { P = 1, RW = 2, FIRST_FRAME = 0x5000 };

static struct {
	struct guest_builder b;
	uint8_t (*memory)[GUEST_PAGE];
	xen_pfn_t *frames;
	uint64_t deny; /* this pfn cannot be mapped */
	uint8_t ramdisk[9000];
	uint8_t file[64]; /* no segments */
} t;

static void *page_of(void *ctx, uint64_t pfn)
{
	assert_ptr_equal(ctx, &t);
	assert_true(pfn < t.b.pages);
	return pfn == t.deny ? NULL : t.memory[pfn];
}

static uint64_t pfn_of(uint64_t frame)
{
	uint64_t pfn = (frame - FIRST_FRAME) ^ 1;

	assert_true(frame >= FIRST_FRAME && pfn < t.b.pages);
	return pfn;
}

static void begin(bool is_32bit, uint64_t base, uint64_t p2m_base, uint64_t pages, size_t ramdisk)
{
	struct guest_image *gi = &t.b.image;

	memset(&t, 0, sizeof(t));
	t.deny = ~0ULL;
	t.b.pages = pages;
	t.memory = malloc(pages * GUEST_PAGE);
	memset(t.memory, 0xa5, pages * GUEST_PAGE);
	t.frames = calloc(pages, sizeof(*t.frames));
	for (uint64_t i = 0; i < pages; i++)
		t.frames[i] = FIRST_FRAME + (i ^ 1);
	for (size_t i = 0; i < sizeof(t.ramdisk); i++)
		t.ramdisk[i] = (uint8_t)(i * 7);
	t.b.frames = t.frames;
	t.b.page = page_of;
	t.b.ctx = &t;
	t.b.ramdisk = t.ramdisk;
	t.b.ramdisk_bytes = ramdisk;
	gi->data = t.file;
	gi->size = sizeof(t.file);
	gi->is_32bit = is_32bit;
	gi->virt_base = base;
	gi->entry = base + 0x1000;
	gi->hypercall_page = GUEST_UNSET;
	gi->p2m_base = p2m_base;
	gi->mod_start_pfn = p2m_base != GUEST_UNSET;
	gi->kstart = base + 0x1000;
	gi->kend = base + 0x3000;
	assert_true(guest_layout_compute(&t.b.layout, gi, pages, ramdisk, false));
}

static void end(void)
{
	free(t.memory);
	free(t.frames);
}

static const struct guest_start start = {
	.shared_info = 0x77, .store_port = 3, .console_port = 4, .cmdline = "one two"
};

static bool is_table(uint64_t pfn)
{
	const struct guest_layout *l = &t.b.layout;
	uint64_t tables = (l->tables - l->base) / GUEST_PAGE, list = l->p2m_pfn + l->p2m_pages;

	return (pfn >= tables && pfn < tables + l->table_pages) ||
	       (l->p2m_apart && pfn >= list && pfn < list + l->p2m_table_pages);
}

/* The pfn that an address shows; the tables on the way are where tables belong, and none maps itself writable. */
static uint64_t walk(uint64_t va, bool *writable)
{
	unsigned int command;
	uint64_t pfn = pfn_of(guest_builder_root(&t.b, &command));
	int level = t.b.image.is_32bit ? 3 : 4;

	assert_int_equal(command, level == 3 ? MMUEXT_PIN_L3_TABLE : MMUEXT_PIN_L4_TABLE);
	for (; level; level--) {
		const uint64_t *table = (const void *)t.memory[pfn];
		uint64_t e = table[va >> (12 + 9 * (level - 1)) & 511];

		assert_true(is_table(pfn));
		assert_true(e & P);
		*writable = e & RW;
		if (level == 3 && t.b.image.is_32bit)
			assert_int_equal(e & 0xfff, P);
		pfn = pfn_of((e & 0xffffffffff000ULL) >> 12);
	}
	return pfn;
}

static void check_run(uint64_t va, uint64_t pfn, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		bool writable;

		assert_int_equal(walk(va + i * GUEST_PAGE, &writable), pfn + i);
		assert_int_equal(writable, !is_table(pfn + i));
	}
}

/* Entries of the tables at [pfn, pfn + n) that are there. */
static uint64_t present(uint64_t pfn, uint64_t n)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < n * 512; i++)
		count += ((const uint64_t *)t.memory[pfn])[i] & P;
	return count;
}

static void test_tables(bool is_32bit, uint64_t base)
{
	const struct guest_layout *l = &t.b.layout;
	uint64_t pages;

	begin(is_32bit, base, GUEST_UNSET, 4096, 0);
	pages = (l->end - l->base) / GUEST_PAGE;
	assert_true(guest_builder_write(&t.b, &start));
	check_run(l->base, 0, pages);
	/* Each page once, each table but the root once, and nothing else: nothing is left of what was there. */
	assert_int_equal(present((l->tables - l->base) / GUEST_PAGE, l->table_pages),
			 pages + l->table_pages - 1);
	end();
}

static void tables_of_both_widths(void **state)
{
	(void)state;
	test_tables(false, 0xffffffff80000000);
	test_tables(false, 0x400000);
	test_tables(false, 0x7fffe00000); /* across an entry of the root */
	test_tables(true, 0xc0000000);
	test_tables(true, 0x3fe00000); /* across an entry of the PAE root */
	test_tables(true, 0);
}

static void list_that_stands_apart(void **state)
{
	const struct guest_layout *l = &t.b.layout;
	const uint64_t *list;

	(void)state;
	begin(false, 0xffffffff80000000, 0x8000000000, 8192, sizeof(t.ramdisk));
	assert_true(guest_builder_write(&t.b, &start));
	check_run(l->base, 0, (l->end - l->base) / GUEST_PAGE);
	check_run(l->p2m, l->p2m_pfn, l->p2m_pages);
	list = (const void *)t.memory[l->p2m_pfn];
	for (uint64_t pfn = 0; pfn < t.b.pages; pfn++)
		assert_int_equal(list[pfn], t.frames[pfn]);
	/* The ramdisk is there without an address. */
	assert_memory_equal(t.memory[l->ramdisk_pfn], t.ramdisk, sizeof(t.ramdisk));
	end();
	begin(false, 0xffffffff80000000, GUEST_UNSET, 8192, 0);
	t.b.image.p2m_base = 0xffffff8000000000; /* the kernel's own entry of the root */
	assert_false(guest_layout_compute(&t.b.layout, &t.b.image, 8192, 0, false));
	assert_non_null(strstr(t.b.image.error, "INIT_P2M"));
	end();
}

static void what_start_info_says(void **state)
{
	const struct guest_layout *l = &t.b.layout;
	union guest_context context;
	const struct start_info_x86_32 *si;
	const uint32_t *list;

	(void)state;
	begin(true, 0xc0000000, GUEST_UNSET, 3000, 5000);
	assert_true(guest_builder_write(&t.b, &start));
	guest_builder_context(&t.b, &context);
	si = (const void *)t.memory[(context.c32.user_regs.esi - l->base) / GUEST_PAGE];
	assert_string_equal(si->magic, "xen-3.0-x86_32p");
	assert_int_equal(si->nr_pages, 3000);
	assert_int_equal(si->shared_info, 0x77000);
	assert_int_equal(si->store_evtchn, 3);
	assert_int_equal(si->console.domU.evtchn, 4);
	assert_int_equal(si->store_mfn, guest_builder_frame(&t.b, l->xenstore_page));
	assert_int_equal(si->nr_pt_frames, l->table_pages);
	assert_int_equal(si->mod_len, 5000);
	assert_string_equal((const char *)si->cmd_line, "one two");
	assert_memory_equal(t.memory[(si->mod_start - l->base) / GUEST_PAGE], t.ramdisk, 4096);
	list = (const void *)t.memory[(si->mfn_list - l->base) / GUEST_PAGE];
	for (uint64_t pfn = 0; pfn < 3000; pfn++)
		assert_int_equal(list[pfn], t.frames[pfn]);
	assert_int_equal(list[3000], 0); /* and the rest of its page is empty */
	assert_int_equal(context.c32.user_regs.eip, 0xc0001000);
	assert_int_equal(context.c32.user_regs.esp, l->stack + GUEST_PAGE);
	assert_int_equal(context.c32.ctrlreg[3],
			 xen_pfn_to_cr3_x86_32((uint32_t)guest_builder_frame(&t.b, l->tables)));
	end();
}

/* Whichever page cannot be had, the builder stops there and says so. */
static void a_page_that_cannot_be_mapped(void **state)
{
	const struct guest_layout *l = &t.b.layout;
	const uint64_t *places[] = { &l->ramdisk,	&l->p2m,    &l->start_info,
				     &l->xenstore_page, &l->tables, &l->console_page };

	(void)state;
	begin(false, 0x400000, GUEST_UNSET, 4096, 5000);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		t.deny = (*places[i] - l->base) / GUEST_PAGE;
		assert_false(guest_builder_write(&t.b, &start));
	}
	for (unsigned int i = 0; i < l->table_pages; i++) {
		t.deny = (l->tables - l->base) / GUEST_PAGE + i;
		assert_false(guest_builder_write(&t.b, &start));
	}
	t.deny = ~0ULL;
	assert_true(guest_builder_write(&t.b, &start));
	end();
}

static void a_command_line_that_is_too_long(void **state)
{
	const struct guest_layout *l = &t.b.layout;
	struct guest_start s = start;
	const struct start_info_x86_64 *si;
	char line[5000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = 0;
	s.cmdline = line;
	begin(false, 0x400000, GUEST_UNSET, 4096, 0);
	assert_true(guest_builder_write(&t.b, &s));
	si = (const void *)t.memory[(l->start_info - l->base) / GUEST_PAGE];
	assert_int_equal(strlen((const char *)si->cmd_line), MAX_GUEST_CMDLINE - 1);
	assert_int_equal(si->mod_len, 0);
	end();
}

static void masked_upcalls(void **state)
{
	uint8_t page[GUEST_PAGE];

	(void)state;
	memset(page, 0xff, sizeof(page));
	guest_shared_info_init(page);
	for (unsigned int i = 0; i < sizeof(page); i++)
		assert_int_equal(page[i], i < 32 * 64 && i % 64 == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_both_widths),
		cmocka_unit_test(list_that_stands_apart),
		cmocka_unit_test(what_start_info_says),
		cmocka_unit_test(a_page_that_cannot_be_mapped),
		cmocka_unit_test(a_command_line_that_is_too_long),
		cmocka_unit_test(masked_upcalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
