/* SPDX-License-Identifier: MIT */
/*
 * Device memory: frames that are no RAM, and the few of them that no domain may touch.
 *
 * Filled at boot, only read afterwards: no lock.
 */
#ifndef MM_IOMEM_H
#define MM_IOMEM_H

#include "mm/mm.h"

/* Mapped without RW, whatever the domain asked for: a kernel that probes there goes on. */
bool iomem_is_read_only(mfn_t mfn);
/* Find out how wide physical addresses are; nothing beyond can be mapped. */
void iomem_init(void);

#endif
