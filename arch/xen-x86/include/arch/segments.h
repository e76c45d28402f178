/* SPDX-License-Identifier: MIT */
/*
 * Selectors of programs: the flat segments that the hypervisor has in every guest's GDT.
 */
#ifndef ARCH_SEGMENTS_H
#define ARCH_SEGMENTS_H

#include <stdint.h>
#include <xen/xen.h>

#define USER_CS FLAT_USER_CS
#define USER_DS FLAT_USER_DS

#endif
