/* SPDX-License-Identifier: MIT */
/*
 * When memory runs out, and so has what reclaim.c can take back: a process is killed, not the kernel.
 *
 * Mappings are promises that cannot all be kept (fork and bss are cheap that way). When a page is
 * needed and there is none, the process that holds most (in memory and swap) is killed, except the first one; whoever
 * needed the page waits for its memory. If that does not help in time, for instance because the
 * victim waits for a lock that we hold, the one who needed the page dies instead.
 */
#include "cache.h"
#include "swap.h"
#include "vma.h"
#include "proc.h"

#define WAIT_STEP     (10 * NSEC_PER_MS)
#define WAIT_TRIES    50
#define RECLAIM_PAGES 32

static bool room_for_user(void)
{
	pfn_t pfn = page_alloc_user(PAGE_ANONYMOUS);

	if (!pfn_is_none(pfn))
		page_put(pfn);
	return !pfn_is_none(pfn);
}

static unsigned long process_pages(struct process *p)
{
	struct task *t;

	list_for_each (t, &p->threads, thread_link) {
		if (t->mm)
			return t->mm->page_count + t->mm->swap_count;
	}
	return 0;
}

/* Returns the victim's pid; 0: nobody can be killed. */
static int kill_largest(void)
{
	struct process *p, *victim = NULL;
	unsigned long most = 0;
	int pid = 0;

	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link) {
		unsigned long pages = process_pages(p);

		if (p == proc_init || p->zombie || pages <= most)
			continue;
		victim = p;
		most = pages;
	}
	if (victim) {
		pid = victim->pid;
		if (!victim->group_exit)
			printk("out of memory: killed process %d (%s), which held %lu KiB\n", pid,
			       victim->leader ? victim->leader->name : "?", most * 4);
		signal_kill_locked(victim);
	}
	spin_unlock(&proc_lock);
	return pid;
}

static bool still_there(int pid)
{
	struct process *p;
	bool there;

	spin_lock(&proc_lock);
	p = proc_find(pid);
	there = p && !p->zombie;
	spin_unlock(&proc_lock);
	return there;
}

/*
 * Somebody else's pages that could not be taken just now, or are on their way to a disk, are worth waiting for; a
 * mistake would cost a life.
 */
static bool reclaim(void)
{
	for (unsigned i = 0; i < WAIT_TRIES; i++) {
		bool skipped;

		if (reclaim_pages(RECLAIM_PAGES, &skipped) || room_for_user())
			return true;
		if (!skipped || signal_fatal_pending())
			break;
		wait_prepare(false);
		wait_sleep(machine_now() + WAIT_STEP);
	}
	return false;
}

bool oom_make_room(void)
{
	unsigned i;
	int pid;

	if (reclaim())
		return true;
	pid = kill_largest();
	if (!pid || pid == current->proc->pid || signal_fatal_pending())
		return false;
	for (i = 0; i < WAIT_TRIES && still_there(pid); i++) {
		wait_prepare(false);
		wait_sleep(machine_now() + WAIT_STEP);
	}
	return !still_there(pid);
}
