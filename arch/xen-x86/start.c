/* SPDX-License-Identifier: MIT */
/*
 * Start of day: from the builder's start_info to kernel_main.
 *
 * The builder is trusted to have laid out memory as <xen/xen.h> documents: from VIRT_BASE up the
 * image, the ramdisk, the P2M, start_info, the page tables and the boot stack, and at least 512 KiB
 * of mapped memory behind them. Nothing is assumed about sizes, nor about where the hypervisor's
 * own hole begins.
 */
#include "xen-x86.h"
#include "lib/string.h"

start_info_t *xen_start_info;
struct machine_info machine_info;

extern char image_start[], image_end[];

static void free_range_add(unsigned long first, unsigned long end)
{
	unsigned i;

	if (first >= end)
		return;
	for (i = 0; i < sizeof(machine_info.free) / sizeof(machine_info.free[0]); i++)
		if (!machine_info.free[i].end) {
			machine_info.free[i] = (struct pfn_range){ first, end };
			return;
		}
	panic("start of day: more ranges of free memory than were foreseen");
}

static unsigned long va_pfn(unsigned long va)
{
	return (va - VIRT_BASE) >> PAGE_SHIFT;
}

/*
 * Pages without a user: those below the image, the boot stack (we run on our own), and all behind it.
 * Page 0 is kept from the allocator, and `used` pages behind the boot stack went into page tables.
 */
static void find_free_pages(unsigned long used)
{
	unsigned long tables_end = va_pfn(xen_start_info->pt_base) + xen_start_info->nr_pt_frames;

	free_range_add(1, va_pfn((unsigned long)image_start));
	free_range_add(tables_end + used, machine_info.page_count);
}

static void find_ramdisk(void)
{
	const start_info_t *si = xen_start_info;

	if (!si->mod_len)
		return;
	machine_info.ramdisk = si->flags & SIF_MOD_START_PFN
				       ? machine_page_va(pfn_of(si->mod_start))
				       : (const void *)si->mod_start;
	machine_info.ramdisk_size = si->mod_len;
}

static void map_shared_info(void)
{
	mfn_t mfn = mfn_of(xen_start_info->shared_info >> PAGE_SHIFT);

	if (hypercall_update_va_mapping((unsigned long)&xen_shared_info,
					pte_make(mfn, PTE_P | PTE_RW | PTE_A | PTE_D), UVMF_INVLPG))
		machine_crash();
}

_Noreturn void xen_start(start_info_t *si)
{
	xen_start_info = si;
	map_shared_info();
	mm_init_frames();
	console_init();
	trap_init();
	mm_init();
	find_free_pages(mm_init_mappings());
	find_ramdisk();
	desc_init();
	event_init();
	time_init();
	machine_info.name = si->magic;
	machine_info.cmdline = (const char *)si->cmd_line;
	machine_info.privileged = si->flags & SIF_PRIVILEGED;
	console_init_input();
	kernel_main();
}
