/* SPDX-License-Identifier: MIT */
/*
 * Rights over hardware: which I/O ports, device memory and interrupts a domain may use.
 *
 * They are handed out one by one (domctl), unlike the right to act on other domains, which is a table
 * (privilege.h). A privileged domain begins with everything, another with nothing. What the hypervisor
 * keeps for itself (its own ports, its interrupt controllers) it keeps whatever is said here.
 */
#ifndef DOMAIN_RIGHTS_H
#define DOMAIN_RIGHTS_H

#include "mm/addr.h"

struct domain;

/* Numbers of ports; machine frames; numbers of pirqs. */
enum right { RIGHT_PORT, RIGHT_FRAME, RIGHT_PIRQ, RIGHT_KINDS };

/* One above the highest number of each kind. */
uint64_t right_end(enum right kind);

/* All of first..last? Locks: takes a leaf lock, if the domain's rights were ever changed. */
bool right_held(const struct domain *d, enum right kind, uint64_t first, uint64_t last);
/* Does it hold anything of this kind? */
bool right_any(const struct domain *d, enum right kind);
/* Locks: control. From now on; what is mapped already stays mapped. -ENOMEM, -E2BIG: it would be too many ranges. */
int right_grant(struct domain *d, enum right kind, uint64_t first, uint64_t last);
int right_revoke(struct domain *d, enum right kind, uint64_t first, uint64_t last);
/* With the domain itself. */
void rights_free(struct domain *d);

#endif
