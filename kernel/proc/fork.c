/* SPDX-License-Identifier: MIT */
/*
 * clone, fork and vfork: a new task, in a new process or in the caller's.
 *
 * Everything that can fail is done before the task is linked; after that it exists and runs.
 */
#include "sched.h"
#include "fs.h"
#include "vm.h"

#define NOFILE_DEFAULT 1024
#define STACK_DEFAULT  (8ull << 20)

static bool flags_valid(uint32_t flags)
{
	if (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND))
		return false;
	if (flags & CLONE_SIGHAND && !(flags & CLONE_VM))
		return false;
	return !(flags & CLONE_NEWNS);
}

/* What a task shares with its creator, or has a copy of. */
static int copy_resources(struct task *t, uint32_t flags)
{
	if (current->mm) {
		if (flags & CLONE_VM)
			mm_get(t->mm = current->mm);
		else
			t->mm = mm_copy(current->mm);
		if (!t->mm)
			return -ENOMEM;
	}
	t->files = flags & CLONE_FILES ? fdtable_get(current->files) : fdtable_copy(current->files);
	if (!t->files || is_err(t->files)) {
		t->files = NULL;
		return -ENOMEM;
	}
	t->fs = flags & CLONE_FS ? fs_context_get(current->fs) : fs_context_copy(current->fs);
	if (!t->fs || is_err(t->fs)) {
		t->fs = NULL;
		return -ENOMEM;
	}
	t->sighand = flags & CLONE_SIGHAND ? sighand_get(current->sighand)
					   : sighand_copy(current->sighand);
	return t->sighand ? 0 : -ENOMEM;
}

static void drop_resources(struct task *t)
{
	if (t->sighand)
		sighand_put(t->sighand);
	if (t->fs)
		fs_context_put(t->fs);
	if (t->files)
		fdtable_put(t->files);
	mm_put(t->mm);
}

static struct process *process_copy(const struct process *from)
{
	struct process *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	process_init(p);
	p->exe_path = from->exe_path ? kstrdup(from->exe_path) : NULL;
	p->exe = from->exe;
	if (p->exe)
		file_get(p->exe);
	p->cred = from->cred;
	memcpy(p->rlimit, from->rlimit, sizeof(p->rlimit));
	p->nice = from->nice;
	p->personality = from->personality;
	p->dumpable = from->dumpable;
	return p;
}

/* proc_lock held. */
static void process_link(struct process *p, struct task *leader, uint32_t flags)
{
	struct process *parent = flags & CLONE_PARENT ? current->proc->parent : current->proc;

	p->pid = leader->tid;
	p->pgrp = current->proc->pgrp;
	p->session = current->proc->session;
	p->tty = current->proc->tty;
	p->leader = leader;
	p->parent = parent;
	p->exit_signal = flags & CLONE_EXIT_SIGNAL;
	list_add_tail(&parent->children, &p->sibling);
	list_add_tail(&proc_all, &p->all_link);
}

/*
 * Sleeps until the child of a vfork has a memory of its own, or is gone. A fatal signal ends the
 * wait: the child must then no longer know the flag on our stack.
 */
static void wait_vfork(int tid, bool *done)
{
	struct task *child;

	wait_event_full(&current->proc->wait, *(volatile bool *)done || signal_fatal_pending(),
			false, WAIT_FOREVER);
	spin_lock(&proc_lock);
	child = task_find(tid);
	if (!*(volatile bool *)done && child && child->vfork_done == done)
		child->vfork_done = NULL;
	spin_unlock(&proc_lock);
}

static void init_task(struct task *t, const struct regs *regs, uint32_t flags, unsigned long stack,
		      uint32_t *ctid)
{
	struct regs *child;

	machine_thread_fork(&t->thread, t->stack, regs, &current->thread);
	child = machine_user_regs(t->stack);
	machine_regs_set_result(child, 0);
	machine_syscall_done(child);
	if (stack)
		machine_regs_set_stack(child, stack);
	t->blocked = current->blocked;
	if (!(flags & CLONE_VM) || flags & CLONE_VFORK) {
		t->alt_sp = current->alt_sp;
		t->alt_size = current->alt_size;
		t->alt_flags = current->alt_flags;
	}
	t->set_tid = flags & CLONE_CHILD_SETTID ? ctid : NULL;
	t->clear_tid = flags & CLONE_CHILD_CLEARTID ? ctid : NULL;
}

/* Makes it known and running. -EAGAIN when its process is about to end or to exec. */
static long start(struct task *t, struct process *p, uint32_t flags, bool *vfork_done)
{
	long tid;

	spin_lock(&proc_lock);
	if (current->proc->group_exit || current->proc->exec_task) {
		spin_unlock(&proc_lock);
		return -EAGAIN;
	}
	tid = t->tid = tid_alloc();
	if (flags & CLONE_THREAD) {
		task_link(t, current->proc);
	} else {
		process_link(p, t, flags);
		task_link(t, p);
	}
	if (flags & CLONE_VFORK)
		t->vfork_done = vfork_done;
	spin_unlock(&proc_lock);
	return tid;
}

long proc_clone(const struct regs *regs, uint32_t flags, unsigned long stack, uint32_t *ptid,
		const struct machine_tls *tls, uint32_t *ctid)
{
	struct process *p = NULL;
	bool vfork_done = false;
	struct task *t;
	uint32_t tid32;
	long rc = -EINVAL;

	if (!flags_valid(flags))
		return -EINVAL;
	t = task_alloc(current->name);
	if (!t)
		return -ENOMEM;
	init_task(t, regs, flags, stack, ctid);
	if (flags & CLONE_SETTLS) {
		struct machine_tls copy = *tls;

		rc = copy.slot == -1 ? -EINVAL : machine_tls_set(&t->thread, &copy);
		if (rc)
			goto out;
	}
	rc = copy_resources(t, flags);
	if (rc)
		goto out;
	if (!(flags & CLONE_THREAD)) {
		rc = -ENOMEM;
		p = process_copy(current->proc);
		if (!p)
			goto out;
	}
	rc = start(t, p, flags, &vfork_done);
	if (rc < 0)
		goto out;
	tid32 = rc;
	if (flags & CLONE_PARENT_SETTID)
		copy_to_user(ptid, &tid32, sizeof(tid32));
	sched_start(t);
	if (flags & CLONE_VFORK)
		wait_vfork(rc, &vfork_done);
	return rc;
out:
	if (p)
		process_free(p);
	drop_resources(t);
	task_free(t);
	return rc;
}

/* The first thing that a new task does, in its own address space. */
void proc_task_begin(void)
{
	uint32_t tid = current->tid;

	if (current->set_tid)
		copy_to_user(current->set_tid, &tid, sizeof(tid));
	current->set_tid = NULL;
}

static void default_limits(struct process *p)
{
	unsigned i;

	for (i = 0; i < RLIMIT_COUNT; i++)
		p->rlimit[i].cur = p->rlimit[i].max = RLIM_INFINITY;
	p->rlimit[RLIMIT_STACK].cur = STACK_DEFAULT;
	p->rlimit[RLIMIT_NOFILE].cur = NOFILE_DEFAULT;
	p->rlimit[RLIMIT_NOFILE].max = NOFILE_DEFAULT;
}

void proc_become_init(void)
{
	struct process *p = kzalloc(sizeof(*p));

	current->files = fdtable_create();
	current->fs = fs_context_create();
	current->sighand = sighand_copy(NULL);
	if (!p || !current->files || !current->fs || !current->sighand)
		panic("no memory for process 1");
	process_init(p);
	default_limits(p);
	p->dumpable = true;
	p->leader = current;
	p->parent = &proc_kernel;
	p->pid = p->pgrp = p->session = 1;
	spin_lock(&proc_lock);
	task_unlink(current);
	current->tid = 1;
	current->kthread = false;
	task_link(current, p);
	list_add_tail(&proc_kernel.children, &p->sibling);
	list_add_tail(&proc_all, &p->all_link);
	proc_init = p;
	spin_unlock(&proc_lock);
}
