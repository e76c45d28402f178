/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls that need no folder of their own: what the ABI offers about itself and its first console.
 *
 * No locks. Each returns 0 or a negative error number; `arg` points into the calling guest.
 */
#ifndef ABI_OPS_H
#define ABI_OPS_H

#include "mm/addr.h"

#include <xen/version.h>

struct domain;

long do_xen_version(unsigned int cmd, gptr_t arg);
long do_console_io(unsigned int cmd, unsigned int count, gptr_t buffer);
/* The assists that a domain of this width may turn on, one bit a VMASST_TYPE_*. */
uint64_t assists_known(const struct domain *d);
long do_vm_assist(unsigned int cmd, unsigned int type);

/* version.c: what this hypervisor says it is; also told through the hypervisor file system. */
#define ABI_MAJOR 4
#define ABI_MINOR 17
extern const char image_extraversion[], image_changeset[];
extern const struct xen_compile_info image_compile_info;
/* What tells this build from others. */
const uint8_t *image_build_id(size_t *size);

/* control/ */
long do_physdev_op(unsigned int cmd, gptr_t arg);
long do_physdev_op_compat(gptr_t op);
long do_platform_op(gptr_t op);
long do_sysctl(gptr_t op);
long do_domctl(gptr_t op);
long do_hvm_op(unsigned int cmd, gptr_t arg);
long do_dm_op(unsigned int id, unsigned int nr_buffers, gptr_t buffers);
long do_hypfs_op(unsigned int cmd, gptr_t path, uint64_t path_length, gptr_t data, uint64_t length);
long do_xenpmu_op(unsigned int cmd, gptr_t arg);

#endif
