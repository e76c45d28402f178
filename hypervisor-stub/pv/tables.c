/* SPDX-License-Identifier: MIT */
/*
 * A guest's GDT and LDT in the windows of the pCPU that runs it.
 *
 * GDTR and LDTR never change: they point at this pCPU's window (mm/layout.h), and what the guest calls
 * its tables are the frames mapped there. Frames of the GDT are typed FT_DESC when the guest names them.
 * The LDT is given by virtual address, so its pages are looked up and typed one by one when the
 * processor first misses them, and given up when the LDT changes.
 *
 * A frame leaves the window, and the TLB, before its type reference goes: from then on the guest may
 * write to it.
 */
#include "abi/abi.h"
#include "console/console.h"
#include "lib/string.h"
#include "mm/pte.h"
#include "pv/internal.h"

#define GDT_PAGES      14
#define LDT_PAGES      WINDOW_LDT_PAGES
#define ENTRIES_A_PAGE 512
/* The processor sets a descriptor's accessed bit, hence RW. */
#define WINDOW_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

static bool live(const struct vcpu *v)
{
	return v == current;
}

/*
 * What stands where the guest has no page: zeroes, so that a selector there names an absent descriptor,
 * to LAR and VERR as to a load, instead of faulting in the window.
 */
static uint64_t empty_page_pte;

int tables_init(void)
{
	void *page;

	if (empty_page_pte)
		return 0;
	page = heap_alloc(0, HEAP_ZERO);
	if (!page)
		return -ENOMEM;
	empty_page_pte = pte_make(virt_to_mfn(page), PTE_P | PTE_A | PTE_NX);
	return 0;
}

/* ---- GDT ---------------------------------------------------------------------------------------- */

void gdt_load(struct vcpu *v)
{
	uint64_t *window = this_pcpu()->window_l1;

	for (unsigned int i = 0; i < GDT_PAGES; i++)
		window[i] = mfn_eq(v->pv.gdt_frames[i], INVALID_MFN)
				    ? empty_page_pte
				    : pte_make(v->pv.gdt_frames[i], WINDOW_FLAGS);
	gdt_select(v->domain->is_32bit);
}

static void put_frames(const mfn_t *frames, unsigned int n)
{
	while (n--)
		if (!mfn_eq(frames[n], INVALID_MFN))
			frame_put_typed(mfn_to_frame(frames[n]));
}

/* Exchange the frames; what was there leaves the window before it loses its type. */
static void install_gdt(struct vcpu *v, const mfn_t *frames, unsigned int n, unsigned int entries)
{
	mfn_t old[GDT_PAGES];

	for (unsigned int i = 0; i < GDT_PAGES; i++) {
		old[i] = v->pv.gdt_frames[i];
		v->pv.gdt_frames[i] = i < n ? frames[i] : INVALID_MFN;
	}
	v->pv.gdt_ents = entries;
	if (live(v)) {
		gdt_load(v);
		tlb_flush_local();
	}
	put_frames(old, GDT_PAGES);
}

int pv_set_gdt(struct vcpu *v, const mfn_t *frames, unsigned int entries)
{
	unsigned int n = (entries + ENTRIES_A_PAGE - 1) / ENTRIES_A_PAGE;

	if (entries > GUEST_GDT_ENTRIES)
		return refuse(-EINVAL, "a GDT of %u entries; %u and up are the hypervisor's",
			      entries, GUEST_GDT_ENTRIES);
	for (unsigned int i = 0; i < n; i++) {
		int rc = frame_get_typed(frames[i], v->domain, FT_DESC);

		if (rc) {
			put_frames(frames, i);
			return refuse(
				-EINVAL,
				"GDT frame %u, mfn %lx, is not d%u's, is writable or in other "
				"use, or holds a forbidden descriptor",
				i, mfn_x(frames[i]), v->domain->id);
		}
	}
	install_gdt(v, frames, n, entries);
	return 0;
}

void pv_drop_gdt(struct vcpu *v)
{
	install_gdt(v, NULL, 0, 0);
}

long do_set_gdt(gptr_t list, unsigned int entries)
{
	mfn_t frames[GDT_PAGES];

	if (entries > GUEST_GDT_ENTRIES)
		return refuse(-EINVAL, "a GDT of %u entries; %u and up are the hypervisor's",
			      entries, GUEST_GDT_ENTRIES);
	for (unsigned int i = 0; i * ENTRIES_A_PAGE < entries; i++) {
		uint64_t mfn;

		if (guest_get_ulong(&mfn, list, i))
			return refuse(-EFAULT, "cannot read frame %u of the list", i);
		frames[i] = _mfn(mfn);
	}
	return pv_set_gdt(current, frames, entries);
}

/* ---- LDT ---------------------------------------------------------------------------------------- */

void ldt_init(struct vcpu *v)
{
	spin_init(&v->pv.ldt_lock, LOCK_LDT);
}

/* Fill a pCPU's window with the pages that v has. Locks: v's ldt_lock, or v has none. */
static void show(struct pcpu *p, const struct vcpu *v)
{
	uint64_t *window = p->window_l1 + WINDOW_GDT_PAGES;

	for (unsigned int i = 0; i < LDT_PAGES; i++)
		pte_write(&window[i], v->pv.ldt_mapped >> i & 1
					      ? pte_make(v->pv.ldt_frames[i], WINDOW_FLAGS)
					      : 0);
	p->ldt_shown = v->pv.ldt_mapped;
}

void ldt_load(struct vcpu *v)
{
	struct pcpu *p = this_pcpu();

	/* Few guests have one; only v itself changes how many entries. */
	if (likely(!v->pv.ldt_ents && !p->ldt_shown))
		return;
	spin_lock(&v->pv.ldt_lock);
	v->pv.ldt_cpu = p;
	show(p, v);
	spin_unlock(&v->pv.ldt_lock);
}

void ldt_leave(struct vcpu *v)
{
	if (likely(!v->pv.ldt_cpu))
		return;
	/* What stays in the window is used by nobody: the next vCPU's pages come before it runs. */
	spin_lock(&v->pv.ldt_lock);
	v->pv.ldt_cpu = NULL;
	spin_unlock(&v->pv.ldt_lock);
}

/* False: it has been there already, and the caller's reference is not needed. */
static bool install_page(struct vcpu *v, unsigned int page, mfn_t mfn)
{
	struct pcpu *p = this_pcpu();
	bool is_new;

	spin_lock(&v->pv.ldt_lock);
	is_new = !(v->pv.ldt_mapped >> page & 1);
	if (is_new) {
		v->pv.ldt_frames[page] = mfn;
		v->pv.ldt_mapped |= 1u << page;
		v->pv.ldt_cpu = p;
		p->ldt_shown = true;
		pte_write(&p->window_l1[WINDOW_GDT_PAGES + page], pte_make(mfn, WINDOW_FLAGS));
	}
	spin_unlock(&v->pv.ldt_lock);
	return is_new;
}

bool ldt_map_page(struct vcpu *v, unsigned int offset)
{
	unsigned int page = offset >> PAGE_SHIFT;
	uint64_t va, pte;

	if (offset >= v->pv.ldt_ents * sizeof(uint64_t))
		return false;
	if (READ_ONCE(v->pv.ldt_mapped) >> page & 1)
		return true;
	va = v->pv.ldt_base + page * PAGE_SIZE;
	pte = guest_pte(v, v->domain->is_32bit ? (uint32_t)va : va);
	if (!pte || frame_get_typed(pte_mfn(pte), v->domain, FT_DESC))
		return false;
	if (!install_page(v, page, pte_mfn(pte)))
		frame_put_typed(mfn_to_frame(pte_mfn(pte)));
	return true;
}

bool ldt_read(struct vcpu *v, unsigned int index, uint64_t *desc)
{
	unsigned int page = index / ENTRIES_A_PAGE;
	bool there;

	if (!ldt_map_page(v, index * sizeof(*desc)))
		return false;
	/* A sibling may have unmapped it again: the frame is only ours under the lock. */
	spin_lock(&v->pv.ldt_lock);
	there = v->pv.ldt_mapped >> page & 1;
	if (there) {
		const uint64_t *table = mfn_to_virt(v->pv.ldt_frames[page]);

		*desc = READ_ONCE(table[index % ENTRIES_A_PAGE]);
	}
	spin_unlock(&v->pv.ldt_lock);
	return there;
}

void pv_unmap_ldt(struct vcpu *v)
{
	mfn_t frames[LDT_PAGES];
	struct pcpu *p;
	uint16_t mapped;

	spin_lock(&v->pv.ldt_lock);
	mapped = v->pv.ldt_mapped;
	p = v->pv.ldt_cpu;
	memcpy(frames, v->pv.ldt_frames, sizeof(frames));
	v->pv.ldt_mapped = 0;
	if (mapped && p)
		show(p, v);
	spin_unlock(&v->pv.ldt_lock);
	if (!mapped)
		return;
	if (p)
		tlb_flush_cpus(1ULL << p->id);
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		if (mapped >> i & 1)
			frame_put_typed(mfn_to_frame(frames[i]));
}

void pv_drop_ldt(struct vcpu *v)
{
	v->pv.ldt_ents = 0;
	if (live(v))
		ldt_select(0);
	pv_unmap_ldt(v);
}

int pv_set_ldt(struct vcpu *v, uint64_t base, unsigned int entries)
{
	if (entries > GUEST_LDT_ENTRIES)
		return refuse(-EINVAL, "an LDT of %u entries; the processor has %u", entries,
			      GUEST_LDT_ENTRIES);
	if (entries && base % PAGE_SIZE)
		return refuse(-EINVAL, "LDT base %lx is not page aligned", base);
	pv_drop_ldt(v);
	v->pv.ldt_base = base;
	v->pv.ldt_ents = entries;
	if (live(v))
		ldt_select(entries);
	return 0;
}
