/* SPDX-License-Identifier: MIT */
/*
 * Notes of a big guest: INIT_P2M puts the list at an address of its own, MOD_START_PFN hides the disk.
 *
 * Mechanism: with XEN_ELFNOTE_INIT_P2M the builder maps the P2M at the address that the note names,
 * out of the boot mapping, on tables that are not mapped at all; first_p2m_pfn and nr_p2m_frames
 * say which pages hold it and its tables.
 * With XEN_ELFNOTE_MOD_START_PFN the ramdisk is not mapped: mod_start is its pfn, and a flag says so.
 * Steps: 1. the list is where the note says, and complete; 2. its frames; 3. map the ramdisk by pfn
 * and compare.
 * Fails by: the field.
 * Run with: ramdisk=9000
 * Also runs on: real Xen, yes.
 */
#include <xen/elfnote.h>

#include "lib/pv.h"

#define P2M_VA 0xffffea0000000000

#define STR(x)	#x
#define XSTR(x) STR(x)

/* Two more notes beside those of every image. */
asm(".pushsection .note.Xen, \"a\", @note\n"
    "	.balign 4; .long 4, 8, " XSTR(
	    XEN_ELFNOTE_INIT_P2M) "; .asciz \"Xen\"\n"
				  "	.quad " XSTR(
					  P2M_VA) "\n"
						  "	.balign 4; .long 4, 4, " XSTR(
							  XEN_ELFNOTE_MOD_START_PFN) "; .asciz \"Xen\"\n"
										     "	.long 1\n"
										     "	.popsection");

static void check_ramdisk(void)
{
	const uint8_t *window = (const uint8_t *)window_init();
	pfn_t pfn = PFN(start_info->mod_start);

	ensure(start_info->flags & SIF_MOD_START_PFN, "flags %#x", start_info->flags);
	expect_u64(start_info->mod_len, 9000, "mod_len");
	ensure(pfn.p < start_info->nr_pages, "mod_start %#lx is no pfn", start_info->mod_start);
	for (unsigned int i = 0; i < 9000; i++) {
		if (i % PAGE_SIZE == 0)
			map_va(window, pte(pfn_to_mfn(PFN(pfn.p + i / PAGE_SIZE)), PTE_KERN_R));
		if (window[i % PAGE_SIZE] != (uint8_t)(i * 7 + i / 256)) {
			test_failure("ramdisk byte %u is %#x", i, window[i % PAGE_SIZE]);
			break;
		}
	}
}

void test_main(void)
{
	unsigned long bad = 0;

	trap_init();
	shared_info_map();
	expect_u64(start_info->mfn_list, P2M_VA, "mfn_list");
	for (unsigned long p = 0; p < start_info->nr_pages && bad < 3; p++) {
		if (mfn_to_pfn(pfn_to_mfn(PFN(p))).p != p) {
			test_failure("pfn %#lx does not come back", p);
			bad++;
		}
	}
	ensure(start_info->nr_p2m_frames >= start_info->nr_pages * sizeof(long) / PAGE_SIZE,
	       "nr_p2m_frames %lu", start_info->nr_p2m_frames);
	ensure(start_info->first_p2m_pfn + start_info->nr_p2m_frames <= start_info->nr_pages,
	       "first_p2m_pfn %#lx", start_info->first_p2m_pfn);
	check_ramdisk();
}
