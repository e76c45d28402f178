/* SPDX-License-Identifier: MIT */
/*
 * What a context switch asks of address spaces, descriptors and the FPU: each adds the calls that
 * it needs, none if nothing differs.
 */
#ifndef XEN_SWITCH_H
#define XEN_SWITCH_H

#include "xen-x86.h"

extern struct machine_thread *switch_running; /* NULL: the boot thread */

#define SWITCH_CALLS_MAX (3 + TLS_SLOT_COUNT) /* stack, root, FPU and descriptors */

/* s may be NULL: the current one stays. `op` must live until the calls are made. */
unsigned space_switch_calls(struct multicall_entry *calls, struct space *s, struct mmuext_op *op);

void desc_load(const struct machine_thread *t);
unsigned desc_switch_calls(struct multicall_entry *calls, const struct machine_thread *to);
unsigned fpu_switch_calls(struct multicall_entry *calls, const struct machine_thread *to);

/* The thread's numbers, if the FPU holds them, are in its memory afterwards. */
void fpu_save_current(struct machine_thread *t);
void fpu_drop(struct machine_thread *t);

#endif
