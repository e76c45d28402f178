/* SPDX-License-Identifier: MIT */
/*
 * The one question about rights: may the domain that calls do this to that domain?
 *
 * The answers are a table, control/privilege.c, to be read as a page of documentation. Every folder asks
 * here where an operation names another domain or is not for everybody; none decides by itself.
 */
#ifndef DOMAIN_PRIVILEGE_H
#define DOMAIN_PRIVILEGE_H

#include "domain/domain.h"

/* In place of an operation's number: whatever the rule of the whole hypercall is. */
#define EVERY_OP (~0u)

/*
 * Operation `op` (XENMEM_*, EVTCHNOP_*, ...) of hypercall __HYPERVISOR_*, asked by the current domain about
 * `target`; NULL if it names no domain. 0, or -EPERM, which has been explained then. No locks; a walk
 * through a short table: not for hot paths.
 */
long privilege_check(unsigned int hypercall, unsigned int op, const struct domain *target);

#endif
