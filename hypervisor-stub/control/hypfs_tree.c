/* SPDX-License-Identifier: MIT */
/*
 * The tree of the hypervisor file system.
 *
 *	/buildinfo/changeset, config, compileinfo/..., version/...	as on every Xen
 *	/cpupool/0/sched-gran						"cpu": vCPUs are scheduled one by one
 *	/params/NAME							what the command line said, "" if nothing
 *	/sched/bvt/context-allowance-us				w	how far one gets ahead of the next
 *	/sched/bvt/domain/ID/warp-value-us			w	how far it may borrow, 0: no warp
 *	/sched/bvt/domain/ID/warp-limit-us			w	how long it may run so, 0: no limit
 *	/sched/bvt/domain/ID/unwarp-requirement-us		w	how long it may not, after that
 *
 * What borrowed virtual time has beside a weight is no part of the ABI's scheduler operations, and
 * lives here; /sched/bvt is there when that policy rules. Locks: control; runq in sched/params.h.
 */
#include "abi/ops.h"
#include "boot/options.h"
#include "console/console.h"
#include "control/hypfs.h"
#include "lib/string.h"
#include "sched/params.h"

#define DIR(name_, children_)                                                    \
	{                                                                        \
		.name = name_, .type = XEN_HYPFS_TYPE_DIR, .children = children_ \
	}
#define TEXT(name_, read_)                                                  \
	{                                                                   \
		.name = name_, .type = XEN_HYPFS_TYPE_STRING, .read = read_ \
	}
#define NUMBER(name_, read_)                                              \
	{                                                                 \
		.name = name_, .type = XEN_HYPFS_TYPE_UINT, .read = read_ \
	}
#define SETTING(name_, read_, write_)                                                       \
	{                                                                                   \
		.name = name_, .type = XEN_HYPFS_TYPE_UINT, .read = read_, .write = write_, \
		.max_write = sizeof(uint32_t)                                               \
	}
#define LAST                 \
	{                    \
		.name = NULL \
	}

/* ---- leaves in general --------------------------------------------------------------------------- */

static long text(void *content, const char *s)
{
	strlcpy(content, s, HYPFS_CONTENT_MAX);
	return (long)strlen(content) + 1;
}

static long number(void *content, uint64_t value)
{
	uint32_t n = (uint32_t)min(value, (uint64_t)UINT32_MAX);

	memcpy(content, &n, sizeof(n));
	return sizeof(n);
}

static uint32_t number_of(const void *content)
{
	uint32_t n;

	memcpy(&n, content, sizeof(n));
	return n;
}

/* ---- /buildinfo ---------------------------------------------------------------------------------- */

static long read_changeset(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return text(content, image_changeset);
}

static long read_config(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return text(content,
		    "CONFIG_X86_64=y\nCONFIG_PV=y\nCONFIG_PV32=y\n# CONFIG_HVM is not set\n"
		    "CONFIG_HYPFS=y\n");
}

static long read_compile_by(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return text(content, image_compile_info.compile_by);
}

static long read_compile_date(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return text(content, image_compile_info.compile_date);
}

static long read_compile_domain(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return text(content, image_compile_info.compile_domain);
}

static long read_compiler(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return text(content, image_compile_info.compiler);
}

static long read_extra(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return text(content, image_extraversion);
}

static long read_version(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)domain;
	return number(content, !strcmp(n->name, "major") ? ABI_MAJOR : ABI_MINOR);
}

static const struct hypfs_node compileinfo[] = {
	TEXT("compile_by", read_compile_by),
	TEXT("compile_date", read_compile_date),
	TEXT("compile_domain", read_compile_domain),
	TEXT("compiler", read_compiler),
	LAST,
};

static const struct hypfs_node version[] = {
	TEXT("extra", read_extra),
	NUMBER("major", read_version),
	NUMBER("minor", read_version),
	LAST,
};

static const struct hypfs_node buildinfo[] = {
	TEXT("changeset", read_changeset),
	DIR("compileinfo", compileinfo),
	TEXT("config", read_config),
	DIR("version", version),
	LAST,
};

/* ---- /cpupool: the one that there is (control/cpupool.c) ------------------------------------------- */

static long read_granularity(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return text(content, "cpu");
}

static long write_granularity(domid_t domain, const void *content)
{
	const char *s = content;

	(void)domain;
	if (strcmp(s, "cpu") && strcmp(s, "core") && strcmp(s, "socket"))
		return refuse(-EINVAL, "scheduling by \"%s\"", s);
	return refuse(-EBUSY, "domains are in the pool");
}

static const struct hypfs_node pool[] = {
	{ .name = "sched-gran",
	  .type = XEN_HYPFS_TYPE_STRING,
	  .max_write = sizeof("socket") + 1,
	  .read = read_granularity,
	  .write = write_granularity },
	LAST,
};

static const struct hypfs_node pools[] = { DIR("0", pool), LAST };

/* ---- /params ------------------------------------------------------------------------------------- */

/* A bare word counts as "yes", as it does where the option is asked for. */
static long read_param(const struct hypfs_node *n, domid_t domain, void *content)
{
	char value[HYPFS_CONTENT_MAX];

	(void)domain;
	if (!option_string(n->name, value, sizeof(value)))
		strlcpy(value, option_flag(n->name) ? "yes" : "", sizeof(value));
	return text(content, value);
}

static const struct hypfs_node params[] = {
	TEXT("com1", read_param),
	TEXT("console", read_param),
	TEXT("dom0_max_vcpus", read_param),
	TEXT("dom0_mem", read_param),
	TEXT("dom0_vcpus_pin", read_param),
	TEXT("gnttab_max_frames", read_param),
	TEXT("gnttab_max_maptrack_frames", read_param),
	TEXT("guest_loglvl", read_param),
	TEXT("loglvl", read_param),
	TEXT("maxcpus", read_param),
	TEXT("noreboot", read_param),
	TEXT("pt_assist", read_param),
	TEXT("sched", read_param),
	TEXT("sched_bvt_allowance_us", read_param),
	TEXT("sched_credit_tslice_ms", read_param),
	TEXT("sched_ratelimit_us", read_param),
	TEXT("smap", read_param),
	TEXT("smep", read_param),
	TEXT("vga", read_param),
	LAST,
};

/* ---- /sched/bvt ---------------------------------------------------------------------------------- */

static bool is_bvt(void)
{
	return !strcmp(sched_name(), "bvt");
}

static long read_allowance(const struct hypfs_node *n, domid_t domain, void *content)
{
	(void)n;
	(void)domain;
	return number(content, sched_get_allowance());
}

static long write_allowance(domid_t domain, const void *content)
{
	(void)domain;
	return sched_set_allowance(number_of(content));
}

enum warp_field { WARP_VALUE, WARP_LIMIT, WARP_UNWARP };

static uint64_t *warp_field(struct sched_warp *w, enum warp_field field)
{
	switch (field) {
	case WARP_VALUE:
		return &w->value;
	case WARP_LIMIT:
		return &w->limit;
	default:
		return &w->unwarp;
	}
}

static long read_warp(domid_t id, enum warp_field field, void *content)
{
	struct sched_warp w = { 0 };
	struct domain *d = domain_get(id);
	long rc;

	if (!d)
		return -ENOENT;
	rc = sched_get_warp(d, &w);
	domain_put(d);
	return rc ? rc : number(content, *warp_field(&w, field));
}

static long write_warp(domid_t id, enum warp_field field, const void *content)
{
	struct sched_warp w = { 0 };
	struct domain *d = domain_get(id);
	long rc;

	if (!d)
		return refuse(-ENOENT, "there is no domain %u any more", id);
	rc = sched_get_warp(d, &w);
	*warp_field(&w, field) = number_of(content);
	if (!rc)
		rc = sched_set_warp(d, &w);
	domain_put(d);
	return rc;
}

#define WARP(name, field)                                                                  \
	static long read_##name(const struct hypfs_node *n, domid_t domain, void *content) \
	{                                                                                  \
		(void)n;                                                                   \
		return read_warp(domain, field, content);                                  \
	}                                                                                  \
	static long write_##name(domid_t domain, const void *content)                      \
	{                                                                                  \
		return write_warp(domain, field, content);                                 \
	}
WARP(value, WARP_VALUE)
WARP(limit, WARP_LIMIT)
WARP(unwarp, WARP_UNWARP)

static const struct hypfs_node bvt_domain[] = {
	SETTING("unwarp-requirement-us", read_unwarp, write_unwarp),
	SETTING("warp-limit-us", read_limit, write_limit),
	SETTING("warp-value-us", read_value, write_value),
	LAST,
};

static const struct hypfs_node bvt[] = {
	SETTING("context-allowance-us", read_allowance, write_allowance),
	{ .name = "domain",
	  .type = XEN_HYPFS_TYPE_DIR,
	  .for_domains = true,
	  .children = bvt_domain },
	LAST,
};

static const struct hypfs_node sched[] = {
	{ .name = "bvt", .type = XEN_HYPFS_TYPE_DIR, .children = bvt, .exists = is_bvt },
	LAST,
};

/* ---- / -------------------------------------------------------------------------------------------- */

static const struct hypfs_node root[] = {
	DIR("buildinfo", buildinfo),
	DIR("cpupool", pools),
	DIR("params", params),
	DIR("sched", sched),
	LAST,
};

const struct hypfs_node hypfs_root = DIR("/", root);
