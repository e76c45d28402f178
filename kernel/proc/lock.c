/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks, mutexes, wait queues.
 *
 * With one CPU a spinlock that is already held can only be a mistake, and says so. The order
 * "state first, condition second, sleep third" makes wakeups impossible to lose: a waker that comes
 * after the condition was tested finds the state and puts it back.
 */
#include "lock.h"
#include "proc.h"
#include "sched.h"

void preempt_disable(void)
{
	current->preempt_count++;
	asm volatile("" : : : "memory");
}

void preempt_enable(void)
{
	asm volatile("" : : : "memory");
	current->preempt_count--;
}

void spin_lock(struct spinlock *l)
{
	unsigned long state = irq_save();

	preempt_disable();
	bug_on(l->held);
	l->held = true;
	l->irq_state = state;
}

void spin_unlock(struct spinlock *l)
{
	unsigned long state = l->irq_state;

	bug_on(!l->held);
	l->held = false;
	preempt_enable();
	irq_restore(state);
}

unsigned long spin_lock_irq(struct spinlock *l)
{
	spin_lock(l);
	return l->irq_state;
}

void spin_unlock_irq(struct spinlock *l, unsigned long state)
{
	l->irq_state = state;
	spin_unlock(l);
}

/* ---- Wait queues ---- */

void waitq_init(struct waitq *q)
{
	q->lock = (struct spinlock)SPINLOCK_INIT;
	list_init(&q->entries);
}

void waitq_add(struct waitq *q, struct wait_entry *e)
{
	spin_lock(&q->lock);
	e->task = current;
	e->queue = q;
	list_add_tail(&q->entries, &e->link);
	spin_unlock(&q->lock);
}

void waitq_remove(struct wait_entry *e)
{
	if (!e->queue)
		return;
	spin_lock(&e->queue->lock);
	list_del(&e->link);
	spin_unlock(&e->queue->lock);
	e->queue = NULL;
}

void waitq_wake(struct waitq *q)
{
	struct wait_entry *e;

	spin_lock(&q->lock);
	list_for_each (e, &q->entries, link)
		task_wake(e->task);
	spin_unlock(&q->lock);
}

void wait_prepare(bool interruptible)
{
	current->state = interruptible ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE;
	asm volatile("" : : : "memory");
}

void wait_finish(void)
{
	current->state = TASK_RUNNABLE;
}

static void sleep_over(struct timer *t)
{
	task_wake(container_of(t, struct task, sleep_timer));
}

int wait_sleep(uint64_t deadline)
{
	bool interruptible = current->state == TASK_INTERRUPTIBLE;

	bug_on(current->preempt_count);
	if (interruptible && signal_pending())
		return -ERESTARTSYS;
	if (deadline == WAIT_FOREVER) {
		schedule();
	} else {
		if (machine_now() >= deadline)
			return -ETIMEDOUT;
		timer_init(&current->sleep_timer, sleep_over);
		timer_arm(&current->sleep_timer, deadline);
		schedule();
		if (!timer_cancel(&current->sleep_timer) && machine_now() >= deadline)
			return -ETIMEDOUT;
	}
	return interruptible && signal_pending() ? -ERESTARTSYS : 0;
}

/* ---- Mutexes ---- */

void mutex_init(struct mutex *m)
{
	m->held = false;
	m->owner = NULL;
	waitq_init(&m->waiters);
}

bool mutex_trylock(struct mutex *m)
{
	bool got;

	spin_lock(&m->waiters.lock);
	got = !m->held;
	if (got) {
		m->held = true;
		m->owner = current;
	}
	spin_unlock(&m->waiters.lock);
	return got;
}

void mutex_lock(struct mutex *m)
{
	if (mutex_trylock(m))
		return;
	bug_on(m->owner == current);
	wait_event(&m->waiters, mutex_trylock(m));
}

void mutex_unlock(struct mutex *m)
{
	bug_on(m->owner != current);
	m->owner = NULL;
	m->held = false;
	waitq_wake(&m->waiters);
}
