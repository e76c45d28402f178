/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's part of every address space, and device memory in it.
 *
 * boot/paging.c builds it once; afterwards only the windows (by context switches) and the device area
 * (here) change, and both have tables of their own inside the image: the direct map's view of all
 * these tables is read-only.
 */
#ifndef CPU_HVMAP_H
#define CPU_HVMAP_H

#include "mm/addr.h"

/* The root with which the hypervisor runs when no guest does; every guest root copies 256..271. */
extern uint64_t *hv_l4;
maddr_t hv_l4_maddr(void);

/* The machine address of an object inside the image. */
maddr_t image_maddr(const void *p);

/* A page table of ours for every pCPU's window. */
#define WINDOW_TABLES 4
#define DEVICE_TABLES 4
extern uint64_t window_tables[WINDOW_TABLES][512];
extern uint64_t device_tables[DEVICE_TABLES][512];
/* Of the other pCPUs' stacks (cpu.h): 8 pages each, 2 MiB in all. */
extern uint64_t ap_stack_table[512];

/*
 * Map device memory or firmware tables, for ever. DEVICE: uncached. Never fails: too much is a panic,
 * since only the hypervisor's own drivers call it, while booting.
 */
enum device_cache { DEVICE_UNCACHED, DEVICE_CACHED_RO };
void *device_map(maddr_t start, size_t bytes, enum device_cache cache);
/* The same at any time. NULL: no room. Locks: devices. */
void *device_try_map(maddr_t start, size_t bytes, enum device_cache cache);

#endif
