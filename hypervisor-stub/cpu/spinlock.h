/* SPDX-License-Identifier: MIT */
/*
 * Spin locks with an order.
 *
 * Interrupt handlers take no lock but the last two (they raise softirqs), so no other needs interrupts
 * off. A debug build keeps, per pCPU, which classes are held and stops at the first one taken out of order.
 */
#ifndef CPU_SPINLOCK_H
#define CPU_SPINLOCK_H

/* Outermost first: a pCPU that holds one may only take those further down. */
enum lock_class {
	LOCK_CONTROL,
	LOCK_DEVICES, /* PCI functions, and what of them is in use */
	LOCK_DOMAIN_LIFE,
	LOCK_DOMAIN_MM,
	LOCK_GRANT_TABLE,
	LOCK_GRANT_ENTRY,
	LOCK_EVTCHN,	   /* two of it: lower domain number first */
	LOCK_EVTCHN_QUEUE, /* FIFO queues of the domain that gets an event */
	LOCK_DOMAIN_PAGES,
	LOCK_LDT,	    /* one vCPU's LDT pages, and the window that shows them */
	LOCK_DOMAIN_LIST,   /* looked into from anywhere: little but the console under it */
	LOCK_DOMAIN_BUCKET, /* domains by number */
	LOCK_RIGHTS,	    /* what hardware a domain may use */
	LOCK_HEAP,
	LOCK_RUNQ,
	LOCK_TIMER,
	LOCK_CONSOLE,
	/* These two are taken by interrupt handlers too, so with interrupts off (irq_save). */
	LOCK_IRQ,	/* interrupt lines: who gets them, who owes an end of interrupt */
	LOCK_REGISTERS, /* pairs of an index and a data register */
	LOCK_CLASSES
};

struct spinlock {
	_Atomic uint8_t taken;
	uint8_t class;
};

/* clang-format off */
#define SPINLOCK_INIT(lock_class) { .taken = 0, .class = (lock_class) }
/* clang-format on */

#ifdef DEBUG
void lock_order_enter(const struct spinlock *l);
void lock_order_leave(const struct spinlock *l);
#else
static inline void lock_order_enter(const struct spinlock *l)
{
	(void)l;
}

static inline void lock_order_leave(const struct spinlock *l)
{
	(void)l;
}
#endif

static inline void spin_init(struct spinlock *l, enum lock_class class)
{
	l->taken = 0;
	l->class = class;
}

static inline bool spin_trylock(struct spinlock *l)
{
	if (__atomic_exchange_n((uint8_t *)&l->taken, 1, __ATOMIC_ACQUIRE))
		return false;
	lock_order_enter(l);
	return true;
}

static inline void spin_lock(struct spinlock *l)
{
	lock_order_enter(l);
	while (__atomic_exchange_n((uint8_t *)&l->taken, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n((uint8_t *)&l->taken, __ATOMIC_RELAXED))
			asm volatile("pause");
}

static inline void spin_unlock(struct spinlock *l)
{
	lock_order_leave(l);
	__atomic_store_n((uint8_t *)&l->taken, 0, __ATOMIC_RELEASE);
}

#endif
