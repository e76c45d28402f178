/* SPDX-License-Identifier: MIT */
/*
 * start_info: the page that a domain is born with, its layout and its neighbours.
 *
 * Mechanism: image, ramdisk, P2M, start_info, page tables and boot stack follow each other from
 * VIRT_BASE, page aligned, all mapped, with at least 512 KiB spare behind them up to a 4 MiB
 * boundary. The command line is what followed the file name; the ramdisk is there byte for byte.
 * Steps: 1. magic, flags, sizes; 2. order of the parts; 3. command line; 4. every ramdisk byte;
 * 5. the spare room is mapped writable and zero-filled or not, but there.
 * Fails by: the field and its value.
 * Run with: args="one  two=2,3 last" ramdisk=70001
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define RAMDISK_SIZE 70001

static void check_ramdisk(void)
{
	const uint8_t *disk = (const uint8_t *)start_info->mod_start;

	expect_u64(start_info->mod_len, RAMDISK_SIZE, "mod_len");
	expect_u64(start_info->mod_start % PAGE_SIZE, 0, "mod_start is page aligned");
	ensure(!(start_info->flags & SIF_MOD_START_PFN), "MOD_START_PFN without the guest's note");
	for (unsigned int i = 0; i < RAMDISK_SIZE; i++)
		if (disk[i] != (uint8_t)(i * 7 + i / 256)) {
			test_failure("ramdisk byte %u is %#x", i, disk[i]);
			break;
		}
	for (unsigned int i = RAMDISK_SIZE; i % PAGE_SIZE; i++)
		expect_u64(disk[i], 0, "byte %u, behind the ramdisk's end", i);
}

static void check_layout(void)
{
	unsigned long image_end = (unsigned long)_image_end;
	unsigned long disk_end = start_info->mod_start + start_info->mod_len;
	unsigned long list = start_info->mfn_list;
	unsigned long list_end = list + start_info->nr_pages * sizeof(long);
	unsigned long end = start_info->pt_base + (start_info->nr_pt_frames + 1) * PAGE_SIZE;
	unsigned long last = (end + 512 * 1024 + (4 << 20) - 1) & ~((4UL << 20) - 1);

	ensure(start_info->mod_start >= image_end, "ramdisk at %#lx inside the image",
	       start_info->mod_start);
	ensure(list >= disk_end, "P2M at %#lx before the ramdisk's end %#lx", list, disk_end);
	ensure((unsigned long)start_info >= list_end, "start_info before the P2M's end %#lx",
	       list_end);
	expect_u64((unsigned long)start_info % PAGE_SIZE, 0, "start_info is page aligned");
	/* Xenstore's ring and the console's come between, where there are such. */
	expect_u64(start_info->pt_base, (unsigned long)start_info + PAGE_SIZE * (is_dom0() ? 1 : 3),
		   "page tables follow start_info");
	trap_init();
	for (unsigned long va = end; va < last; va += PAGE_SIZE)
		expect_exc(try_write((void *)va, va), EXC_NONE, "spare page at %#lx", va);
}

void test_main(void)
{
	expect(strncmp(start_info->magic, PT_LEVELS == 3 ? "xen-3.0-x86_32p" : "xen-3.0-x86_64",
		       32),
	       0, "magic \"%.32s\"", start_info->magic);
	ensure(start_info->nr_pages >= 2048, "only %lu pages", start_info->nr_pages);
	expect_u64(start_info->shared_info % PAGE_SIZE, 0, "shared_info is page aligned");
	if (is_dom0()) {
		ensure(start_info->flags & SIF_PRIVILEGED, "domain 0 is not privileged");
		expect_u64(start_info->store_mfn, 0, "store_mfn of domain 0");
		expect_u64(start_info->store_evtchn, 0, "store_evtchn of domain 0");
	} else {
		ensure(!(start_info->flags & SIF_PRIVILEGED), "privileged, but no domain 0");
		ensure(mfn_to_pfn(MFN(start_info->store_mfn)).p < start_info->nr_pages,
		       "store_mfn %#lx is not ours", start_info->store_mfn);
		ensure(mfn_to_pfn(MFN(start_info->console.domU.mfn)).p < start_info->nr_pages,
		       "console's mfn %#lx is not ours", start_info->console.domU.mfn);
	}
	ensure(start_info->nr_pt_frames >= PT_LEVELS, "nr_pt_frames %lu", start_info->nr_pt_frames);
	expect(strcmp((char *)start_info->cmd_line, "one  two=2,3 last"), 0, "cmd_line \"%s\"",
	       (char *)start_info->cmd_line);
	check_ramdisk();
	check_layout();
}
