/* SPDX-License-Identifier: MIT */
/*
 * What a context switch asks of the descriptors and of the FPU: the calls that they want to add.
 */
#ifndef XEN_SWITCH_H
#define XEN_SWITCH_H

#include "xen-x86.h"

extern struct machine_thread *switch_running; /* NULL: the boot thread */

void desc_load(const struct machine_thread *t);
unsigned desc_switch_calls(struct multicall_entry *calls, const struct machine_thread *to);
unsigned fpu_switch_calls(struct multicall_entry *calls, const struct machine_thread *to);

/* The thread's numbers, if the FPU holds them, are in its memory afterwards. */
void fpu_save_current(struct machine_thread *t);
void fpu_drop(struct machine_thread *t);

#endif
