/* SPDX-License-Identifier: MIT */
/*
 * What <xen/sys/privcmd.h> wants of Linux: its names of integers. For the kernel and for its programs.
 */
#ifndef SHIM_LINUX_TYPES_H
#define SHIM_LINUX_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;

#endif
