/* SPDX-License-Identifier: MIT */
/*
 * What goes into a new domain's memory: kernel, frame list, start_info, page tables, registers.
 *
 * lib/guestimage reads the file and says where things go. Everything is written through foreign mappings,
 * page tables as plain memory: pinning them, once nobody maps them writable, is what makes the hypervisor
 * believe them. Structures of the guest's width come from <xen/foreign/...>.
 */
#include "lib/guestimage/guestimage.h"
#include "pv.h"
#include "toolstack.h"

#include <xen/foreign/x86_32.h>
#include <xen/foreign/x86_64.h>

#define MAX_TABLES 64
#define FEATURES   (1U << XENFEAT_writable_page_tables | 1U << XENFEAT_pae_pgdir_above_4gb)

static struct guest_image image;
static struct guest_layout layout;

/* The page of the guest that is being written, and its pfn. */
static struct {
	char *page;
	uint64_t pfn;
} open;

static bool close_page(void)
{
	foreign_unmap(open.page);
	open.page = NULL;
	return true;
}

static char *open_page(const struct guest *g, uint64_t pfn)
{
	if (open.page && open.pfn == pfn)
		return open.page;
	close_page();
	open.pfn = pfn;
	open.page = pfn < g->pages ? foreign_map(g->domid, MFN(toolstack_frames[pfn]), true) : NULL;
	return open.page;
}

/* Write, or zero where `bytes` is NULL, at an address of the boot mapping. */
static bool put(void *ctx, uint64_t va, const void *bytes, size_t n)
{
	const struct guest *g = ctx;

	while (n) {
		size_t in = va % PAGE_SIZE, part = n < PAGE_SIZE - in ? n : PAGE_SIZE - in;
		char *page = open_page(g, (va - layout.base) / PAGE_SIZE);

		if (!page)
			return false;
		if (bytes) {
			memcpy(page + in, bytes, part);
			bytes = (const char *)bytes + part;
		} else {
			memset(page + in, 0, part);
		}
		va += part;
		n -= part;
	}
	return true;
}

static unsigned long frame_of(uint64_t va)
{
	return toolstack_frames[(va - layout.base) / PAGE_SIZE];
}

int toolstack_parse(struct guest *g, const struct guest_config *config)
{
	const void *data = config->image ? config->image : (void *)start_info->mod_start;
	size_t size = config->image ? config->size : start_info->mod_len;

	if (!data || !guest_image_parse(&image, data, size, FEATURES) ||
	    !guest_layout_compute(&layout, &image, g->pages, 0, false) ||
	    g->pages > GUEST_MAX_PAGES || layout.p2m_apart) {
		test_error("the guest's image: %s", data ? image.error : "there is no ramdisk");
		return -XEN_ENOEXEC;
	}
	g->is_32bit = image.is_32bit;
	return 0;
}

/* ---- memory that is not tables ----------------------------------------------------------------------- */

static bool put_p2m(struct guest *g)
{
	unsigned int word = g->is_32bit ? 4 : 8;

	for (unsigned int pfn = 0; pfn < g->pages; pfn++) {
		uint64_t frame = toolstack_frames[pfn];

		if (!put(g, layout.p2m + pfn * word, &frame, word))
			return false;
		if (pfn * word % PAGE_SIZE == 0)
			g->p2m[pfn * word / PAGE_SIZE] = MFN(frame_of(layout.p2m + pfn * word));
	}
	return true;
}

/* The same assignments for both shapes. */
#define FILL(si)                                                                          \
	do {                                                                              \
		(si)->nr_pages = g->pages;                                                \
		(si)->shared_info = pte(g->shared_info, 0);                               \
		(si)->store_mfn = g->store.m;                                             \
		(si)->store_evtchn = g->store_port;                                       \
		(si)->console.domU.mfn = g->console.m;                                    \
		(si)->console.domU.evtchn = g->console_port;                              \
		(si)->pt_base = layout.tables;                                            \
		(si)->nr_pt_frames = layout.table_pages;                                  \
		(si)->mfn_list = layout.p2m;                                              \
		snprintf((char *)(si)->cmd_line, sizeof((si)->cmd_line), GUEST_MARK "%s", \
			 config->cmdline ? config->cmdline : "");                         \
	} while (0)

static bool put_start_info(struct guest *g, const struct guest_config *config)
{
	static struct start_info_x86_32 s32;
	static struct start_info_x86_64 s64;

	g->start_info = MFN(frame_of(layout.start_info));
	g->store = MFN(frame_of(layout.xenstore_page));
	g->console = MFN(frame_of(layout.console_page));
	if (!put(g, layout.start_info, NULL, PAGE_SIZE))
		return false;
	if (g->is_32bit) {
		memcpy(s32.magic, "xen-3.0-x86_32p", 16);
		FILL(&s32);
		return put(g, layout.start_info, &s32, sizeof(s32));
	}
	memcpy(s64.magic, "xen-3.0-x86_64", 15);
	FILL(&s64);
	return put(g, layout.start_info, &s64, sizeof(s64));
}

/* All upcalls of all vCPUs masked: vcpu_info is 64 bytes at both widths, the mask its second one. */
static int init_shared_info(struct guest *g)
{
	struct xen_domctl_getdomaininfo info;
	int rc = toolstack_info(g->domid, &info);
	uint8_t *page;

	if (rc)
		return rc;
	g->shared_info = MFN(info.shared_info_frame);
	page = foreign_map(g->domid, g->shared_info, true);
	if (!page)
		return foreign_error;
	memset(page, 0, PAGE_SIZE);
	for (unsigned int v = 0; v < XEN_LEGACY_MAX_VCPUS; v++)
		page[v * 64 + 1] = 1;
	foreign_unmap(page);
	return 0;
}

static int init_hypercall_page(const struct guest *g)
{
	struct xen_domctl op = { 0 };

	if (image.hypercall_page == GUEST_UNSET)
		return 0;
	op.u.hypercall_init.gmfn = frame_of(image.hypercall_page);
	return domctl(XEN_DOMCTL_hypercall_init, g->domid, &op);
}

/* ---- page tables ------------------------------------------------------------------------------------- */

/* All the tables at once, writable, in the order in which they are taken. */
static struct {
	uint64_t *page[MAX_TABLES];
	unsigned int used;
} tables;

static unsigned int slot(uint64_t va, int level)
{
	return (unsigned int)(va >> (PAGE_SHIFT + 9 * (level - 1))) % PT_ENTRIES;
}

static unsigned long table_frame(unsigned int i)
{
	return frame_of(layout.tables + i * PAGE_SIZE);
}

/* The table below an entry, taken anew where there is none; NULL if the layout counted too few. */
static uint64_t *below_entry(const struct guest *g, uint64_t *entry, int level)
{
	if (!(*entry & PTE_P)) {
		/* An entry of a PAE root may hold no RW and no US. */
		uint64_t flags = g->is_32bit && level == 2 ? PTE_P : PTE_TABLE;

		if (tables.used == layout.table_pages)
			return NULL;
		*entry = pte(MFN(table_frame(tables.used++)), flags);
	}
	for (unsigned int i = 0; i < tables.used; i++)
		if (table_frame(i) == pte_mfn(*entry).m)
			return tables.page[i];
	return NULL;
}

static bool fill_tables(const struct guest *g)
{
	int levels = g->is_32bit ? 3 : 4;

	tables.used = 1;
	for (uint64_t va = layout.base; va < layout.end; va += PAGE_SIZE) {
		uint64_t *table = tables.page[0];
		bool is_table =
			va >= layout.tables && va < layout.tables + layout.table_pages * PAGE_SIZE;

		for (int l = levels; l > 1 && table; l--)
			table = below_entry(g, table + slot(va, l), l - 1);
		if (!table)
			return false;
		table[slot(va, 1)] = pte(MFN(frame_of(va)), is_table ? PTE_KERN_R : PTE_KERN);
	}
	/* A PAE root wants all four of its tables. */
	for (unsigned int i = 0; g->is_32bit && i < 4; i++)
		if (!below_entry(g, tables.page[0] + i, 2))
			return false;
	return true;
}

static int put_tables(struct guest *g)
{
	bool good = layout.table_pages <= MAX_TABLES;

	memset(tables.page, 0, sizeof(tables.page));
	for (unsigned int i = 0; good && i < layout.table_pages; i++) {
		tables.page[i] = foreign_map(g->domid, MFN(table_frame(i)), true);
		good = tables.page[i];
		if (good)
			memset(tables.page[i], 0, PAGE_SIZE);
	}
	good = good && fill_tables(g);
	for (unsigned int i = 0; i < MAX_TABLES; i++)
		foreign_unmap(tables.page[i]);
	g->root = MFN(table_frame(0));
	return good ? 0 : -XEN_EFAULT;
}

int toolstack_load(struct guest *g, const struct guest_config *config)
{
	bool good = guest_image_load(&image, put, g) && put_p2m(g);
	int rc = good ? init_shared_info(g) : foreign_error;

	good = !rc && put_start_info(g, config);
	close_page();
	if (rc || !good)
		return rc ? rc : foreign_error;
	rc = init_hypercall_page(g);
	return rc ? rc : put_tables(g);
}

int toolstack_pin(struct guest *g)
{
	struct mmuext_op op = { .cmd = g->is_32bit ? MMUEXT_PIN_L3_TABLE : MMUEXT_PIN_L4_TABLE,
				.arg1.mfn = g->root.m };

	return hv_mmuext_op(&op, 1, NULL, g->domid);
}

/* ---- registers --------------------------------------------------------------------------------------- */

static union {
	struct vcpu_guest_context_x86_32 c32;
	struct vcpu_guest_context_x86_64 c64;
} context;

static void fill_context32(const struct guest *g)
{
	struct vcpu_guest_context_x86_32 *c = &context.c32;
	struct cpu_user_regs_x86_32 *r = &c->user_regs;

	c->flags = VGCF_in_kernel_X86_32 | VGCF_online_X86_32;
	c->ctrlreg[3] = xen_pfn_to_cr3_x86_32(g->root.m);
	c->kernel_ss = FLAT_KERNEL_SS_X86_32;
	c->kernel_sp = (uint32_t)(layout.stack + PAGE_SIZE);
	r->cs = FLAT_KERNEL_CS_X86_32;
	r->ss = r->ds = r->es = r->fs = r->gs = FLAT_KERNEL_DS_X86_32;
	r->eip = (uint32_t)image.entry;
	r->esp = (uint32_t)(layout.stack + PAGE_SIZE);
	r->esi = (uint32_t)layout.start_info;
	r->eflags = FLAG_IF;
}

static void fill_context64(const struct guest *g)
{
	struct vcpu_guest_context_x86_64 *c = &context.c64;
	struct cpu_user_regs_x86_64 *r = &c->user_regs;

	c->flags = VGCF_in_kernel_X86_64 | VGCF_online_X86_64;
	c->ctrlreg[3] = xen_pfn_to_cr3_x86_64(g->root.m);
	c->kernel_ss = FLAT_KERNEL_SS_X86_64;
	c->kernel_sp = layout.stack + PAGE_SIZE;
	r->cs = FLAT_KERNEL_CS_X86_64;
	r->ss = FLAT_KERNEL_SS_X86_64;
	r->rip = image.entry;
	r->rsp = layout.stack + PAGE_SIZE;
	r->rsi = layout.start_info;
	r->rflags = FLAG_IF;
}

int toolstack_context(struct guest *g)
{
	struct xen_domctl op = { 0 };

	memset(&context, 0, sizeof(context));
	if (g->is_32bit)
		fill_context32(g);
	else
		fill_context64(g);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	return domctl(XEN_DOMCTL_setvcpucontext, g->domid, &op);
}
