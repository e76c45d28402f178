/* SPDX-License-Identifier: MIT */
/*
 * What a new domain finds when its first instruction runs: start_info, hypercall page, registers.
 *
 * The structure is <xen/xen.h>'s start_info; a 32-bit guest's form of it comes from
 * <xen/foreign/x86_32.h>. The stack holds a zero word, as real Xen leaves it.
 */
#include "abi/dispatch.h"
#include "boot/build.h"
#include "domain/console_ring.h"
#include "lib/string.h"

#include <xen/foreign/x86_32.h>
#include <xen/io/console.h>

static uint64_t page_mfn(const struct build *b, uint64_t va)
{
	return mfn_x(build_mfn(b, (va - b->layout.base) >> PAGE_SHIFT));
}

static void fill_domu(const struct build *b, struct start_info *si)
{
	mfn_t ring = _mfn(page_mfn(b, b->layout.console_page));

	memset(mfn_to_virt(ring), 0, PAGE_SIZE);
	si->store_mfn = page_mfn(b, b->layout.xenstore_page);
	si->console.domU.mfn = mfn_x(ring);
	si->console.domU.evtchn = console_ring_attach(b->d, ring);
}

static void fill_common(const struct build *b, struct start_info *si)
{
	const struct guest_layout *l = &b->layout;

	memset(si, 0, sizeof(*si));
	strlcpy(si->magic, b->image.is_32bit ? "xen-3.0-x86_32p" : "xen-3.0-x86_64",
		sizeof(si->magic));
	si->nr_pages = b->nr_pages;
	si->shared_info = maddr_x(mfn_to_maddr(virt_to_mfn(b->d->shared_info)));
	if (b->d->privileged) {
		/* Bits 8 and up: the power-management mask, of which domain 0 has all (xen.h). */
		si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN | (SIF_PM_MASK & 3 << 8);
		si->console.dom0.info_off = sizeof(*si);
		si->console.dom0.info_size = sizeof(struct dom0_vga_console_info);
	} else {
		fill_domu(b, si);
	}
	si->pt_base = l->tables;
	si->nr_pt_frames = l->table_pages;
	si->mfn_list = l->p2m;
	si->first_p2m_pfn = l->p2m_pfn;
	si->nr_p2m_frames = l->p2m_pages + l->p2m_table_pages;
	if (l->ramdisk_pfn) {
		si->mod_start = l->ramdisk_pfn;
		si->flags |= SIF_MOD_START_PFN;
	} else {
		si->mod_start = l->ramdisk;
	}
	si->mod_len = l->ramdisk_bytes;
	strlcpy((char *)si->cmd_line, b->cmdline, sizeof(si->cmd_line));
}

static void narrow(struct start_info_x86_32 *n, const struct start_info *si)
{
	memset(n, 0, sizeof(*n));
	memcpy(n->magic, si->magic, sizeof(n->magic));
	n->nr_pages = si->nr_pages;
	n->shared_info = si->shared_info;
	n->flags = si->flags;
	n->store_mfn = si->store_mfn;
	if (si->flags & SIF_INITDOMAIN) {
		n->console.dom0.info_off = si->console.dom0.info_off;
		n->console.dom0.info_size = si->console.dom0.info_size;
	} else {
		n->console.domU.mfn = si->console.domU.mfn;
		n->console.domU.evtchn = si->console.domU.evtchn;
	}
	n->pt_base = si->pt_base;
	n->nr_pt_frames = si->nr_pt_frames;
	n->mfn_list = si->mfn_list;
	n->mod_start = si->mod_start;
	n->mod_len = si->mod_len;
	memcpy(n->cmd_line, si->cmd_line, sizeof(n->cmd_line));
	n->first_p2m_pfn = si->first_p2m_pfn;
	n->nr_p2m_frames = si->nr_p2m_frames;
}

void build_start_info(const struct build *b)
{
	uint8_t *page = build_page(b, (b->layout.start_info - b->layout.base) >> PAGE_SHIFT);
	struct start_info si;

	fill_common(b, &si);
	memset(page, 0, PAGE_SIZE);
	if (b->image.is_32bit)
		narrow((struct start_info_x86_32 *)page, &si);
	else
		memcpy(page, &si, sizeof(si));
	if (b->image.hypercall_page != GUEST_UNSET)
		hypercall_page_write(build_page(b, (b->image.hypercall_page - b->layout.base) >>
							   PAGE_SHIFT),
				     b->image.is_32bit);
}

void build_registers(const struct build *b)
{
	struct cpu_user_regs *r = &b->d->vcpu[0]->regs;

	memset(r, 0, sizeof(*r));
	if (b->image.is_32bit) {
		r->cs = FLAT_COMPAT_KERNEL_CS;
		r->ss = r->ds = r->es = r->fs = r->gs = FLAT_COMPAT_KERNEL_DS;
	} else {
		r->cs = FLAT_KERNEL_CS;
		r->ss = FLAT_KERNEL_SS;
	}
	r->rip = b->image.entry;
	r->rsp = b->layout.stack + PAGE_SIZE;
	r->rsi = b->layout.start_info;
	r->rflags = 0x202; /* IF, and the bit that is always one */
	b->d->vcpu[0]->pv.kernel_mode = true;
	b->d->vcpu[0]->initialised = true;
}
