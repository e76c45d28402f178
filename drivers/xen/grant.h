/* SPDX-License-Identifier: MIT */
/*
 * What the files of the grant layer share; drivers use xen.h.
 */
#ifndef DRIVERS_XEN_GRANT_H
#define DRIVERS_XEN_GRANT_H

#include "xen.h"
#include "xen-x86.h"

static inline long hypercall_grant_table_op(unsigned cmd, void *op, unsigned count)
{
	return hypercall3(__HYPERVISOR_grant_table_op, cmd, op, count);
}

void grant_init(void);
/* Entries that another domain still uses although we want them back. */
unsigned grant_linger_count(void);

#endif
