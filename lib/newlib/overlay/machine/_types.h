/* SPDX-License-Identifier: MIT */
/*
 * Widths of the types that programs and the library share. newlib's defaults are those of a small
 * embedded system (16-bit inode numbers and users, 32-bit offsets); these are wide enough for
 * everything the Linux calls can return, so files above 2 GiB need no second set of functions.
 */
#ifndef _MACHINE__TYPES_H
#define _MACHINE__TYPES_H

#include <machine/_default_types.h>

typedef __int64_t __blkcnt_t;
#define __machine_blkcnt_t_defined

typedef __uint64_t __fsblkcnt_t;
#define __machine_fsblkcnt_t_defined

typedef __uint64_t __fsfilcnt_t;
#define __machine_fsfilcnt_t_defined

typedef __int64_t _off_t;
#define __machine_off_t_defined

typedef __int64_t _fpos_t;
#define __machine_fpos_t_defined

typedef __uint64_t __dev_t;
#define __machine_dev_t_defined

typedef __uint64_t __ino_t;
#define __machine_ino_t_defined

typedef __uint32_t __uid_t;
#define __machine_uid_t_defined

typedef __uint32_t __gid_t;
#define __machine_gid_t_defined

typedef __uint32_t __mode_t;
#define __machine_mode_t_defined

typedef __uint16_t __sa_family_t;
#define __machine_sa_family_t_defined

#endif
