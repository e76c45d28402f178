/* SPDX-License-Identifier: MIT */
/*
 * The first domains, from the modules that the boot loader left.
 *
 * The first module is domain 0's kernel with its command line; the module after it, unless its string
 * begins with `domu`, is its ramdisk. Each `domu` module is a kernel of its own for an unprivileged
 * domain: "domu [mem=SIZE] [vcpus=N] [name=NAME] command line"; a module right after it whose string
 * begins with `ramdisk` is its ramdisk. So a machine may run many domains without any toolstack.
 *
 * A module that cannot be built leaves one error line that says why; the others go on.
 */
#include "boot/boot.h"
#include "boot/build.h"
#include "boot/options.h"
#include "cpu/cpu.h"
#include "console/console.h"
#include "lib/guestimage/inflate.h"
#include "lib/string.h"
#include "sched/sched.h"

#include <xen/features.h>

#define DOMU_MEMORY	(16ULL << 20)
#define RESERVE_MAX	(128ULL << 20)
#define BZIMAGE_SETUP	0x1f1 /* sectors of setup code (Linux boot protocol) */
#define BZIMAGE_MAGIC	0x202
#define BZIMAGE_PAYLOAD 0x248 /* offset and length of the compressed kernel */

/* What a kernel file unpacked to: memory of ours while the domain is built. */
struct unpacked {
	const uint8_t *data;
	size_t size;
	void *memory; /* NULL: the module itself */
	unsigned int order;
};

static unsigned int order_of(size_t bytes)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

/* A Linux bzImage holds the compressed ELF file behind its setup code. */
static void enter_bzimage(const uint8_t **data, size_t *size)
{
	uint32_t offset, length;
	size_t setup;

	if (*size < BZIMAGE_PAYLOAD + 8 || memcmp(*data + BZIMAGE_MAGIC, "HdrS", 4))
		return;
	setup = ((*data)[BZIMAGE_SETUP] + 1) * 512;
	memcpy(&offset, *data + BZIMAGE_PAYLOAD, 4);
	memcpy(&length, *data + BZIMAGE_PAYLOAD + 4, 4);
	if (setup + offset > *size || length > *size - setup - offset ||
	    (*data)[setup + offset] != 0x1f)
		return;
	*data += setup + offset;
	*size = length;
}

static bool unpack(struct unpacked *u, const struct boot_module *m)
{
	const uint8_t *data = maddr_to_virt(m->start);
	size_t size = maddr_x(m->end) - maddr_x(m->start), full;
	const char *error;
	void *scratch;

	*u = (struct unpacked){ data, size, NULL, 0 };
	enter_bzimage(&data, &size);
	if (!gzip_probe(data, size, &full))
		return true;
	u->order = order_of(full);
	u->memory = heap_alloc(u->order, 0);
	scratch = heap_alloc(order_of(GZIP_SCRATCH), 0);
	error = !u->memory || !scratch ? "there is not enough memory to unpack it"
				       : gzip_unpack(data, size, u->memory, full, scratch);
	if (scratch)
		heap_free(scratch, order_of(GZIP_SCRATCH));
	u->data = u->memory;
	u->size = full;
	if (!error)
		return true;
	log_error("cannot build a domain from \"%s\": its gzip data: %s", m->string, error);
	if (u->memory)
		heap_free(u->memory, u->order);
	return false;
}

/* What the hypervisor keeps for itself when domain 0 gets the rest: a sixteenth, 128 MiB at most. */
static uint64_t default_dom0_memory(void)
{
	uint64_t free = heap_free_pages() * PAGE_SIZE;

	return free - min(free / 16 + (2ULL << 20), RESERVE_MAX);
}

static void read_symbols(struct build *b)
{
	size_t size = guest_symbols_size(&b->image);

	b->d->symbols = size ? kalloc(size) : NULL;
	if (b->d->symbols)
		guest_symbols_read(&b->image, b->d->symbols, size);
}

/*
 * Kernels commonly write "!writable_page_tables", though XENVER_get_features never shows that one to a
 * PV guest: real Xen does not refuse them, and stores into tables are emulated when they ask for it.
 */
static uint32_t offered_features(bool privileged, bool is_32bit)
{
	return (privileged ? 1u << XENFEAT_dom0 : 0) | 1u << XENFEAT_writable_page_tables |
	       (is_32bit ? 1u << XENFEAT_pae_pgdir_above_4gb : 0);
}

static void set_memory_limits(struct build *b)
{
	struct domain *d = b->d;
	char assist[8];

	/* For kernels that store into their page directories without asking for the assist. */
	d->pt_force =
		option_string("pt_assist", assist, sizeof(assist)) && !strcmp(assist, "force");
	/* Domain 0 may balloon up to all there is; another domain starts at its limit. */
	d->max_pages = d->privileged ? UINT32_MAX : (uint32_t)b->nr_pages;
	if (d->is_32bit)
		d->compat_m2p = m2p_compat_start((uint32_t)b->image.hv_start_low);
}

/* Steps in the order in which each can still be undone by destroying the domain. */
static bool populate(struct build *b, size_t ramdisk_bytes)
{
	set_memory_limits(b);
	if (!guest_layout_compute(&b->layout, &b->image, b->nr_pages, ramdisk_bytes,
				  b->d->privileged)) {
		log_error("d%u: %s", b->d->id, b->image.error);
		return false;
	}
	if (!build_allocate(b))
		return false;
	guest_image_load(&b->image, build_put, b);
	if (b->layout.ramdisk_bytes)
		build_put_pfn(b,
			      b->layout.ramdisk_pfn
				      ? b->layout.ramdisk_pfn
				      : (b->layout.ramdisk - b->layout.base) >> PAGE_SHIFT,
			      b->ramdisk, ramdisk_bytes);
	build_p2m(b);
	build_start_info(b);
	if (!build_tables(b))
		return false;
	build_registers(b);
	read_symbols(b);
	return true;
}

static void report(const struct build *b)
{
	const struct guest_layout *l = &b->layout;

	log_info(
		"d%u: %s-bit %s, %llu kB, kernel %llx-%llx, entry %llx, start_info %llx, tables %llx (%u), stack %llx",
		b->d->id, b->image.is_32bit ? "32" : "64", b->image.guest_os,
		(unsigned long long)b->nr_pages * 4, (unsigned long long)b->image.kstart,
		(unsigned long long)b->image.kend, (unsigned long long)b->image.entry,
		(unsigned long long)l->start_info, (unsigned long long)l->tables, l->table_pages,
		(unsigned long long)l->stack);
}

/* The wishes that stand before a kernel's command line in its module string, or in our options. */
struct wishes {
	uint64_t memory; /* bytes, 0: default */
	unsigned int vcpus;
	char name[16];
	const char *cmdline;
};

static bool build_domain(domid_t id, bool privileged, const struct boot_module *kernel,
			 const struct boot_module *ramdisk, const struct wishes *w)
{
	struct unpacked u;
	struct build *b = kalloc(sizeof(*b));
	bool done = false;
	int error;

	if (!b || !unpack(&u, kernel)) {
		kfree(b);
		return false;
	}
	b->runs = kalloc(BUILD_RUNS * sizeof(*b->runs));
	b->cmdline = w->cmdline;
	b->ramdisk = ramdisk ? maddr_to_virt(ramdisk->start) : NULL;
	if (!guest_image_parse(&b->image, u.data, u.size,
			       offered_features(privileged, u.data[4] == 1))) {
		log_error("cannot build d%u from \"%s\": %s", id, kernel->string, b->image.error);
		goto out;
	}
	b->d = domain_create(id,
			     &(struct domain_config){ .is_32bit = b->image.is_32bit,
						      .privileged = privileged,
						      .max_vcpus = w->vcpus },
			     &error);
	if (!b->d || !b->runs) {
		log_error("cannot build d%u: no memory for the domain itself", id);
		goto out;
	}
	b->d->autodestroy = true;
	b->d->created = true;
	if (w->name[0])
		strlcpy(b->d->name, w->name, sizeof(b->d->name));
	b->nr_pages = (w->memory    ? w->memory
		       : privileged ? default_dom0_memory()
				    : DOMU_MEMORY) >>
		      PAGE_SHIFT;
	done = populate(b, ramdisk ? maddr_x(ramdisk->end) - maddr_x(ramdisk->start) : 0);
	if (done) {
		report(b);
		vcpu_start(b->d->vcpu[0]);
	} else {
		domain_kill(b->d);
	}
out:
	kfree(b->runs);
	kfree(b);
	if (u.memory)
		heap_free(u.memory, u.order);
	return done;
}

/* "mem=64M" and the like at the beginning of *s: consumed into *w. */
static bool take_wish(const char **s, struct wishes *w)
{
	const char *p = *s;
	size_t n = 0;

	if (!strncmp(p, "mem=", 4)) {
		w->memory = option_size(p + 4);
	} else if (!strncmp(p, "vcpus=", 6)) {
		w->vcpus = (unsigned int)strtoul(p + 6, NULL, 10);
	} else if (!strncmp(p, "name=", 5)) {
		while (p[5 + n] && p[5 + n] != ' ')
			n++;
		strlcpy(w->name, p + 5, min(n + 1, sizeof(w->name)));
	} else {
		return false;
	}
	while (*p && *p != ' ')
		p++;
	while (*p == ' ')
		p++;
	*s = p;
	return true;
}

/* True if the module's words begin with `word`; *rest is then what follows it. */
static bool begins_with(const struct boot_module *m, const char *word, const char **rest)
{
	size_t n = strlen(word);

	if (strncmp(m->args, word, n) || (m->args[n] && m->args[n] != ' '))
		return false;
	*rest = m->args + n + (m->args[n] == ' ');
	return true;
}

static unsigned int clamp_vcpus(unsigned int n)
{
	return n < 1 ? 1 : min(n, (unsigned int)DOMAIN_MAX_VCPUS);
}

unsigned int build_domains(const struct boot_modules *modules)
{
	unsigned int i = 0, built = 0;
	const char *rest;
	domid_t next = 1;

	if (!modules->count) {
		log_error("there is no kernel for domain 0: give one as the first module "
			  "(QEMU: -initrd \"kernel args\")");
		return 0;
	}
	if (!begins_with(&modules->module[0], "domu", &rest)) {
		const struct boot_module *ramdisk = NULL;
		struct wishes w = { .memory = option_size_or("dom0_mem", 0),
				    .vcpus = clamp_vcpus(
					    (unsigned int)option_number("dom0_max_vcpus",
									pcpu_count)),
				    .cmdline = modules->module[0].args };

		if (modules->count > 1 && !begins_with(&modules->module[1], "domu", &rest))
			ramdisk = &modules->module[1];
		built += build_domain(0, true, &modules->module[0], ramdisk, &w);
		i = ramdisk ? 2 : 1;
	}
	for (; i < modules->count; i++) {
		const struct boot_module *kernel = &modules->module[i], *ramdisk = NULL;
		struct wishes w = { .vcpus = 1 };

		if (!begins_with(kernel, "domu", &w.cmdline)) {
			log_warning(
				"module \"%s\" is neither domain 0's ramdisk nor begins with domu: ignored",
				kernel->string);
			continue;
		}
		while (take_wish(&w.cmdline, &w))
			;
		w.vcpus = clamp_vcpus(w.vcpus);
		if (i + 1 < modules->count &&
		    begins_with(&modules->module[i + 1], "ramdisk", &rest))
			ramdisk = &modules->module[++i];
		built += build_domain(next++, false, kernel, ramdisk, &w);
	}
	return built;
}
