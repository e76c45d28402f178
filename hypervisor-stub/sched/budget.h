/* SPDX-License-Identifier: MIT */
/*
 * Caps: at most so much of a pCPU for all units of a group together, even if nobody else wants it.
 *
 * Time is cut in periods. At the start of each, a capped group has cap per cent of a period to spend; what is left
 * over is lost, what was spent too much is owed. A policy that picks a unit asks for its turn here; a unit
 * whose group has nothing left is parked: off the policy's queue, until its group has some again. Both
 * policies use it, so a cap means the same under each. Pure; the core holds runq.
 */
#ifndef SCHED_BUDGET_H
#define SCHED_BUDGET_H

#include "sched/policy.h"

#define BUDGET_PERIOD 30000000 /* ns */

void budget_start(void);
/*
 * It is picked: how much of a turn of `ns` it may take, 0: nothing, and it was parked. The caller has taken
 * it off its queue. budget_return() ends the turn, when it ran for `ran` ns.
 */
uint64_t budget_take(struct sched_unit *u, uint64_t ns, uint64_t now);
void budget_return(struct sched_unit *u, uint64_t ran, uint64_t now);

/* Off the parked ones; false: it was not among them. */
bool budget_unpark(struct sched_unit *u);
/* One that may go on, taken off the parked ones; NULL: none may. */
struct sched_unit *budget_next(uint64_t now);
/* When to ask for it; SCHED_NEVER: nobody is parked. */
uint64_t budget_when(uint64_t now);

#endif
