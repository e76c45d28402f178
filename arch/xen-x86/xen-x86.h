/* SPDX-License-Identifier: MIT */
/*
 * What the files of this port share: frames, the start of day, events, batches.
 *
 * A pfn is what the kernel counts; an mfn is the frame of the machine behind it. p2m and m2p turn
 * one into the other; both are only trusted for our own frames.
 */
#ifndef XEN_X86_H
#define XEN_X86_H

#include <machine.h>
#include <uapi/errno.h>
#include "arch/pte.h"
#include "hypercall.h"

typedef struct {
	unsigned long v;
} mfn_t;

static inline mfn_t mfn_of(unsigned long v)
{
	return (mfn_t){ v };
}

static inline unsigned long mfn_x(mfn_t mfn)
{
	return mfn.v;
}

#define VIRT_BASE     0xc0000000ul
#define LOWMEM_LIMIT  (800ul << 20) /* what is mapped of our memory, at most */
#define SPECIAL_BYTES (8ul << 20)   /* room for shared frames above it */

#define barrier() asm volatile("" : : : "memory")

/* ---- start.c ---- */
extern start_info_t *xen_start_info;
_Noreturn void xen_start(start_info_t *si);

/* ---- x86_32/head.S: a page of the image where shared_info is mapped, and its fields ---- */
extern shared_info_t xen_shared_info;
extern char boot_stack[], boot_stack_end[];

/* This CPU's part. */
static inline vcpu_info_t *this_vcpu(void)
{
	return &xen_shared_info.vcpu_info[0];
}

/* ---- mm.c, p2m.c ---- */
extern unsigned long *p2m;
#define P2M_EMPTY (~0ul) /* a page without memory */
/* Room for page_limit entries, from the mapped page `first_free` on: how many pages it took. */
unsigned long mm_extend_p2m(unsigned long first_free);
extern const unsigned long *m2p;
extern pte_t mm_nx; /* PTE_NX, or 0 where the processor has none */
mfn_t pfn_to_mfn(pfn_t pfn);
pfn_t mfn_to_pfn(mfn_t mfn); /* PFN_NONE when it is not ours */

static inline uint64_t mfn_to_maddr(mfn_t mfn)
{
	return (uint64_t)mfn_x(mfn) << PAGE_SHIFT;
}

static inline pte_t pte_make(mfn_t mfn, pte_t flags)
{
	return (pte_t)mfn_x(mfn) << PAGE_SHIFT | flags;
}

static inline mfn_t pte_mfn(pte_t pte)
{
	return mfn_of((pte & PTE_FRAME) >> PAGE_SHIFT);
}

static inline mfn_t va_to_mfn(const void *va)
{
	return pfn_to_mfn(machine_va_page(va));
}

static inline uint64_t va_to_maddr(const void *va)
{
	return mfn_to_maddr(va_to_mfn(va)) + ((unsigned long)va & (PAGE_SIZE - 1));
}

void mm_init_frames(void); /* p2m and m2p; before all else */
void mm_init(void);
unsigned long mm_init_mappings(void);	      /* mm_boot.c; pages used behind the boot stack */
extern pfn_t mm_kernel_root;		      /* the root from the builder, for ever */
extern unsigned long mm_special_end;	      /* of the kernel's part of the address space */
uint64_t mm_kernel_pte_maddr(const void *va); /* where the entry that maps va is */
void mm_set_kernel_readonly(void *va, bool readonly);

/* ---- special.c: addresses for frames that are not ours; NULL: no room ---- */
void special_init(unsigned long start); /* SPECIAL_BYTES from there on */
void *special_reserve(unsigned pages);	/* consecutive, nothing mapped */
void special_release(void *va, unsigned pages);
/* Consecutive frames, of others or of devices (uncached); never undone. NULL: refused, or no room. */
void *special_map(mfn_t first, unsigned pages, bool device);

/* Appends to the batch of page-table changes; batch_flush sends them. */
void batch_update(uint64_t maddr, uint64_t val);
void batch_flush(void);
void batch_flush_then(struct mmuext_op *op); /* and one operation behind it, as one hypercall */

/*
 * ---- space.c: pages of others in a program's space, in regions that kernel/ leaves alone ----
 *
 * Such an entry is no page of ours: space_lookup, space_unmap and space_destroy must never meet it, so whoever
 * put it there takes it out first. The space has run; the caller holds what serialises its changes.
 */
/* The machine address of the entry of va, for grant operations; its tables are made. 0: no memory. */
uint64_t space_entry(struct space *s, unsigned long va);
/* One frame of `domain`. 0, -ENOMEM, or what the hypervisor said. */
int space_map_foreign(struct space *s, unsigned long va, mfn_t mfn, domid_t domain, bool write);
/* Certain to be gone after space_sync. */
void space_unmap_foreign(struct space *s, unsigned long va);

/* ---- events.c ---- */
typedef void (*event_handler_t)(void *data); /* runs with upcalls masked */
void event_init(void);
void event_bind(unsigned port, event_handler_t fn, void *data);	    /* and unmasks it */
void event_unbind(unsigned port);				    /* and masks it */
int event_bind_virq(unsigned virq, event_handler_t fn, void *data); /* port or -errno */
void event_mask(unsigned port);
void event_unmask(unsigned port);
void event_send(unsigned port);
void event_dispatch(void); /* upcalls masked */

/* ---- traps.c, x86_32/entry.S ---- */
void trap_init(void);
void trap_exception(struct regs *r, unsigned vector);
void trap_page_fault(struct regs *r);
void trap_syscall(struct regs *r);
void trap_upcall(struct regs *r);
void trap_leave_user(struct regs *r);
void trap_leave_kernel(struct regs *r);
void trap_bad_return(struct regs *r);

/* ---- desc.c, fpu.c ---- */
void desc_init(void);
void fpu_device_not_available(void);

/* ---- console.c, time.c, symbols.c ---- */
void console_init(void);       /* output, before anything else */
void console_init_input(void); /* after event_init */
void time_init(void);
const char *symbol_name(unsigned long address, unsigned long *offset); /* NULL: unknown */

#endif
