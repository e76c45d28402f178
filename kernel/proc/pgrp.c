/* SPDX-License-Identifier: MIT */
/*
 * Process groups and sessions: what job control is made of.
 *
 * A group is a number that processes have in common, a session likewise one of groups. proc_lock
 * guards both.
 */
#include "sched.h"

bool proc_pgrp_in_session(int pgrp, int session)
{
	struct process *p;
	bool found = false;

	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link)
		found |= p->pgrp == pgrp && p->session == session;
	spin_unlock(&proc_lock);
	return found;
}

/* No member has a parent in another group of the same session: nobody could continue it. */
bool proc_pgrp_orphaned_locked(int pgrp)
{
	struct process *p;

	list_for_each (p, &proc_all, all_link) {
		if (p->pgrp != pgrp || p->zombie || p->parent == proc_init)
			continue;
		if (p->parent->pgrp != pgrp && p->parent->session == p->session)
			return false;
	}
	return true;
}

bool proc_pgrp_orphaned(int pgrp)
{
	bool orphaned;

	spin_lock(&proc_lock);
	orphaned = proc_pgrp_orphaned_locked(pgrp);
	spin_unlock(&proc_lock);
	return orphaned;
}

static bool group_exists(int pgrp, int session)
{
	struct process *p;

	list_for_each (p, &proc_all, all_link) {
		if (p->pgrp == pgrp && p->session == session)
			return true;
	}
	return false;
}

static long setpgid_locked(int pid, int pgrp)
{
	struct process *p = proc_find(pid), *self = current->proc;

	if (!p || (p != self && p->parent != self))
		return -ESRCH;
	if (p != self && p->execed)
		return -EACCES;
	if (p->session != self->session || p->session == p->pid)
		return -EPERM;
	if (pgrp != pid && !group_exists(pgrp, self->session))
		return -EPERM;
	p->pgrp = pgrp;
	return 0;
}

long proc_setpgid(int pid, int pgrp)
{
	long rc;

	if (pgrp < 0)
		return -EINVAL;
	pid = pid ? pid : current->proc->pid;
	pgrp = pgrp ? pgrp : pid;
	spin_lock(&proc_lock);
	rc = setpgid_locked(pid, pgrp);
	spin_unlock(&proc_lock);
	return rc;
}

static long query(int pid, bool session)
{
	struct process *p;
	long rc = -ESRCH;

	spin_lock(&proc_lock);
	p = pid ? proc_find(pid) : current->proc;
	if (p)
		rc = session ? p->session : p->pgrp;
	spin_unlock(&proc_lock);
	return rc;
}

long proc_getpgid(int pid)
{
	return query(pid, false);
}

long proc_getsid(int pid)
{
	return query(pid, true);
}

long proc_setsid(void)
{
	struct process *p, *self = current->proc;
	long rc = -EPERM;

	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link) {
		if (p->pgrp == self->pid)
			goto out;
	}
	self->session = self->pgrp = self->pid;
	self->tty = NULL;
	self->lost_pgrp = 0;
	rc = self->pid;
out:
	spin_unlock(&proc_lock);
	return rc;
}
