/* SPDX-License-Identifier: MIT */
/*
 * What the files of HYPERVISOR_memory_op share.
 */
#ifndef MM_MEMORY_OP_H
#define MM_MEMORY_OP_H

#include "abi/abi.h"
#include "abi/shared.h"
#include "mm/types.h"

/* exchange.c: XENMEM_exchange. -ERESTART: call again. */
long memory_exchange(gptr_t arg);

/* memory_map.c: XENMEM_machine_memory_map, XENMEM_memory_map, XENMEM_set_memory_map. */
long memory_machine_map(gptr_t arg);
long memory_own_map(gptr_t arg);
long memory_set_map(gptr_t arg);

/* resource.c: XENMEM_acquire_resource, from frame `start` of its list on. -ERESTART: call again. */
long memory_acquire_resource(uint64_t start, gptr_t arg);

/* The domain that an operation names, held: the caller's own, or any for a privileged caller. */
struct domain *memory_domain(domid_t id, long *rc);
/* May the caller have extents of 2^order frames? */
bool memory_order_allowed(unsigned int order);

#endif
