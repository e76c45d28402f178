/* SPDX-License-Identifier: MIT */
/*
 * Flushes that a guest asks for, by vCPU.
 */
#ifndef MM_FLUSH_H
#define MM_FLUSH_H

#include "abi/abi.h"
#include "mm/tlb.h"

/* The bitmap of d's vCPUs at `at`: as many unsigned longs as it takes, at most 64 vCPUs. -EFAULT. */
int flush_read_mask(const struct domain *d, gptr_t at, uint64_t *vcpus);
/* On every pCPU where one of these vCPUs of d ran last: one address, or everything. */
void flush_vcpus(const struct domain *d, uint64_t vcpus, bool one, uint64_t va);

#endif
