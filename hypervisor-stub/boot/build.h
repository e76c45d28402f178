/* SPDX-License-Identifier: MIT */
/*
 * Building the first domains from boot modules: what the steps share.
 *
 * build.c decides and orders, build_memory.c gives frames and copies, build_tables.c makes the page
 * tables, build_start.c the start_info page and the first registers. All of it runs once, on the boot
 * pCPU, before any guest: no locks but domain.mm where validation wants it.
 */
#ifndef BOOT_BUILD_H
#define BOOT_BUILD_H

#include "domain/domain.h"
#include "lib/guestimage/guestimage.h"
#include "mm/mm.h"

/* Machine memory comes in a few contiguous pieces: pfn first..first + count - 1 is at mfn... */
struct build_run {
	uint64_t pfn, count;
	mfn_t mfn;
};

#define BUILD_RUNS 1024

struct build {
	struct domain *d;
	struct guest_image image;
	struct guest_layout layout;
	uint64_t nr_pages;
	const char *cmdline;
	const void *ramdisk; /* NULL: none */
	struct build_run *runs;
	unsigned int run_count;
	mfn_t root;
	uint64_t next_table; /* pfn of the next page-table page */
	uint64_t tables_end; /* pfn after the last one that may be used */
};

/* ---- build_memory.c --------------------------------------------------------------------------- */

/* nr_pages frames for the domain, numbered from pfn 0. False: not enough memory; explained. */
bool build_allocate(struct build *b);
mfn_t build_mfn(const struct build *b, uint64_t pfn);
void *build_page(const struct build *b, uint64_t pfn);
/* Copy n bytes (or zeroes, if bytes is NULL) to a virtual address inside the region. */
bool build_put(void *build, uint64_t vaddr, const void *bytes, size_t n);
void build_put_pfn(const struct build *b, uint64_t pfn, const void *bytes, size_t n);
/* Fill the guest's list of frames and the machine-to-physical table. */
void build_p2m(const struct build *b);

/* ---- build_tables.c --------------------------------------------------------------------------- */

/* Page tables for the whole layout; then the root is validated, pinned and given to vCPU 0. */
bool build_tables(struct build *b);

/* ---- build_start.c ---------------------------------------------------------------------------- */

void build_start_info(const struct build *b);
void build_registers(const struct build *b);

#endif
