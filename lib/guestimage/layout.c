/* SPDX-License-Identifier: MIT */
/*
 * Where the pieces of a new domain go (<xen/xen.h>, "start-of-day memory layout").
 *
 *	virt_base	pfn 0
 *	  ...		memory below the kernel, mapped
 *	kernel		as its ELF file says
 *	ramdisk		unless it is wanted by pfn
 *	p2m		one guest word a frame, unless it has an address of its own
 *	start_info	one page
 *	xenstore, console rings	(not domain 0)
 *	page tables	of all this, read-only
 *	stack		one page
 *	slack		at least 512 KiB, to a multiple of 4 MiB
 *
 * The tables map the region that holds them, so their number is found by trying.
 */
#include "lib/guestimage/guestimage.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

#define PAGE	     4096ULL
#define SLACK	     (512ULL << 10)
#define REGION_ALIGN (4ULL << 20)

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) & -to;
}

/* Tables of one level (each entry covering `shift` bits) that [start, end) touches. */
static unsigned int tables(uint64_t start, uint64_t end, unsigned int shift)
{
	return (unsigned int)(((end - 1) >> shift) - (start >> shift) + 1);
}

/* A 32-bit root has four entries and all four L2s exist; a 64-bit one has what it needs. */
static unsigned int region_tables(bool is_32bit, uint64_t start, uint64_t end)
{
	if (is_32bit)
		return 1 + 4 + tables(start, end, 21);
	return 1 + tables(start, end, 39) + tables(start, end, 30) + tables(start, end, 21);
}

static bool fail_small(struct guest_image *gi, uint64_t wanted, uint64_t nr_pages)
{
	snprintf(
		gi->error, sizeof(gi->error),
		"the domain's %llu kB of memory do not hold what it starts with, %llu kB: give it more",
		(unsigned long long)nr_pages * 4, (unsigned long long)wanted * 4);
	return false;
}

/* What stands apart has its own tables below the root. */
static bool share_root_entry(const struct guest_layout *gl)
{
	uint64_t p2m_end = gl->p2m + gl->p2m_pages * PAGE;

	return gl->p2m >> 39 <= (gl->end - 1) >> 39 && gl->base >> 39 <= (p2m_end - 1) >> 39;
}

static bool fail_p2m(struct guest_image *gi)
{
	snprintf(gi->error, sizeof(gi->error),
		 "INIT_P2M, %llx, is in the same 512 GiB as the kernel: another address, or none",
		 (unsigned long long)gi->p2m_base);
	return false;
}

bool guest_layout_compute(struct guest_layout *gl, struct guest_image *gi, uint64_t nr_pages,
			  uint64_t ramdisk_bytes, bool is_dom0)
{
	uint64_t at = round_up(gi->kend, PAGE),
		 ramdisk_pages = round_up(ramdisk_bytes, PAGE) / PAGE;
	uint64_t limit = gi->is_32bit ? 0xf5800000 : 0xfffffffffffff000, used;
	bool mapped = ramdisk_bytes && !gi->mod_start_pfn;

	memset(gl, 0, sizeof(*gl));
	gl->base = gi->virt_base;
	gl->p2m_bytes = nr_pages * (gi->is_32bit ? 4 : 8);
	gl->p2m_apart = !gi->is_32bit && gi->p2m_base != GUEST_UNSET;
	if (mapped) {
		gl->ramdisk = at;
		gl->ramdisk_bytes = ramdisk_bytes;
		at += ramdisk_pages * PAGE;
	}
	gl->p2m = gl->p2m_apart ? gi->p2m_base : at;
	if (!gl->p2m_apart)
		at = round_up(at + gl->p2m_bytes, PAGE);
	gl->start_info = at;
	at += PAGE;
	if (!is_dom0) {
		gl->xenstore_page = at;
		gl->console_page = at + PAGE;
		at += 2 * PAGE;
	}
	gl->tables = at;
	do {
		gl->table_pages += !gl->table_pages;
		gl->stack = gl->tables + gl->table_pages * PAGE;
		gl->end = round_up(gl->stack + PAGE + SLACK, REGION_ALIGN);
		used = region_tables(gi->is_32bit, gl->base, gl->end);
		if (used <= gl->table_pages)
			break;
		gl->table_pages = (unsigned int)used;
	} while (true);
	if (gl->end > limit || gl->end < gl->base) {
		snprintf(
			gi->error, sizeof(gi->error),
			"what it starts with ends at %llx, above %llx: a smaller ramdisk or less memory",
			(unsigned long long)gl->end, (unsigned long long)limit);
		return false;
	}

	used = (gl->end - gl->base) / PAGE;
	gl->p2m_pfn = used;
	if (gl->p2m_apart) {
		/* Its own L3, L2s and L1s; the L4 is the region's. */
		gl->p2m_pages = (unsigned int)(round_up(gl->p2m_bytes, PAGE) / PAGE);
		gl->p2m_table_pages =
			region_tables(false, gl->p2m, gl->p2m + gl->p2m_pages * PAGE) - 1;
		used += gl->p2m_pages + gl->p2m_table_pages;
		if (share_root_entry(gl))
			return fail_p2m(gi);
	}
	if (ramdisk_bytes && !mapped) {
		gl->ramdisk_bytes = ramdisk_bytes;
		gl->ramdisk_pfn = nr_pages - ramdisk_pages;
		used += ramdisk_pages;
	}
	return used <= nr_pages || fail_small(gi, used, nr_pages);
}
