/* SPDX-License-Identifier: MIT */
/*
 * Debug builds: is a lock taken in the order of spinlock.h?
 *
 * A pCPU's mask of held classes must have nothing at or below the new one. Two locks of event channels
 * may be held at once (their owner sees to the order of domains), so that class is counted by the second
 * bit above all others.
 */
#include "cpu/spinlock.h"
#include "cpu/cpu.h"

#ifdef DEBUG

#define SECOND_EVTCHN (1ULL << 63)

void lock_order_enter(const struct spinlock *l)
{
	uint64_t *held, bit = 1ULL << l->class;

	if (!this_pcpu())
		return;
	held = &this_pcpu()->locks_held;
	if (l->class == LOCK_EVTCHN && (*held & bit) && !(*held & SECOND_EVTCHN)) {
		BUG_ON((*held & ~SECOND_EVTCHN) >> (l->class + 1));
		*held |= SECOND_EVTCHN;
		return;
	}
	if ((*held & ~SECOND_EVTCHN) >> l->class)
		panic("lock order: class %u taken while %lx are held", l->class, *held);
	*held |= bit;
}

void lock_order_leave(const struct spinlock *l)
{
	uint64_t *held, bit = 1ULL << l->class;

	if (!this_pcpu())
		return;
	held = &this_pcpu()->locks_held;
	if (l->class == LOCK_EVTCHN && (*held & SECOND_EVTCHN))
		*held &= ~SECOND_EVTCHN;
	else
		*held &= ~bit;
}

#endif
