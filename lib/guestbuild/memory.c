/* SPDX-License-Identifier: MIT */
/*
 * Contents of a new domain's memory: kernel, ramdisk, frame list, rings, start_info.
 *
 * Everything is written page by page through the caller's mapping, at addresses of the boot mapping: pfn 0 is
 * at layout.base. What has no address there (an unmapped ramdisk, a frame list that stands apart) is written
 * by pfn.
 */
#include "lib/guestbuild/guestbuild.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

/* Bytes, or zeroes where there are none, from a byte of the domain's memory on. */
static bool put_at(const struct guest_builder *b, uint64_t at, const void *bytes, size_t n)
{
	while (n) {
		size_t in = at % GUEST_PAGE, part = n < GUEST_PAGE - in ? n : GUEST_PAGE - in;
		char *page = at / GUEST_PAGE < b->pages ? b->page(b->ctx, at / GUEST_PAGE) : NULL;

		if (!page)
			return false;
		if (bytes) {
			memcpy(page + in, bytes, part);
			bytes = (const char *)bytes + part;
		} else {
			memset(page + in, 0, part);
		}
		at += part;
		n -= part;
	}
	return true;
}

/* The same for guest_image_load: addresses. */
static bool put(void *ctx, uint64_t va, const void *bytes, size_t n)
{
	const struct guest_builder *b = ctx;

	return put_at(b, va - b->layout.base, bytes, n);
}

unsigned long guest_builder_frame(const struct guest_builder *b, uint64_t va)
{
	return (unsigned long)b->frames[(va - b->layout.base) / GUEST_PAGE];
}

static bool put_ramdisk(const struct guest_builder *b)
{
	uint64_t at = b->layout.ramdisk_pfn ? b->layout.ramdisk_pfn * GUEST_PAGE
					    : b->layout.ramdisk - b->layout.base;

	return !b->ramdisk_bytes || put_at(b, at, b->ramdisk, b->ramdisk_bytes);
}

/* Words of the guest's width, page by page: asking for the page of each word would cost more than the word. */
static void put_p2m_page(const struct guest_builder *b, void *page, uint64_t first, unsigned int n)
{
	memset(page, 0, GUEST_PAGE);
	for (unsigned int i = 0; i < n && first + i < b->pages; i++) {
		if (b->image.is_32bit)
			((uint32_t *)page)[i] = (uint32_t)b->frames[first + i];
		else
			((uint64_t *)page)[i] = b->frames[first + i];
	}
}

static bool put_p2m(const struct guest_builder *b)
{
	const struct guest_layout *l = &b->layout;
	unsigned int words = GUEST_PAGE / (b->image.is_32bit ? 4 : 8);
	uint64_t at = l->p2m_apart ? l->p2m_pfn : (l->p2m - l->base) / GUEST_PAGE;

	for (uint64_t pfn = 0; pfn < b->pages; pfn += words, at++) {
		void *page = b->page(b->ctx, at);

		if (!page)
			return false;
		put_p2m_page(b, page, pfn, words);
	}
	return true;
}

/* The same assignments for both shapes. */
#define FILL(si, b, l, s)                                                                       \
	do {                                                                                    \
		(si)->nr_pages = (typeof((si)->nr_pages))(b)->pages;                            \
		(si)->shared_info = (typeof((si)->shared_info))((s)->shared_info * GUEST_PAGE); \
		(si)->store_mfn = guest_builder_frame(b, (l)->xenstore_page);                   \
		(si)->store_evtchn = (s)->store_port;                                           \
		(si)->console.domU.mfn = guest_builder_frame(b, (l)->console_page);             \
		(si)->console.domU.evtchn = (s)->console_port;                                  \
		(si)->pt_base = (typeof((si)->pt_base))(l)->tables;                             \
		(si)->nr_pt_frames = (l)->table_pages;                                          \
		(si)->mfn_list = (typeof((si)->mfn_list))(l)->p2m;                              \
		(si)->first_p2m_pfn =                                                           \
			(typeof((si)->first_p2m_pfn))((l)->p2m_apart ? (l)->p2m_pfn : 0);       \
		(si)->nr_p2m_frames = (l)->p2m_pages + (l)->p2m_table_pages;                    \
		(si)->mod_start = (typeof((si)->mod_start))((l)->ramdisk_pfn ? (l)->ramdisk_pfn \
									     : (l)->ramdisk);   \
		(si)->mod_len = (typeof((si)->mod_len))(b)->ramdisk_bytes;                      \
		(si)->flags = (l)->ramdisk_pfn ? SIF_MOD_START_PFN : 0;                         \
		snprintf((char *)(si)->cmd_line, sizeof((si)->cmd_line), "%s",                  \
			 (s)->cmdline ? (s)->cmdline : "");                                     \
	} while (0)

static bool put_start_info(const struct guest_builder *b, const struct guest_start *start)
{
	const struct guest_layout *l = &b->layout;
	void *page = b->page(b->ctx, (l->start_info - l->base) / GUEST_PAGE);

	if (!page)
		return false;
	memset(page, 0, GUEST_PAGE);
	if (b->image.is_32bit) {
		struct start_info_x86_32 *si = page;

		memcpy(si->magic, "xen-3.0-x86_32p", 16);
		FILL(si, b, l, start);
	} else {
		struct start_info_x86_64 *si = page;

		memcpy(si->magic, "xen-3.0-x86_64", 15);
		FILL(si, b, l, start);
	}
	return true;
}

/* Its rings begin empty. */
static bool clear_rings(const struct guest_builder *b)
{
	return put_at(b, b->layout.xenstore_page - b->layout.base, NULL, GUEST_PAGE) &&
	       put_at(b, b->layout.console_page - b->layout.base, NULL, GUEST_PAGE);
}

bool guest_builder_write(const struct guest_builder *b, const struct guest_start *start)
{
	return guest_image_load(&b->image, put, (void *)(uintptr_t)b) && put_ramdisk(b) &&
	       put_p2m(b) && clear_rings(b) && put_start_info(b, start) && guest_builder_tables(b);
}

/* vcpu_info is 64 bytes at both widths, the mask its second one. */
void guest_shared_info_init(void *page)
{
	memset(page, 0, GUEST_PAGE);
	for (unsigned int v = 0; v < XEN_LEGACY_MAX_VCPUS; v++)
		((uint8_t *)page)[v * 64 + 1] = 1;
}
