/* SPDX-License-Identifier: MIT */
/*
 * The Xen ABI's surface: numbers to functions, layouts of two widths to one.
 *
 * Law 7: a handler never mentions a width. Arguments arrive native through hypercalls.def; structures
 * in guest memory go through guest_get_NAME() and guest_put_NAME(), which exist for exactly the
 * structures named in shapes.def; shared_info and vcpu_info through abi/shared.h. Law 4: an
 * unfinished call is kept in vcpu.cont and re-dispatched by guest_return().
 */
#ifndef ABI_ABI_H
#define ABI_ABI_H

#include "mm/addr.h"

struct vcpu;
struct domain;

/*
 * For each NAME of shapes.def (`struct NAME` of <xen/...>):
 *	int guest_get_NAME(struct NAME *native, gptr_t array, uint64_t index);	0 or -EFAULT
 *	int guest_put_NAME(gptr_t array, uint64_t index, const struct NAME *native);
 *	size_t guest_sizeof_NAME(void);		bytes an element takes in the current guest's memory
 * Handles inside a structure arrive as 64-bit values; make a gptr_t of them by guest_handle(x).
 */
#include "abi/shapes.h"

/* One unsigned long of the guest: 4 or 8 bytes. */
int guest_get_ulong(uint64_t *value, gptr_t array, uint64_t index);
int guest_put_ulong(gptr_t array, uint64_t index, uint64_t value);
int guest_get_u32(uint32_t *value, gptr_t array, uint64_t index);
int guest_put_u32(gptr_t array, uint64_t index, uint32_t value);

/*
 * A handler that must stop half-way saves its place in hc_progress() (six words, zero when the call
 * begins, its own until it ends) and returns -ERESTART. It is called again with the same arguments.
 */
uint64_t *hc_progress(void);

/* For explanations: which element of a batch is being worked on. */
void hc_element(unsigned int index);

/* Destroying a domain gives up what an unfinished call of its vCPU holds. */
void hc_abandon(struct vcpu *v);

#endif
