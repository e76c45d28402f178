/* SPDX-License-Identifier: MIT */
/*
 * Frames and page tables as a guest in direct mode sees them.
 *
 * pfn_t numbers the guest's own pages from 0, mfn_t the machine's frames; the list at
 * start_info->mfn_list leads from the first to the second, the table at the address that
 * XENMEM_machphys_mapping names leads back. A page-table entry holds a machine frame number, and
 * only the hypervisor writes it. All of a test's memory is single-threaded: no locks.
 */
#ifndef PV_MM_H
#define PV_MM_H

#include "hypercall.h"
#include "width.h"

typedef struct {
	unsigned long m;
} mfn_t;

typedef struct {
	unsigned long p;
} pfn_t;

#define MFN(n) ((mfn_t){ n })
#define PFN(n) ((pfn_t){ n })

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define PT_ENTRIES 512

/* Bits of a page-table entry; PTE(P, RW, A) joins them by their short names. */
#define PTE_P	 (1ULL << 0)
#define PTE_RW	 (1ULL << 1)
#define PTE_US	 (1ULL << 2)
#define PTE_PWT	 (1ULL << 3)
#define PTE_PCD	 (1ULL << 4)
#define PTE_A	 (1ULL << 5)
#define PTE_D	 (1ULL << 6)
#define PTE_PSE	 (1ULL << 7)
#define PTE_G	 (1ULL << 8)
#define PTE_AVL0 (1ULL << 9)
#define PTE_AVL1 (1ULL << 10)
#define PTE_AVL2 (1ULL << 11)
#define PTE_NX	 (1ULL << 63)

#define PTE_FRAME 0x000ffffffffff000ULL

/* A kernel page, a read-only one, a user page, and an entry that links a lower table. */
#define PTE_KERN   (PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_KERN_R (PTE_P | PTE_A)
#define PTE_USER   (PTE_KERN | PTE_US)
#define PTE_TABLE  (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

extern start_info_t *start_info;
extern shared_info_t *shared_info;

/* Reads through the M2P; pfn ~0 where the frame is not the guest's. */
pfn_t mfn_to_pfn(mfn_t mfn);
mfn_t pfn_to_mfn(pfn_t pfn);
void pfn_set_mfn(pfn_t pfn, mfn_t mfn);
void *pfn_to_virt(pfn_t pfn);
pfn_t virt_to_pfn(const void *virt);
mfn_t virt_to_mfn(const void *virt);
/* Machine address of any byte of the boot mapping. */
uint64_t virt_to_maddr(const void *virt);

uint64_t pte(mfn_t mfn, uint64_t flags);
mfn_t pte_mfn(uint64_t entry);

/* A zeroed page of the boot mapping's spare part, mapped writable; never given back. */
void *page_alloc(void);
/* A frame of this domain beyond the boot mapping, mapped nowhere; never given back. */
pfn_t pfn_alloc(void);

/* The entry that maps `va` at a level (1 is lowest): where it can be read, or NULL; its address. */
const uint64_t *pt_entry(unsigned long va, int level);
uint64_t pt_entry_maddr(unsigned long va, int level);
static inline unsigned int pt_index(unsigned long va, int level)
{
	unsigned int index = (va >> (PAGE_SHIFT + 9 * (level - 1))) % PT_ENTRIES;

	return PT_LEVELS == 3 && level == 3 ? index % 4 : index;
}
mfn_t root_mfn(void);
/* A frame that belongs to the hypervisor: one that the M2P's mapping uses. */
mfn_t hypervisor_mfn(void);
/* A frame that was this domain's and was given back. */
mfn_t freed_mfn(void);
/* An address in the M2P, which a guest may read (32 bits and 64) but never write. */
unsigned long m2p_va(void);

/* One checked store of `value` into the entry at machine address `maddr`; returns the error. */
int mmu_set(uint64_t maddr, uint64_t value);
/* update_va_mapping of one page, with the local flush. */
int map_va(const void *va, uint64_t entry);
/* Change the boot mapping of a page. */
int page_make_ro(const void *page);
int page_make_rw(const void *page);

int mmuext(unsigned int cmd, mfn_t mfn);
int mmuext_addr(unsigned int cmd, unsigned long addr, unsigned int count);

/* 512 pages of address space with an empty level-1 table, far from the boot mapping. */
char *window_init(void);
extern uint64_t *window_l1; /* that table, mapped read-only */

/* Map shared_info; needed before anything that looks at events or at CR2. */
void shared_info_map(void);

#endif
