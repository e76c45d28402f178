/* SPDX-License-Identifier: MIT */
/*
 * Between the files that end things: life.c (states), destroy.c (taking apart), finale.c (the machine).
 */
#ifndef DOMAIN_LIFE_H
#define DOMAIN_LIFE_H

#include "domain/domain.h"

/* finale.c: audit, then power off; the exit code says whether all was well. */
noreturn void machine_end(bool ok);
/* finale.c: domain 0 ended for this reason (SHUTDOWN_*). */
noreturn void machine_follows(struct domain *d, unsigned int reason);

/* domain.c: nobody has a reference on d any more: off the list, and free what is left of it. */
void domain_free(struct domain *d);
/* destroy.c: the last reference went, anywhere, under any lock: domain_free() it when none is held. */
void domain_bury(struct domain *d);

#endif
