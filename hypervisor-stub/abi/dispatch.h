/* SPDX-License-Identifier: MIT */
/*
 * From a number to a function: what the rest of abi/ and the domain builder need of the dispatcher.
 *
 * No locks: everything here belongs to the vCPU that runs.
 */
#ifndef ABI_DISPATCH_H
#define ABI_DISPATCH_H

#include "domain/domain.h"

struct vcpu;

#define HYPERCALL_COUNT 64 /* numbers that a table has room for */

#define HYPERCALL_STUB 32   /* bytes of one entry of the hypercall page */
#define HYPERCALL_INT  0x82 /* the software interrupt of 32-bit guests */

/*
 * Call number nr with raw arguments (the guest's registers or a multicall entry). -ENOSYS if there is
 * none; -ERESTART if it stopped half-way.
 */
long hypercall_invoke(struct vcpu *v, uint64_t nr, const uint64_t args[HYPERCALL_ARGS]);

/* A call that stopped half-way, again: it finds its progress as it left it. */
long hypercall_again(struct vcpu *v, uint64_t nr, const uint64_t args[HYPERCALL_ARGS]);

/* "mmu_update", or "?" for a number without a function. */
const char *hypercall_name(uint64_t nr);

/* Fill a page with one stub a hypercall (observed32.md 1.5 and 6), for a guest to call into. */
void hypercall_page_write(void *page, bool is_32bit);

long do_multicall(gptr_t list, unsigned int count);

#endif
