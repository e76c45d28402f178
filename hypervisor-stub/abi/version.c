/* SPDX-License-Identifier: MIT */
/*
 * xen_version: what this hypervisor says it is.
 *
 * The version is that of the ABI that it speaks, Xen 4.17; the words around it say who really answers.
 * A guest decides by features and version, never by these words. No locks: all of it is constant.
 */
#include "abi/abi.h"
#include "abi/ops.h"
#include "abi/width.h"
#include "boot/options.h"
#include "console/console.h"
#include "domain/privilege.h"
#include "lib/string.h"
#include "mm/mm.h"

#include <xen/features.h>

const char image_extraversion[] = ".0-ringmaster";
static const char capabilities[] = "xen-3.0-x86_64 xen-3.0-x86_32p ";
const char image_changeset[] = "ringmaster";
static const char denied[] = "<denied>";

#define FEATURES_ALL                                                                     \
	(1u << XENFEAT_mmu_pt_update_preserve_ad | 1u << XENFEAT_highmem_assist |        \
	 1u << XENFEAT_gnttab_map_avail_bits | 1u << XENFEAT_memory_op_vnode_supported | \
	 1u << XENFEAT_direct_mapped)

static long put(gptr_t arg, const void *bytes, size_t n)
{
	return copy_to_guest(arg, bytes, n) ? refuse(-EFAULT, "the answer cannot be written") : 0;
}

/* A text in a field of `size` bytes, the rest zeroes. */
static long put_text(gptr_t arg, const char *text, size_t size)
{
	char field[XEN_CAPABILITIES_INFO_LEN];

	memset(field, 0, size);
	strlcpy(field, text, size);
	return put(arg, field, size);
}

const struct xen_compile_info image_compile_info = {
	.compiler = "gcc " __VERSION__,
	.compile_by = "ringlet",
	.compile_domain = "localdomain",
	.compile_date = "",
};

static long compile_info(gptr_t arg)
{
	return guest_put_xen_compile_info(arg, 0, &image_compile_info)
		       ? refuse(-EFAULT, "the answer cannot be written")
		       : 0;
}

/* Where the hypervisor's part of the guest's address space begins. */
static long platform_parameters(gptr_t arg)
{
	struct xen_platform_parameters p = { .virt_start = HV_VIRT_START };

	if (guest_is_32bit())
		p.virt_start = current->domain->compat_m2p;
	return guest_put_xen_platform_parameters(arg, 0, &p)
		       ? refuse(-EFAULT, "the answer cannot be written")
		       : 0;
}

static long features(gptr_t arg)
{
	struct xen_feature_info f;

	if (guest_get_xen_feature_info(&f, arg, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	if (f.submap_idx >= XENFEAT_NR_SUBMAPS)
		return refuse(-EINVAL, "there is no feature map %u", f.submap_idx);
	f.submap = FEATURES_ALL;
	if (guest_is_32bit())
		f.submap |= 1u << XENFEAT_pae_pgdir_above_4gb;
	if (current->domain->privileged)
		f.submap |= 1u << XENFEAT_dom0;
	return guest_put_xen_feature_info(arg, 0, &f)
		       ? refuse(-EFAULT, "the answer cannot be written")
		       : 0;
}

static long guest_handle_of(gptr_t arg)
{
	return put(arg, current->domain->handle, sizeof(current->domain->handle));
}

static long commandline(gptr_t arg)
{
	const char *text = current->domain->privileged ? options_text() : denied;

	return put_text(arg, text, sizeof(xen_commandline_t));
}

static long build_id(gptr_t arg)
{
	struct xen_build_id id;
	size_t size;
	const uint8_t *bytes = image_build_id(&size);
	long rc = privilege_check(__HYPERVISOR_xen_version, XENVER_build_id, NULL);

	if (rc)
		return rc;
	if (gptr_is_null(arg))
		return (long)size;
	if (guest_get_xen_build_id(&id, arg, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	if (!id.len)
		return refuse(-EINVAL, "there is no room for the build id");
	if (id.len < size)
		return refuse(-ENOBUFS, "the build id has %zu bytes, not %u", size, id.len);
	if (put(gptr_add(arg, offsetof(struct xen_build_id, buf)), bytes, size))
		return -EFAULT;
	return (long)size;
}

long do_xen_version(unsigned int cmd, gptr_t arg)
{
	switch (cmd) {
	case XENVER_version:
		return ABI_MAJOR << 16 | ABI_MINOR;
	case XENVER_extraversion:
		return put_text(arg, image_extraversion, XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return compile_info(arg);
	case XENVER_capabilities:
		return put_text(arg, capabilities, XEN_CAPABILITIES_INFO_LEN);
	case XENVER_changeset:
		return put_text(arg, image_changeset, XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return platform_parameters(arg);
	case XENVER_get_features:
		return features(arg);
	case XENVER_pagesize:
		return gptr_is_null(arg) ? (long)PAGE_SIZE
					 : refuse(-EINVAL, "the page size needs no buffer");
	case XENVER_guest_handle:
		return guest_handle_of(arg);
	case XENVER_commandline:
		return commandline(arg);
	case XENVER_build_id:
		return build_id(arg);
	default:
		return refuse(-ENOSYS, "there is no xen_version %u", cmd);
	}
}
