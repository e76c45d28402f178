/* SPDX-License-Identifier: MIT */
/*
 * Locks and wait queues.
 *
 * A spinlock masks interrupts and forbids preemption while it is held; its holder must not sleep, and
 * sections are short. Spinlocks are released in the reverse order. A mutex may be held while sleeping
 * and is never taken in an interrupt.
 *
 * A thread inside a system call is not preempted against its will (cond_resched in long loops gives
 * way), but it can sleep in mutex_lock, kmalloc never, user copies yes: so whatever spans a sleep
 * needs a mutex.
 *
 * Lock order, outermost first: mutexes of file systems (inode, pipe, tty), mm->lock, then spinlocks:
 * proc_lock, waitq, timer, kmalloc, page. The run queue is guarded by masking interrupts.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "kernel.h"

struct task;

struct spinlock {
	volatile bool held;
	unsigned long irq_state; /* of the holder, before */
};

/* clang-format off */
#define SPINLOCK_INIT { false, 0 }
/* clang-format on */

/* For the current thread; they nest. A switch that became due comes with the next interrupt. */
void preempt_disable(void);
void preempt_enable(void);

void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);

/* The same; the state is for callers that keep it themselves. */
unsigned long spin_lock_irq(struct spinlock *l);
void spin_unlock_irq(struct spinlock *l, unsigned long state);

/*
 * A queue of threads that wait for something. The condition itself is guarded by the owner's lock:
 * change it, then waitq_wake. Wakers may be interrupts.
 */
struct waitq {
	struct spinlock lock;
	struct list entries;
};

struct wait_entry {
	struct list link;
	struct task *task;
	struct waitq *queue;
};

/* clang-format off */
#define WAITQ_INIT(name) { SPINLOCK_INIT, LIST_INIT((name).entries) }
/* clang-format on */

void waitq_init(struct waitq *q);
void waitq_add(struct waitq *q, struct wait_entry *e); /* for the current thread */
void waitq_remove(struct wait_entry *e);	       /* harmless when never added but zeroed */
void waitq_wake(struct waitq *q);		       /* all who sleep on it */

/*
 * The open-coded form, needed to wait on several queues (poll): add entries; then in a loop
 * wait_prepare(interruptible), test the condition, wait_sleep(deadline); finally wait_finish() and
 * remove the entries. A wakeup between prepare and sleep makes sleep return at once.
 * wait_sleep returns 0 (woken, perhaps for nothing), -ETIMEDOUT, or -ERESTARTSYS (a signal waits, only
 * if interruptible). deadline in machine_now() time, WAIT_FOREVER for none.
 */
#define WAIT_FOREVER (~0ull)

void wait_prepare(bool interruptible);
int wait_sleep(uint64_t deadline);
void wait_finish(void);

/* 0, -ETIMEDOUT or -ERESTARTSYS. The condition is evaluated with no lock held. */
#define wait_event_full(q, cond, interruptible, deadline) \
	({                                                \
		struct wait_entry we_ = { 0 };            \
		int wait_rc_ = 0;                         \
		waitq_add(q, &we_);                       \
		for (;;) {                                \
			wait_prepare(interruptible);      \
			if (cond) {                       \
				wait_rc_ = 0;             \
				break;                    \
			}                                 \
			if (wait_rc_)                     \
				break;                    \
			wait_rc_ = wait_sleep(deadline);  \
		}                                         \
		wait_finish();                            \
		waitq_remove(&we_);                       \
		wait_rc_;                                 \
	})

#define wait_event(q, cond)		      ((void)wait_event_full(q, cond, false, WAIT_FOREVER))
#define wait_event_interruptible(q, cond)     wait_event_full(q, cond, true, WAIT_FOREVER)
#define wait_event_timeout(q, cond, deadline) wait_event_full(q, cond, true, deadline)

struct mutex {
	bool held;
	struct task *owner;
	struct waitq waiters;
};

/* clang-format off */
#define MUTEX_INIT(name) { false, NULL, WAITQ_INIT((name).waiters) }
/* clang-format on */

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);

#endif
