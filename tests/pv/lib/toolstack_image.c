/* SPDX-License-Identifier: MIT */
/*
 * A guest's memory, as lib/guestbuild writes it: through foreign mappings, a page at a time.
 */
#include "lib/guestbuild/guestbuild.h"
#include "lib/vsnprintf.h"
#include "pv.h"
#include "toolstack.h"

#define FEATURES (1U << XENFEAT_writable_page_tables | 1U << XENFEAT_pae_pgdir_above_4gb)

static struct guest_builder builder;

/* The page of the guest that is being written, and its pfn. */
static struct {
	void *page;
	uint64_t pfn;
} open;

static void close_page(void)
{
	foreign_unmap(open.page);
	open.page = NULL;
}

static void *open_page(void *ctx, uint64_t pfn)
{
	const struct guest *g = ctx;

	if (open.page && open.pfn == pfn)
		return open.page;
	close_page();
	open.pfn = pfn;
	open.page = foreign_map(g->domid, MFN(toolstack_frames[pfn]), true);
	return open.page;
}

static mfn_t frame_of(uint64_t va)
{
	return MFN(guest_builder_frame(&builder, va));
}

int toolstack_parse(struct guest *g, const struct guest_config *config)
{
	const void *data = config->image ? config->image : (void *)start_info->mod_start;
	size_t size = config->image ? config->size : start_info->mod_len;

	if (!data || !guest_image_parse(&builder.image, data, size, FEATURES) ||
	    !guest_layout_compute(&builder.layout, &builder.image, g->pages, 0, false) ||
	    g->pages > GUEST_MAX_PAGES || builder.layout.p2m_apart) {
		test_error("the guest's image: %s",
			   data ? builder.image.error : "there is no ramdisk");
		return -XEN_ENOEXEC;
	}
	g->is_32bit = builder.image.is_32bit;
	return 0;
}

static int init_shared_info(struct guest *g)
{
	struct xen_domctl_getdomaininfo info;
	int rc = toolstack_info(g->domid, &info);
	void *page;

	if (rc)
		return rc;
	g->shared_info = MFN(info.shared_info_frame);
	page = foreign_map(g->domid, g->shared_info, true);
	if (!page)
		return foreign_error;
	guest_shared_info_init(page);
	foreign_unmap(page);
	return 0;
}

static int init_hypercall_page(const struct guest *g)
{
	struct xen_domctl op = { 0 };

	if (builder.image.hypercall_page == GUEST_UNSET)
		return 0;
	op.u.hypercall_init.gmfn = frame_of(builder.image.hypercall_page).m;
	return domctl(XEN_DOMCTL_hypercall_init, g->domid, &op);
}

/* Which of its frames tests will want to know. */
static void note_frames(struct guest *g)
{
	const struct guest_layout *l = &builder.layout;
	unsigned int command;

	for (unsigned int i = 0; i * (uint64_t)PAGE_SIZE < l->p2m_bytes; i++)
		g->p2m[i] = frame_of(l->p2m + i * (uint64_t)PAGE_SIZE);
	g->start_info = frame_of(l->start_info);
	g->store = frame_of(l->xenstore_page);
	g->console = frame_of(l->console_page);
	g->root = MFN(guest_builder_root(&builder, &command));
}

int toolstack_load(struct guest *g, const struct guest_config *config)
{
	static char cmdline[MAX_GUEST_CMDLINE];
	struct guest_start start = { .store_port = g->store_port,
				     .console_port = g->console_port,
				     .cmdline = cmdline };
	int rc = init_shared_info(g);
	bool written;

	if (rc)
		return rc;
	snprintf(cmdline, sizeof(cmdline), GUEST_MARK "%s", config->cmdline ? config->cmdline : "");
	builder.pages = g->pages;
	builder.frames = toolstack_frames;
	builder.page = open_page;
	builder.ctx = g;
	start.shared_info = g->shared_info.m;
	written = guest_builder_write(&builder, &start);
	close_page();
	if (!written)
		return foreign_error;
	note_frames(g);
	return init_hypercall_page(g);
}

int toolstack_pin(struct guest *g)
{
	struct mmuext_op op = { .arg1.mfn = g->root.m };

	guest_builder_root(&builder, &op.cmd);
	return hv_mmuext_op(&op, 1, NULL, g->domid);
}

int toolstack_context(struct guest *g)
{
	static union guest_context context;
	struct xen_domctl op = { 0 };

	guest_builder_context(&builder, &context);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	return domctl(XEN_DOMCTL_setvcpucontext, g->domid, &op);
}
