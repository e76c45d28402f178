/* SPDX-License-Identifier: MIT */
/*
 * What goes into a new domain's memory: kernel, ramdisk, frame list, start_info, page tables; and its first
 * vCPU's registers.
 *
 * lib/guestimage reads the file and says where things go. Everything is written through mappings of the
 * domain's frames; the page tables are made here, in our own memory, and copied as plain pages. Pinning
 * them, once nobody maps them writable, is what makes the hypervisor believe them.
 */
#include "user/xl/xl.h"

#include "lib/guestimage/guestimage.h"
#include "lib/guestimage/inflate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/features.h>
#include <xen/foreign/x86_32.h>
#include <xen/foreign/x86_64.h>

#define PAGE	  4096u
#define ENTRIES	  512u
#define OFFERED	  (1u << XENFEAT_writable_page_tables | 1u << XENFEAT_pae_pgdir_above_4gb)
#define WINDOW	  64u /* frames that are mapped at once */
#define FLAG_IF	  0x200u
#define PTE_P	  0x001u
#define PTE_RW	  0x002u
#define PTE_US	  0x004u
#define PTE_A	  0x020u
#define PTE_D	  0x040u
#define PTE_PAGE  (PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_RO	  (PTE_P | PTE_A)
#define PTE_TABLE (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

struct image {
	struct guest_image gi;
	struct guest_layout layout;
	void *kernel, *ramdisk;
	size_t ramdisk_size;
	uint64_t pages;
	/* While it is loaded. */
	unsigned domid;
	const xen_pfn_t *frames;
	char *window; /* of the domain's memory, from this pfn on */
	uint64_t window_pfn, window_pages;
	/* Page tables: contents, each with the pfn where it goes. */
	uint64_t (*table)[ENTRIES];
	uint64_t *table_pfn;
	unsigned table_count, table_used;
};

/* ---- files ---- */

static void *read_file(const char *name, size_t *size)
{
	int fd = open(name, O_RDONLY);
	struct stat st;
	char *data = NULL;
	size_t have = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		complain("%s: %s", name, strerror(errno));
		return NULL;
	}
	data = malloc((size_t)st.st_size + 1);
	while (data && have < (size_t)st.st_size) {
		ssize_t n = read(fd, data + have, (size_t)st.st_size - have);

		if (n <= 0) {
			complain("%s: %s", name, n ? strerror(errno) : "ends too early");
			free(data);
			close(fd);
			return NULL;
		}
		have += (size_t)n;
	}
	if (!data)
		complain("%s: %lld bytes do not fit into memory", name, (long long)st.st_size);
	close(fd);
	*size = have;
	return data;
}

/* A kernel that is packed by gzip is unpacked. Takes over what it is given. */
static void *unpack(const char *name, void *data, size_t *size)
{
	size_t unpacked;
	void *out, *scratch;
	const char *error = "no memory to unpack it";

	if (!gzip_probe(data, *size, &unpacked))
		return data;
	out = malloc(unpacked);
	scratch = malloc(GZIP_SCRATCH);
	if (out && scratch)
		error = gzip_unpack(data, *size, out, unpacked, scratch);
	free(scratch);
	free(data);
	if (error) {
		complain("%s: %s", name, error);
		free(out);
		return NULL;
	}
	*size = unpacked;
	return out;
}

/* Linux's compressed kernels hold their payload behind a header: its offset and length are fields of it. */
static void *payload_of(const char *name, uint8_t *data, size_t *size)
{
	uint32_t offset, length;
	unsigned setup;

	if (*size < 0x250 || memcmp(data + 0x202, "HdrS", 4) != 0)
		return unpack(name, data, size);
	memcpy(&offset, data + 0x248, 4);
	memcpy(&length, data + 0x24c, 4);
	setup = ((data[0x1f1] ? data[0x1f1] : 4u) + 1u) * 512u;
	if (setup > *size || offset > *size - setup || length > *size - setup - offset) {
		complain("%s: the header of this kernel points outside of it", name);
		free(data);
		return NULL;
	}
	memmove(data, data + setup + offset, length);
	*size = length;
	if (length < 2 || data[0] != 0x1f || data[1] != 0x8b) {
		complain(
			"%s: its payload is not packed by gzip; give the unpacked kernel (vmlinux)",
			name);
		free(data);
		return NULL;
	}
	return unpack(name, data, size);
}

struct image *image_open(const struct domain_config *c, uint64_t pages)
{
	struct image *i = calloc(1, sizeof(*i));
	size_t size;

	if (!i)
		return NULL;
	i->pages = pages;
	i->kernel = read_file(c->kernel, &size);
	if (i->kernel)
		i->kernel = payload_of(c->kernel, i->kernel, &size);
	if (!i->kernel || (c->ramdisk && !(i->ramdisk = read_file(c->ramdisk, &i->ramdisk_size)))) {
		image_close(i);
		return NULL;
	}
	if (!guest_image_parse(&i->gi, i->kernel, size, OFFERED) ||
	    !guest_layout_compute(&i->layout, &i->gi, pages, i->ramdisk_size, false)) {
		const char *hint = guest_image_hint(i->kernel, size);

		complain("%s: %s%s%s", c->kernel, i->gi.error, hint ? "; it is " : "",
			 hint ? hint : "");
		image_close(i);
		return NULL;
	}
	return i;
}

void image_close(struct image *i)
{
	if (!i)
		return;
	free(i->kernel);
	free(i->ramdisk);
	free(i->table);
	free(i->table_pfn);
	free(i);
}

bool image_is_32bit(const struct image *i)
{
	return i->gi.is_32bit;
}

/* ---- the domain's memory ---- */

static void close_window(struct image *i)
{
	if (i->window)
		xc_unmap(i->window, (unsigned)i->window_pages);
	i->window = NULL;
}

/* The page of pfn, writable. */
static char *page_at(struct image *i, uint64_t pfn)
{
	if (i->window && pfn >= i->window_pfn && pfn < i->window_pfn + i->window_pages)
		return i->window + (pfn - i->window_pfn) * PAGE;
	close_window(i);
	if (pfn >= i->pages)
		return NULL;
	i->window_pfn = pfn;
	i->window_pages = i->pages - pfn < WINDOW ? i->pages - pfn : WINDOW;
	i->window = xc_map((domid_t)i->domid, i->frames + pfn, (unsigned)i->window_pages, true);
	return i->window;
}

/* Bytes, or zeroes where there are none, from an address counted from pfn 0 on. */
static bool put_at(struct image *i, uint64_t at, const void *bytes, size_t n)
{
	while (n) {
		size_t in = at % PAGE, part = n < PAGE - in ? n : PAGE - in;
		char *page = page_at(i, at / PAGE);

		if (!page)
			return false;
		if (bytes) {
			memcpy(page + in, bytes, part);
			bytes = (const char *)bytes + part;
		} else {
			memset(page + in, 0, part);
		}
		at += part;
		n -= part;
	}
	return true;
}

/* The same for guest_image_load: addresses of the boot mapping. */
static bool put(void *ctx, uint64_t va, const void *bytes, size_t n)
{
	struct image *i = ctx;

	return put_at(i, va - i->layout.base, bytes, n);
}

static unsigned long frame_of(const struct image *i, uint64_t va)
{
	return (unsigned long)i->frames[(va - i->layout.base) / PAGE];
}

static bool put_ramdisk(struct image *i)
{
	uint64_t at = i->layout.ramdisk_pfn ? i->layout.ramdisk_pfn * PAGE
					    : i->layout.ramdisk - i->layout.base;

	return !i->ramdisk || put_at(i, at, i->ramdisk, i->ramdisk_size);
}

static bool put_p2m(struct image *i)
{
	unsigned word = i->gi.is_32bit ? 4 : 8;
	uint64_t at =
		i->layout.p2m_apart ? i->layout.p2m_pfn * PAGE : i->layout.p2m - i->layout.base;

	for (uint64_t pfn = 0; pfn < i->pages; pfn++) {
		uint64_t frame = i->frames[pfn];

		if (!put_at(i, at + pfn * word, &frame, word))
			return false;
	}
	return true;
}

/* The same assignments for both shapes. */
#define FILL(si)                                                                                  \
	do {                                                                                      \
		(si)->nr_pages = (typeof((si)->nr_pages))i->pages;                                \
		(si)->shared_info = (typeof((si)->shared_info))(shared_info * PAGE);              \
		(si)->store_mfn = (typeof((si)->store_mfn))b->store_mfn;                          \
		(si)->store_evtchn = b->store_port;                                               \
		(si)->console.domU.mfn = (typeof((si)->console.domU.mfn))b->console_mfn;          \
		(si)->console.domU.evtchn = b->console_port;                                      \
		(si)->pt_base = (typeof((si)->pt_base))i->layout.tables;                          \
		(si)->nr_pt_frames = i->layout.table_pages;                                       \
		(si)->mfn_list = (typeof((si)->mfn_list))i->layout.p2m;                           \
		(si)->first_p2m_pfn =                                                             \
			i->layout.p2m_apart ? (typeof((si)->first_p2m_pfn))i->layout.p2m_pfn : 0; \
		(si)->nr_p2m_frames = i->layout.p2m_pages + i->layout.p2m_table_pages;            \
		(si)->mod_start =                                                                 \
			(typeof((si)->mod_start))(i->layout.ramdisk_pfn ? i->layout.ramdisk_pfn   \
									: i->layout.ramdisk);     \
		(si)->mod_len = (typeof((si)->mod_len))i->ramdisk_size;                           \
		(si)->flags = i->layout.ramdisk_pfn ? SIF_MOD_START_PFN : 0;                      \
		snprintf((char *)(si)->cmd_line, sizeof((si)->cmd_line), "%s", c->cmdline);       \
	} while (0)

static bool put_start_info(struct image *i, const struct built *b, const struct domain_config *c,
			   uint64_t shared_info)
{
	static struct start_info_x86_32 s32;
	static struct start_info_x86_64 s64;
	uint64_t at = i->layout.start_info - i->layout.base;

	if (!put_at(i, at, NULL, PAGE))
		return false;
	if (i->gi.is_32bit) {
		memcpy(s32.magic, "xen-3.0-x86_32p", 16);
		FILL(&s32);
		return put_at(i, at, &s32, sizeof(s32));
	}
	memcpy(s64.magic, "xen-3.0-x86_64", 15);
	FILL(&s64);
	return put_at(i, at, &s64, sizeof(s64));
}

/* Its rings begin empty. */
static bool clear_rings(struct image *i)
{
	return put(i, i->layout.xenstore_page, NULL, PAGE) &&
	       put(i, i->layout.console_page, NULL, PAGE);
}

/* All upcalls of all vCPUs masked: vcpu_info is 64 bytes at both widths, the mask its second one. */
static bool init_shared_info(const struct image *i, uint64_t frame)
{
	uint8_t *page = xc_map_one((domid_t)i->domid, (xen_pfn_t)frame, true);

	if (!page)
		return false;
	memset(page, 0, PAGE);
	for (unsigned v = 0; v < XEN_LEGACY_MAX_VCPUS; v++)
		page[v * 64 + 1] = 1;
	xc_unmap(page, 1);
	return true;
}

/* ---- page tables ---- */

static unsigned slot(uint64_t va, int level)
{
	return (unsigned)(va >> (12 + 9 * (level - 1))) % ENTRIES;
}

static uint64_t entry(const struct image *i, uint64_t pfn, uint64_t flags)
{
	return (uint64_t)i->frames[pfn] * PAGE | flags;
}

/* The table below an entry, taken anew where there is none; its index, or -1 if the layout counted too few. */
static int below(struct image *i, uint64_t *e, int level)
{
	/* An entry of a PAE root may hold no RW and no US. */
	uint64_t flags = i->gi.is_32bit && level == 2 ? PTE_P : PTE_TABLE;

	if (!(*e & PTE_P)) {
		if (i->table_used == i->table_count)
			return -1;
		*e = entry(i, i->table_pfn[i->table_used], flags);
		return (int)i->table_used++;
	}
	for (unsigned t = 0; t < i->table_used; t++)
		if ((*e & ~(uint64_t)(PAGE - 1)) == entry(i, i->table_pfn[t], 0))
			return (int)t;
	return -1;
}

static bool is_table(const struct image *i, uint64_t pfn)
{
	for (unsigned t = 0; t < i->table_count; t++)
		if (i->table_pfn[t] == pfn)
			return true;
	return false;
}

static bool map_page(struct image *i, uint64_t va, uint64_t pfn)
{
	int t = 0;

	for (int level = i->gi.is_32bit ? 3 : 4; level > 1 && t >= 0; level--)
		t = below(i, &i->table[t][slot(va, level)], level - 1);
	if (t >= 0)
		i->table[t][slot(va, 1)] = entry(i, pfn, is_table(i, pfn) ? PTE_RO : PTE_PAGE);
	return t >= 0;
}

/* Which pfns the tables take: those of the region, then those behind a frame list that stands apart. */
static bool make_tables(struct image *i)
{
	const struct guest_layout *l = &i->layout;

	i->table_count = l->table_pages + l->p2m_table_pages;
	i->table = calloc(i->table_count, sizeof(*i->table));
	i->table_pfn = calloc(i->table_count, sizeof(*i->table_pfn));
	if (!i->table || !i->table_pfn)
		return false;
	for (unsigned t = 0; t < i->table_count; t++)
		i->table_pfn[t] = t < l->table_pages
					  ? (l->tables - l->base) / PAGE + t
					  : l->p2m_pfn + l->p2m_pages + (t - l->table_pages);
	i->table_used = 1;
	return true;
}

static bool fill_tables(struct image *i)
{
	const struct guest_layout *l = &i->layout;

	for (uint64_t va = l->base; va < l->end; va += PAGE)
		if (!map_page(i, va, (va - l->base) / PAGE))
			return false;
	/* A PAE root wants all four of its tables. */
	for (unsigned e = 0; i->gi.is_32bit && e < 4; e++)
		if (below(i, &i->table[0][e], 2) < 0)
			return false;
	for (unsigned p = 0; l->p2m_apart && p < l->p2m_pages; p++)
		if (!map_page(i, l->p2m + (uint64_t)p * PAGE, l->p2m_pfn + p))
			return false;
	return true;
}

static bool put_tables(struct image *i)
{
	if (!make_tables(i) || !fill_tables(i))
		return false;
	for (unsigned t = 0; t < i->table_count; t++)
		if (!put_at(i, i->table_pfn[t] * PAGE, i->table[t], PAGE))
			return false;
	return true;
}

static int pin(const struct image *i)
{
	struct mmuext_op op = { .cmd = i->gi.is_32bit ? MMUEXT_PIN_L3_TABLE : MMUEXT_PIN_L4_TABLE,
				.arg1.mfn = frame_of(i, i->layout.tables) };

	xc_touch(&op, sizeof(op));
	return (int)xc_call(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0, i->domid, 0);
}

/* ---- registers ---- */

static union {
	struct vcpu_guest_context_x86_32 c32;
	struct vcpu_guest_context_x86_64 c64;
} context;

static void fill_context32(const struct image *i)
{
	struct vcpu_guest_context_x86_32 *c = &context.c32;
	struct cpu_user_regs_x86_32 *r = &c->user_regs;

	c->flags = VGCF_in_kernel_X86_32 | VGCF_online_X86_32;
	c->ctrlreg[3] = xen_pfn_to_cr3_x86_32((uint32_t)frame_of(i, i->layout.tables));
	c->kernel_ss = FLAT_KERNEL_SS_X86_32;
	c->kernel_sp = (uint32_t)(i->layout.stack + PAGE);
	r->cs = FLAT_KERNEL_CS_X86_32;
	r->ss = r->ds = r->es = r->fs = r->gs = FLAT_KERNEL_DS_X86_32;
	r->eip = (uint32_t)i->gi.entry;
	r->esp = (uint32_t)(i->layout.stack + PAGE);
	r->esi = (uint32_t)i->layout.start_info;
	r->eflags = FLAG_IF;
}

static void fill_context64(const struct image *i)
{
	struct vcpu_guest_context_x86_64 *c = &context.c64;
	struct cpu_user_regs_x86_64 *r = &c->user_regs;

	c->flags = VGCF_in_kernel_X86_64 | VGCF_online_X86_64;
	c->ctrlreg[3] = xen_pfn_to_cr3_x86_64((uint64_t)frame_of(i, i->layout.tables));
	c->kernel_ss = FLAT_KERNEL_SS_X86_64;
	c->kernel_sp = i->layout.stack + PAGE;
	r->cs = FLAT_KERNEL_CS_X86_64;
	r->ss = FLAT_KERNEL_SS_X86_64;
	r->rip = i->gi.entry;
	r->rsp = i->layout.stack + PAGE;
	r->rsi = i->layout.start_info;
	r->rflags = FLAG_IF;
}

static int set_context(const struct image *i)
{
	struct xen_domctl op = { 0 };

	memset(&context, 0, sizeof(context));
	if (i->gi.is_32bit)
		fill_context32(i);
	else
		fill_context64(i);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	return xc_domctl(XEN_DOMCTL_setvcpucontext, (domid_t)i->domid, &op);
}

static int init_hypercall_page(const struct image *i)
{
	struct xen_domctl op = { 0 };

	if (i->gi.hypercall_page == GUEST_UNSET)
		return 0;
	op.u.hypercall_init.gmfn = frame_of(i, i->gi.hypercall_page);
	return xc_domctl(XEN_DOMCTL_hypercall_init, (domid_t)i->domid, &op);
}

/* ---- all of it ---- */

static int failed(const char *what)
{
	return complain("its %s: %s", what, strerror(errno)) ? -1 : 0;
}

int image_load(struct image *i, struct built *b, const xen_pfn_t *frames,
	       const struct domain_config *c)
{
	struct xen_domctl_getdomaininfo info;
	bool written;

	i->domid = b->domid;
	i->frames = frames;
	b->store_mfn = frame_of(i, i->layout.xenstore_page);
	b->console_mfn = frame_of(i, i->layout.console_page);
	if (domain_info(b->domid, &info) || !init_shared_info(i, info.shared_info_frame))
		return failed("shared page");
	written = guest_image_load(&i->gi, put, i) && put_ramdisk(i) && put_p2m(i) &&
		  clear_rings(i) && put_start_info(i, b, c, info.shared_info_frame) &&
		  put_tables(i);
	close_window(i); /* or its tables could not be pinned */
	if (!written)
		return failed("memory cannot be written");
	if (init_hypercall_page(i) < 0)
		return failed("hypercall page");
	if (pin(i) < 0)
		return failed("page tables");
	return set_context(i) < 0 ? failed("registers") : 0;
}
