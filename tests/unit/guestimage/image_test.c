/* SPDX-License-Identifier: MIT */
/*
 * ELF kernels: what is taken from good ones, and the sentence that each bad one gets.
 *
 * Images are made by hand, one class at a time, so that each field can be made wrong alone; then every
 * byte of the headers is damaged at random, and the sanitizers watch the bounds.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guestimage/elf_format.h"
#include "lib/guestimage/guestimage.h"

#include <xen/elfnote.h>
#include <xen/features.h>

enum { NOTES = 0x400, TEXT = 0x1000, SYMBOLS = 0x1800, NAMES = 0x1a00, SECTIONS = 0x1c00 };

struct image {
	uint8_t file[0x2000];
	size_t notes; /* bytes used at NOTES */
	bool wide;
};

static void add_note(struct image *m, uint32_t type, const void *desc, uint32_t size)
{
	struct elf_note n = { 4, size, type };
	uint8_t *at = m->file + NOTES + m->notes;

	memcpy(at, &n, sizeof(n));
	memcpy(at + sizeof(n), "Xen", 4);
	memcpy(at + sizeof(n) + 4, desc, size);
	m->notes += sizeof(n) + 4 + ((size + 3) & ~3u);
}

static void add_string(struct image *m, uint32_t type, const char *s)
{
	add_note(m, type, s, (uint32_t)strlen(s) + 1);
}

static void add_number(struct image *m, uint32_t type, uint64_t v)
{
	add_note(m, type, &v, m->wide ? 8 : 4);
}

static void headers32(struct image *m)
{
	struct elf32_header h = { .ident = { 0x7f, 'E', 'L', 'F', 1, 1, 1 },
				  .type = ET_EXEC,
				  .machine = EM_386,
				  .entry = 0xc0100000,
				  .phoff = 0x40,
				  .phentsize = sizeof(struct elf32_phdr),
				  .phnum = 2,
				  .shoff = SECTIONS,
				  .shentsize = sizeof(struct elf32_shdr),
				  .shnum = 2 };
	struct elf32_phdr p[2] = {
		{ PT_LOAD, TEXT, 0xc0100000, 0x100000, 0x800, 0x3000, 7, 0x1000 },
		{ PT_NOTE, NOTES, 0, 0, (uint32_t)m->notes, 0, 4, 4 },
	};
	struct elf32_shdr s[2] = {
		{ .type = SHT_SYMTAB,
		  .offset = SYMBOLS,
		  .size = 3 * sizeof(struct elf32_sym),
		  .link = 1 },
		{ .type = SHT_STRTAB, .offset = NAMES, .size = 16 },
	};
	struct elf32_sym sym[3] = { { 1, 0xc0100200, 0, STT_FUNC, 0, 1 },
				    { 7, 0xc0100000, 0, STT_NOTYPE, 0, 1 },
				    { 1, 0, 0, STT_FUNC, 0, 0 } };

	memcpy(m->file, &h, sizeof(h));
	memcpy(m->file + 0x40, p, sizeof(p));
	memcpy(m->file + SECTIONS, s, sizeof(s));
	memcpy(m->file + SYMBOLS, sym, sizeof(sym));
	memcpy(m->file + NAMES, "\0later\0start\0", 13);
}

static void headers64(struct image *m)
{
	struct elf64_header h = { .ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
				  .type = ET_EXEC,
				  .machine = EM_X86_64,
				  .entry = 0xffffffff80100000,
				  .phoff = 0x40,
				  .phentsize = sizeof(struct elf64_phdr),
				  .phnum = 2 };
	struct elf64_phdr p[2] = {
		{ PT_LOAD, 7, TEXT, 0xffffffff80100000, 0x100000, 0x800, 0x3000, 0x1000 },
		{ PT_NOTE, 4, NOTES, 0, 0, m->notes, 0, 4 },
	};

	memcpy(m->file, &h, sizeof(h));
	memcpy(m->file + 0x40, p, sizeof(p));
}

static void begin(struct image *m, bool wide)
{
	memset(m, 0, sizeof(*m));
	m->wide = wide;
	add_string(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	add_string(m, XEN_ELFNOTE_GUEST_OS, "test");
	add_number(m, XEN_ELFNOTE_VIRT_BASE, wide ? 0xffffffff80000000 : 0xc0000000);
	add_number(m, XEN_ELFNOTE_HYPERCALL_PAGE, wide ? 0xffffffff80101000 : 0xc0101000);
	if (!wide)
		add_string(m, XEN_ELFNOTE_PAE_MODE, "yes");
}

static bool finish(struct image *m, struct guest_image *gi)
{
	if (m->wide)
		headers64(m);
	else
		headers32(m);
	return guest_image_parse(gi, m->file, sizeof(m->file), 1u << XENFEAT_dom0);
}

static void good_images_are_read(void **state)
{
	struct guest_image gi;
	struct image m;

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		uint64_t base = wide ? 0xffffffff80000000 : 0xc0000000;

		begin(&m, wide);
		assert_true(finish(&m, &gi));
		assert_int_equal(gi.is_32bit, !wide);
		assert_int_equal(gi.kstart, base + 0x100000);
		assert_int_equal(gi.kend, base + 0x103000);
		assert_int_equal(gi.entry, base + 0x100000);
		assert_string_equal(gi.guest_os, "test");
	}
}

static void refused(struct image *m, const char *word)
{
	struct guest_image gi;

	assert_false(finish(m, &gi));
	if (!strstr(gi.error, word))
		fail_msg("\"%s\" does not mention \"%s\"", gi.error, word);
}

static void bad_notes_are_named(void **state)
{
	struct image m;

	(void)state;
	begin(&m, false);
	add_string(&m, XEN_ELFNOTE_PAE_MODE, "no");
	refused(&m, "PAE_MODE");
	begin(&m, true);
	add_string(&m, XEN_ELFNOTE_XEN_VERSION, "xen-2.0");
	refused(&m, "XEN_VERSION");
	begin(&m, true);
	add_string(&m, XEN_ELFNOTE_LOADER, "special");
	refused(&m, "LOADER");
	begin(&m, true);
	add_string(&m, XEN_ELFNOTE_FEATURES, "pae_pgdir_above_4gb|!supervisor_mode_kernel");
	refused(&m, "supervisor_mode_kernel");
	begin(&m, true);
	add_number(&m, XEN_ELFNOTE_ENTRY, 0x1000);
	refused(&m, "ENTRY");
	begin(&m, true);
	add_number(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0xffffffff80101008);
	refused(&m, "HYPERCALL_PAGE");
	begin(&m, false);
	add_number(&m, XEN_ELFNOTE_VIRT_BASE, 0xfff00000);
	refused(&m, "VIRT_BASE");
	memset(&m, 0, sizeof(m));
	refused(&m, "no Xen notes");
}

static void optional_features_are_ignored(void **state)
{
	struct guest_image gi;
	struct image m;

	(void)state;
	begin(&m, true);
	add_string(&m, XEN_ELFNOTE_FEATURES, "auto_translated_physmap|!dom0|something_new");
	assert_true(finish(&m, &gi));
}

static void other_files_get_a_hint(void **state)
{
	struct guest_image gi;
	uint8_t xz[128] = "\xfd"
			  "7zXZ",
		bzimage[1024] = "MZ", text[128] = "hello";

	(void)state;
	memcpy(bzimage + 0x202, "HdrS", 4);
	assert_false(guest_image_parse(&gi, xz, sizeof(xz), 0));
	assert_non_null(strstr(gi.error, "unxz"));
	assert_false(guest_image_parse(&gi, bzimage, sizeof(bzimage), 0));
	assert_non_null(strstr(gi.error, "bzImage"));
	assert_false(guest_image_parse(&gi, text, sizeof(text), 0));
	assert_non_null(strstr(gi.error, "no ELF file"));
}

static uint8_t loaded[0x4000];

static bool put(void *ctx, uint64_t vaddr, const void *bytes, size_t n)
{
	const struct guest_image *gi = ctx;

	assert_true(vaddr >= gi->kstart && vaddr + n <= gi->kend);
	if (bytes)
		memcpy(loaded + (vaddr - gi->kstart), bytes, n);
	else
		memset(loaded + (vaddr - gi->kstart), 0, n);
	return true;
}

static void segments_are_loaded(void **state)
{
	struct guest_image gi;
	struct image m;

	(void)state;
	begin(&m, false);
	memset(m.file + TEXT, 0xab, 0x800);
	assert_true(finish(&m, &gi));
	memset(loaded, 0x55, sizeof(loaded));
	assert_true(guest_image_load(&gi, put, &gi));
	assert_int_equal(loaded[0x7ff], 0xab);
	assert_int_equal(loaded[0x800], 0);
	assert_int_equal(loaded[0x2fff], 0);
	assert_int_equal(loaded[0x3000], 0x55);
}

static void symbols_are_found(void **state)
{
	struct guest_symbols *s;
	struct guest_image gi;
	struct image m;
	uint64_t offset;
	size_t size;

	(void)state;
	begin(&m, false);
	assert_true(finish(&m, &gi));
	size = guest_symbols_size(&gi);
	assert_true(size > 0);
	s = malloc(size);
	guest_symbols_read(&gi, s, size);
	assert_int_equal(s->count, 2);
	assert_string_equal(guest_symbol_at(s, 0xc01001ff, &offset), "start");
	assert_int_equal(offset, 0x1ff);
	assert_string_equal(guest_symbol_at(s, 0xc0100200, &offset), "later");
	assert_null(guest_symbol_at(s, 0xc00fffff, &offset));
	free(s);
}

/* Pieces follow each other, do not overlap, and the tables are as many as the region needs. */
static void layouts_hold(void **state)
{
	struct guest_layout l;
	struct guest_image gi;
	struct image m;

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		begin(&m, wide);
		assert_true(finish(&m, &gi));
		for (uint64_t pages = 2048; pages < 1 << 20; pages = pages * 3 + 1) {
			assert_true(guest_layout_compute(&l, &gi, pages, 1234567, true));
			assert_true(l.ramdisk >= gi.kend && l.p2m >= l.ramdisk + 1234567);
			assert_true(l.start_info >= l.p2m + pages * (wide ? 8 : 4));
			assert_int_equal(l.tables, l.start_info + 4096);
			assert_int_equal(l.stack, l.tables + l.table_pages * 4096ull);
			assert_true(l.end >= l.stack + 4096 + (512 << 10));
			assert_int_equal(l.end % (4 << 20), 0);
		}
		assert_false(guest_layout_compute(&l, &gi, 300, 0, true));
		assert_non_null(strstr(gi.error, "memory"));
		assert_true(guest_layout_compute(&l, &gi, 4096, 0, false));
		assert_int_equal(l.xenstore_page, l.start_info + 4096);
		assert_int_equal(l.console_page, l.xenstore_page + 4096);
	}
}

/* observed32.md, 1.2: an image at c0100000 in 128 MB maps to c0400000 with seven tables. */
static void layout_is_that_of_real_xen(void **state)
{
	struct guest_layout l;
	struct guest_image gi;
	struct image m;

	(void)state;
	begin(&m, false);
	assert_true(finish(&m, &gi));
	assert_true(guest_layout_compute(&l, &gi, 0x8000, 0, true));
	assert_int_equal(l.table_pages, 7);
	assert_int_equal(l.end, 0xc0400000);
	assert_int_equal(l.p2m_pfn, 0x400);
}

static void p2m_and_ramdisk_apart(void **state)
{
	uint64_t one = 1;
	struct guest_layout l;
	struct guest_image gi;
	struct image m;

	(void)state;
	begin(&m, true);
	add_number(&m, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
	add_note(&m, XEN_ELFNOTE_MOD_START_PFN, &one, 4);
	assert_true(finish(&m, &gi));
	assert_true(guest_layout_compute(&l, &gi, 65536, 5000, true));
	assert_int_equal(l.p2m, 0x8000000000);
	assert_int_equal(l.p2m_pages, 128);
	assert_int_equal(l.p2m_table_pages, 3);
	assert_int_equal(l.ramdisk, 0);
	assert_int_equal(l.ramdisk_pfn, 65534);
}

static void damage_stays_inside(void **state)
{
	struct guest_image gi;
	struct image m;

	(void)state;
	srand(2);
	for (unsigned int round = 0; round < 200000; round++) {
		struct guest_layout l;
		uint8_t *copy;

		begin(&m, round & 1);
		finish(&m, &gi);
		for (int i = 0; i < 3; i++) {
			size_t at = (size_t)rand() % 0x700;

			if (at >= 0x600)
				at = SECTIONS + at - 0x600;
			m.file[at] = (uint8_t)rand();
		}
		copy = malloc(sizeof(m.file));
		memcpy(copy, m.file, sizeof(m.file));
		if (guest_image_parse(&gi, copy, sizeof(m.file), 0)) {
			size_t size = guest_symbols_size(&gi);

			guest_layout_compute(&l, &gi, 8192, 0, true);
			if (size) {
				struct guest_symbols *s = malloc(size);

				guest_symbols_read(&gi, s, size);
				free(s);
			}
		}
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_images_are_read),
		cmocka_unit_test(bad_notes_are_named),
		cmocka_unit_test(optional_features_are_ignored),
		cmocka_unit_test(other_files_get_a_hint),
		cmocka_unit_test(segments_are_loaded),
		cmocka_unit_test(symbols_are_found),
		cmocka_unit_test(layouts_hold),
		cmocka_unit_test(layout_is_that_of_real_xen),
		cmocka_unit_test(p2m_and_ramdisk_apart),
		cmocka_unit_test(damage_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
