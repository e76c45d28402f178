/* SPDX-License-Identifier: MIT */
/*
 * The files of a new domain, and its memory as lib/guestbuild writes it: through mappings of the domain's
 * frames, a window of them at a time. What the builder leaves to its caller is done here: the hypercall page,
 * the pinning of the page tables once nobody maps them writable, the registers.
 */
#include "user/xl/xl.h"

#include "lib/guestbuild/guestbuild.h"
#include "lib/guestimage/inflate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/features.h>

#define OFFERED (1u << XENFEAT_writable_page_tables | 1u << XENFEAT_pae_pgdir_above_4gb)
#define WINDOW	64u /* frames that are mapped at once */

struct image {
	struct guest_builder b;
	void *kernel, *ramdisk;
	/* While it is loaded: the domain's memory, from this pfn on. */
	unsigned domid;
	char *window;
	uint64_t window_pfn, window_pages;
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

/* Who packed it, by its first bytes: what a kernel's configuration offers. */
static const char *packer(const uint8_t *data, size_t size)
{
	static const struct {
		const char *name, *magic;
		size_t length;
	} known[] = {
		{ "xz", "\xfd\x37zXZ", 5 },
		{ "zstd", "\x28\xb5\x2f\xfd", 4 },
		{ "lz4", "\x02\x21\x4c\x18", 4 },
		{ "lzo", "\x89LZO", 4 },
		{ "bzip2", "BZh", 3 },
		{ "lzma", "\x5d\0\0", 3 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (size >= known[i].length && !memcmp(data, known[i].magic, known[i].length))
			return known[i].name;
	return "something else";
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
		complain("%s: its payload is packed by %s, and only gzip is known here; give the "
			 "kernel unpacked (Linux's scripts/extract-vmlinux does it)",
			 name, packer(data, length));
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
	i->b.pages = pages;
	i->kernel = read_file(c->kernel, &size);
	if (i->kernel)
		i->kernel = payload_of(c->kernel, i->kernel, &size);
	if (!i->kernel ||
	    (c->ramdisk && !(i->ramdisk = read_file(c->ramdisk, &i->b.ramdisk_bytes)))) {
		image_close(i);
		return NULL;
	}
	i->b.ramdisk = i->ramdisk;
	if (!guest_image_parse(&i->b.image, i->kernel, size, OFFERED) ||
	    !guest_layout_compute(&i->b.layout, &i->b.image, pages, i->b.ramdisk_bytes, false)) {
		const char *hint = guest_image_hint(i->kernel, size);

		complain("%s: %s%s%s", c->kernel, i->b.image.error, hint ? "; it is " : "",
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
	free(i);
}

bool image_is_32bit(const struct image *i)
{
	return i->b.image.is_32bit;
}

/* ---- the domain's memory ---- */

static void close_window(struct image *i)
{
	if (i->window)
		xc_unmap(i->window, (unsigned)i->window_pages);
	i->window = NULL;
}

/* The page of pfn, writable, for the builder. */
static void *page_at(void *ctx, uint64_t pfn)
{
	struct image *i = ctx;

	if (i->window && pfn >= i->window_pfn && pfn < i->window_pfn + i->window_pages)
		return i->window + (pfn - i->window_pfn) * GUEST_PAGE;
	close_window(i);
	i->window_pfn = pfn;
	i->window_pages = i->b.pages - pfn < WINDOW ? i->b.pages - pfn : WINDOW;
	i->window = xc_map((domid_t)i->domid, i->b.frames + pfn, (unsigned)i->window_pages, true);
	return i->window;
}

static bool init_shared_info(const struct image *i, uint64_t frame)
{
	void *page = xc_map_one((domid_t)i->domid, (xen_pfn_t)frame, true);

	if (!page)
		return false;
	guest_shared_info_init(page);
	xc_unmap(page, 1);
	return true;
}

/* ---- what makes it a domain's ---- */

static int init_hypercall_page(const struct image *i)
{
	struct xen_domctl op = { 0 };

	if (i->b.image.hypercall_page == GUEST_UNSET)
		return 0;
	op.u.hypercall_init.gmfn = guest_builder_frame(&i->b, i->b.image.hypercall_page);
	return xc_domctl(XEN_DOMCTL_hypercall_init, (domid_t)i->domid, &op);
}

static int pin(const struct image *i)
{
	struct mmuext_op op = { 0 };

	op.arg1.mfn = guest_builder_root(&i->b, &op.cmd);
	xc_touch(&op, sizeof(op));
	return (int)xc_call(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0, i->domid, 0);
}

static int set_context(const struct image *i)
{
	static union guest_context context;
	struct xen_domctl op = { 0 };

	guest_builder_context(&i->b, &context);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	return xc_domctl(XEN_DOMCTL_setvcpucontext, (domid_t)i->domid, &op);
}

/* ---- all of it ---- */

static int failed(const char *what)
{
	return complain("its %s: %s", what, strerror(errno)) ? -1 : 0;
}

int image_load(struct image *i, struct built *b, const xen_pfn_t *frames,
	       const struct domain_config *c)
{
	struct guest_start start = { .store_port = b->store_port,
				     .console_port = b->console_port,
				     .cmdline = c->cmdline };
	struct xen_domctl_getdomaininfo info;
	bool written;

	i->domid = b->domid;
	i->b.frames = frames;
	i->b.page = page_at;
	i->b.ctx = i;
	b->store_mfn = guest_builder_frame(&i->b, i->b.layout.xenstore_page);
	b->console_mfn = guest_builder_frame(&i->b, i->b.layout.console_page);
	if (domain_info(b->domid, &info) || !init_shared_info(i, info.shared_info_frame))
		return failed("shared page");
	start.shared_info = info.shared_info_frame;
	written = guest_builder_write(&i->b, &start);
	close_window(i); /* or its tables could not be pinned */
	if (!written)
		return failed("memory cannot be written");
	if (init_hypercall_page(i) < 0)
		return failed("hypercall page");
	if (pin(i) < 0)
		return failed("page tables");
	return set_context(i) < 0 ? failed("registers") : 0;
}
