/* SPDX-License-Identifier: MIT */
/*
 * Tasks and processes as objects: making, numbering, finding, freeing them.
 *
 * proc_lock guards the tree and both lists of everything. A tid is free when no task and no process
 * has it (a process keeps its number until it is waited for).
 */
#include "sched.h"

#define TID_MAX 32768

struct spinlock proc_lock = SPINLOCK_INIT;
struct list proc_all = LIST_INIT(proc_all);
static struct list task_all = LIST_INIT(task_all);
struct process proc_kernel = {
	.children = LIST_INIT(proc_kernel.children),
	.sibling = LIST_INIT(proc_kernel.sibling),
	.threads = LIST_INIT(proc_kernel.threads),
	.all_link = LIST_INIT(proc_kernel.all_link),
	.wait = WAITQ_INIT(proc_kernel.wait),
};
struct process *proc_init;

struct task *task_find(int tid)
{
	struct task *t;

	list_for_each (t, &task_all, all_link) {
		if (t->tid == tid)
			return t;
	}
	return NULL;
}

struct process *proc_find(int pid)
{
	struct process *p;

	list_for_each (p, &proc_all, all_link) {
		if (p->pid == pid)
			return p;
	}
	return NULL;
}

unsigned proc_count(void)
{
	struct process *p;
	unsigned n = 0;

	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link)
		n++;
	spin_unlock(&proc_lock);
	return n;
}

/* A number that is neither a task's, nor a process's, nor names a group or session of one. */
static bool tid_in_use(int tid)
{
	struct process *p;

	list_for_each (p, &proc_all, all_link) {
		if (p->pid == tid || p->pgrp == tid || p->session == tid)
			return true;
	}
	return task_find(tid);
}

int tid_alloc(void)
{
	static int last;

	do {
		last = last + 1 < TID_MAX ? last + 1 : 2;
	} while (tid_in_use(last));
	return last;
}

void task_set_name(struct task *t, const char *name)
{
	strlcpy(t->name, name, sizeof(t->name));
}

struct task *task_alloc(const char *name)
{
	struct task *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->stack = kmalloc(KERNEL_STACK_SIZE);
	if (!t->stack) {
		kfree(t);
		return NULL;
	}
	*(uint32_t *)t->stack = STACK_CANARY;
	list_init(&t->run);
	list_init(&t->thread_link);
	list_init(&t->all_link);
	list_init(&t->pending_details);
	t->state = TASK_UNINTERRUPTIBLE;
	t->start_time = machine_now();
	task_set_name(t, name);
	return t;
}

void task_link(struct task *t, struct process *p)
{
	t->proc = p;
	list_add_tail(&p->threads, &t->thread_link);
	list_add_tail(&task_all, &t->all_link);
	p->thread_count++;
}

void task_unlink(struct task *t)
{
	list_del(&t->thread_link);
	list_del(&t->all_link);
	t->proc->thread_count--;
}

void task_free(struct task *t)
{
	machine_thread_fini(&t->thread);
	kfree(t->stack);
	kfree(t);
}

void process_init(struct process *p)
{
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->all_link);
	list_init(&p->threads);
	list_init(&p->pending_details);
	waitq_init(&p->wait);
	timer_init(&p->real_timer, itimer_fire);
}

struct task *kthread_create(const char *name, void (*fn)(void *arg), void *arg)
{
	struct task *t = task_alloc(name);

	if (!t)
		return NULL;
	t->kthread = true;
	machine_thread_init(&t->thread, t->stack, fn, arg);
	spin_lock(&proc_lock);
	t->tid = tid_alloc();
	task_link(t, &proc_kernel);
	spin_unlock(&proc_lock);
	sched_start(t);
	return t;
}

void task_times(const struct task *t, uint64_t *user, uint64_t *system)
{
	*user += t->user_time;
	*system += t->run_time - t->user_time;
}

void proc_times(struct process *p, uint64_t *user, uint64_t *system)
{
	struct task *t;

	*user = p->dead_user;
	*system = p->dead_system;
	list_for_each (t, &p->threads, thread_link)
		task_times(t, user, system);
}
