/* SPDX-License-Identifier: MIT */
/*
 * Inside domain/: the two layouts of a vCPU's state, vcpu_guest_context.
 *
 * They differ throughout, so the native one is the form that is worked with, and a 32-bit domain's is
 * brought into it and back. What only one width has stays in its own structure: the selectors of a
 * 32-bit domain's callbacks.
 */
#ifndef DOMAIN_CONTEXT_H
#define DOMAIN_CONTEXT_H

#include "domain/domain.h"
#include <xen/foreign/x86_32.h>

typedef struct vcpu_guest_context context_t;
typedef struct vcpu_guest_context_x86_32 context32_t;

#define CONTEXT_ORDER 2 /* room for both forms, as heap_alloc() counts */

/* Its own fields only: callback selectors are left alone. */
void context_widen(context_t *native, const context32_t *narrow);
void context_narrow(context32_t *narrow, const context_t *native);

/* CR3 of a PAE guest carries frame bits above 2^20 in its low bits (arch-x86/xen-x86_32.h). */
mfn_t context_root(bool is_32bit, uint64_t cr3);
uint64_t context_cr3(bool is_32bit, mfn_t root);

#endif
