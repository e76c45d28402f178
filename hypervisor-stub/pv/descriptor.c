/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: which ones a guest may have, and what a selector means.
 *
 * A descriptor is harmless if it gives no privilege: segments of DPL 0 would be ring 0's, 64-bit code in
 * a 32-bit guest would reach the hypervisor's half of the address space, and system descriptors (TSS,
 * LDT, gates) would be the processor's own structures. So a DPL of 0 is raised to the guest kernel's
 * ring, the L bit is refused to 32-bit guests, and of system descriptors only call gates pass, in a form
 * that always faults: DPL 0, with the DPL that was asked for kept in the selector's RPL for callgate.c.
 * Bases and limits are free: ring 1 sees the same 4 GiB whatever they are, and paging guards the rest.
 *
 * Every page that serves as GDT or LDT is typed FT_DESC, is not writable by the guest, and passed
 * descriptor_page_check(); later changes come one by one through update_descriptor.
 */
#include "console/console.h"
#include "pv/internal.h"

#define DESC_TYPE_SHIFT 40
#define DESC_S		(1UL << 44) /* code or data */
#define DESC_DPL_SHIFT	45
#define DESC_DPL	(3UL << DESC_DPL_SHIFT)
#define DESC_P		(1UL << 47)
#define DESC_L		(1UL << 53)
#define DESC_BIG	(1UL << 54)
#define DESC_G		(1UL << 55)

#define TYPE_CODE	0x8u /* with S */
#define TYPE_CONFORMING 0x4u
#define TYPE_RW		0x2u /* data: writable, code: readable */
#define TYPE_NONE	0x0u /* without S */
#define TYPE_CALL_GATE	0xcu

#define GATE_SELECTOR(d) ((uint16_t)((d) >> 16))

static unsigned int desc_type(uint64_t desc)
{
	return desc >> DESC_TYPE_SHIFT & 0xf;
}

static unsigned int desc_dpl(uint64_t desc)
{
	return (desc & DESC_DPL) >> DESC_DPL_SHIFT;
}

/* A gate may lead into the guest's own tables or into its flat kernel segment. */
static bool gate_target_allowed(const struct domain *d, uint16_t sel)
{
	uint16_t kernel_cs = d->is_32bit ? FLAT_COMPAT_KERNEL_CS : FLAT_KERNEL_CS;

	return (sel & SEL_LDT) || sel >> 3 < GUEST_GDT_ENTRIES || sel == kernel_cs;
}

/* NULL: allowed, perhaps corrected; else why not. */
static const char *descriptor_check(const struct domain *d, uint64_t *desc)
{
	unsigned int kernel_rpl = d->is_32bit ? 1 : 3;
	unsigned int dpl = max(desc_dpl(*desc), kernel_rpl);
	uint64_t e = *desc;

	if (!(e & DESC_P))
		return NULL;
	if (e & DESC_S) {
		if (d->is_32bit && (e & DESC_L))
			return "64-bit segments (L) are not for 32-bit guests";
		*desc = (e & ~DESC_DPL) | (uint64_t)dpl << DESC_DPL_SHIFT;
		return NULL;
	}
	if (desc_type(e) == TYPE_NONE)
		return NULL;
	if (desc_type(e) != TYPE_CALL_GATE)
		return "of system descriptors only 32-bit call gates are allowed";
	if (!gate_target_allowed(d, GATE_SELECTOR(e)))
		return "the call gate leads into a reserved selector";
	*desc = (e & ~(DESC_DPL | (uint64_t)SEL_RPL << 16)) | (uint64_t)dpl << 16;
	return NULL;
}

bool descriptor_page_check(const struct domain *d, uint64_t *entries)
{
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*entries); i++) {
		uint64_t desc = entries[i];
		const char *why = descriptor_check(d, &desc);

		if (why) {
			refuse(-EINVAL, "descriptor %u of the page, %016lx: %s", i, entries[i],
			       why);
			return false;
		}
		if (desc != entries[i])
			WRITE_ONCE(entries[i], desc);
	}
	return true;
}

/* A page of the GDT in use, which is what kernels write to most. */
static bool in_gdt(const struct vcpu *v, mfn_t mfn)
{
	for (unsigned int i = 0; i * 512 < v->pv.gdt_ents; i++)
		if (mfn_eq(v->pv.gdt_frames[i], mfn))
			return true;
	return false;
}

/* A plain page may be written as well: the kernel prepares a table that it will load later. */
static bool get_descriptor_frame(struct vcpu *v, mfn_t mfn)
{
	enum frame_type first = in_gdt(v, mfn) ? FT_DESC : FT_WRITABLE;
	enum frame_type second = first == FT_DESC ? FT_WRITABLE : FT_DESC;

	return !frame_get_typed(mfn, v->domain, first) || !frame_get_typed(mfn, v->domain, second);
}

long do_update_descriptor(uint64_t maddr, uint64_t desc)
{
	struct domain *d = current->domain;
	mfn_t mfn = maddr_to_mfn(_maddr(maddr));
	uint64_t given = desc;
	const char *why;

	if (maddr % sizeof(desc))
		return refuse(-EINVAL, "machine address %lx is not that of a descriptor", maddr);
	why = descriptor_check(d, &desc);
	if (why)
		return refuse(-EINVAL, "descriptor %016lx: %s", given, why);
	if (!get_descriptor_frame(current, mfn))
		return refuse(-EINVAL,
			      "mfn %lx is neither a descriptor table nor a writable page of d%u",
			      mfn_x(mfn), d->id);
	WRITE_ONCE(*(uint64_t *)maddr_to_virt(_maddr(maddr)), desc);
	frame_put_typed(mfn_to_frame(mfn));
	return 0;
}

/* ---- what a selector means ---------------------------------------------------------------------- */

static bool read_gdt(const struct vcpu *v, unsigned int index, uint64_t *desc)
{
	unsigned int page = index / 512, slot = index % 512;
	const uint64_t *table;

	if (page < ARRAY_SIZE(v->pv.gdt_frames)) {
		if (mfn_eq(v->pv.gdt_frames[page], INVALID_MFN))
			return false;
		table = mfn_to_virt(v->pv.gdt_frames[page]);
	} else if (page == HV_GDT_PAGE) {
		table = this_pcpu()->gdt_page[v->domain->is_32bit];
	} else {
		return false;
	}
	*desc = READ_ONCE(table[slot]);
	return true;
}

static bool read_ldt(struct vcpu *v, unsigned int index, uint64_t *desc)
{
	return index < v->pv.ldt_ents && ldt_read(v, index, desc);
}

bool descriptor_read(struct vcpu *v, uint16_t sel, uint64_t *desc)
{
	return sel & SEL_LDT ? read_ldt(v, sel >> 3, desc) : read_gdt(v, sel >> 3, desc);
}

bool segment_read(struct vcpu *v, uint16_t sel, struct segment *seg)
{
	uint64_t e;
	unsigned int type;

	if (!(sel & ~SEL_RPL) || !descriptor_read(v, sel, &e))
		return false;
	if (!(e & DESC_P) || !(e & DESC_S))
		return false;
	type = desc_type(e);
	seg->base = (e >> 16 & 0xffffff) | (e >> 56) << 24;
	seg->limit = (e & 0xffff) | (e >> 48 & 0xf) << 16;
	if (e & DESC_G)
		seg->limit = seg->limit << PAGE_SHIFT | (PAGE_SIZE - 1);
	seg->dpl = desc_dpl(e);
	seg->code = type & TYPE_CODE;
	seg->conforming = seg->code && (type & TYPE_CONFORMING);
	seg->writable = !seg->code && (type & TYPE_RW);
	seg->readable = !seg->code || (type & TYPE_RW);
	seg->big = e & DESC_BIG;
	seg->long_mode = e & DESC_L;
	return true;
}
