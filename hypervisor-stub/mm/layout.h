/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's address space: the only memory map there is.
 *
 * The 64-bit PV ABI (<xen/arch-x86/xen-x86_64.h>) leaves us level-4 slots 256 to 271 and fixes where
 * the machine-to-physical table is. Every root in the system has the same entries there.
 *
 *	slot 256	M2P, one 64-bit word a frame; readable by 64-bit guests (user bit set)
 *	slot 257	compatibility M2P, one 32-bit word a frame, in 2 MiB frames that the top L2 of each
 *			32-bit guest maps as well
 *	slot 258	frame table
 *	slot 259	pCPU windows: guest GDT and LDT, one region a pCPU
 *	slot 260	device memory (APICs, firmware tables)
 *	slot 261	this image
 *	slots 262-271	direct map of all RAM, 5 TiB; the image's own alias is read-only or absent
 */
#ifndef MM_LAYOUT_H
#define MM_LAYOUT_H

#ifdef __ASSEMBLER__
#define L4_SLOT_VA(slot) (0xffff000000000000 + ((slot) << 39))
#else
#define L4_SLOT_VA(slot) (0xffff000000000000UL + ((uint64_t)(slot) << 39))
#endif

#define L4_SLOT_FIRST 256 /* hypervisor's slots: first ... */
#define L4_SLOT_LAST  271 /* ... and last */

#define HV_VIRT_START  L4_SLOT_VA(256)
#define HV_VIRT_END    L4_SLOT_VA(272)
#define M2P_VA	       L4_SLOT_VA(256)
#define M2P_VA_END     (M2P_VA + (1UL << 38)) /* what the ABI sets aside for it */
#define COMPAT_M2P_VA  L4_SLOT_VA(257)
#define FRAME_TABLE_VA L4_SLOT_VA(258)
#define PCPU_WINDOW_VA L4_SLOT_VA(259)
#define DEVICE_VA      L4_SLOT_VA(260)
#define IMAGE_VA       L4_SLOT_VA(261)
#define DIRECT_MAP_VA  L4_SLOT_VA(262)
#define DIRECT_MAP_END HV_VIRT_END

/* One pCPU's window: 16 pages of GDT (14 a guest's, one ours, one unused), 16 pages of LDT. */
#define WINDOW_GDT_PAGES 16
#define WINDOW_LDT_PAGES 16
#define WINDOW_BYTES	 ((WINDOW_GDT_PAGES + WINDOW_LDT_PAGES) * PAGE_SIZE)
#define PCPU_GDT_VA(cpu) (PCPU_WINDOW_VA + (cpu)*WINDOW_BYTES)
#define PCPU_LDT_VA(cpu) (PCPU_GDT_VA(cpu) + WINDOW_GDT_PAGES * PAGE_SIZE)

/* The 4 GiB of a 32-bit guest: where the compatibility M2P may begin and where it ends. */
#define COMPAT_HOLE_LOWEST 0xf5800000U /* without XEN_ELFNOTE_HV_START_LOW */
#define COMPAT_HOLE_END	   0xffe00000U

#endif
