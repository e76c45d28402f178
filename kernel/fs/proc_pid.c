/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID: what programs such as ps, top and pgrep read about a process.
 *
 * A snapshot is taken under proc_lock, which is a spinlock; the text is made from it afterwards.
 * Formats are Linux's (proc(5)); a field that means nothing here is 0.
 */
#include "fs/procfs.h"
#include "proc.h"
#include "signal.h"
#include "timer.h"
#include "tty/tty.h"
#include "vm.h"

#define TICK_NS (NSEC_PER_SEC / 100) /* USER_HZ: the unit of times in /proc */

#define FLAGS_USER    0x400100u /* PF_RANDOMIZE, PF_SUPERPRIV: as most processes have them on Linux */
#define FLAGS_KTHREAD 0x200040u /* PF_KTHREAD, PF_FORKNOEXEC: ps shows such names in brackets */
#define LOW_31_BITS   0x7fffffffu
#define CAP_ALL	      0x1ffffffffffull /* 41 capabilities */

struct snapshot {
	int pid, ppid, pgrp, session, tpgid, threads, nice, exit_signal;
	uint32_t tty;
	char name[16], state;
	uint64_t user, system, child_user, child_system, start;
	uint64_t pending, blocked, ignored, caught;
	struct cred cred;
	struct mm *mm; /* with a reference, or NULL */
};

static char state_letter(const struct process *p)
{
	if (p->zombie || !p->leader)
		return 'Z';
	if (p->stopped)
		return 'T';
	switch (p->leader->state) {
	case TASK_RUNNABLE:
		return 'R';
	case TASK_INTERRUPTIBLE:
		return 'S';
	case TASK_UNINTERRUPTIBLE:
		return 'D';
	case TASK_STOPPED:
		return 'T';
	case TASK_DEAD:
		break;
	}
	return 'Z';
}

static void snapshot_signals(struct snapshot *s, const struct process *p)
{
	const struct task *t = p->leader;

	s->pending = p->pending;
	if (!t)
		return;
	s->pending |= t->pending;
	s->blocked = t->blocked;
	for (int sig = 1; t->sighand && sig <= NSIG; sig++) {
		unsigned long h = t->sighand->action[sig - 1].handler;

		if (h == SIG_IGN)
			s->ignored |= SIGMASK(sig);
		else if (h != SIG_DFL)
			s->caught |= SIGMASK(sig);
	}
}

static int take(struct snapshot *s, int pid)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p = proc_find(pid);

	if (!p) {
		spin_unlock_irq(&proc_lock, state);
		return -ESRCH;
	}
	memset(s, 0, sizeof(*s));
	s->pid = p->pid;
	s->ppid = p->parent ? p->parent->pid : 0;
	s->pgrp = p->pgrp;
	s->session = p->session;
	s->threads = p->thread_count;
	s->nice = p->nice;
	s->exit_signal = p->exit_signal;
	s->cred = p->cred;
	s->state = state_letter(p);
	tty_of_process(p, &s->tty, &s->tpgid);
	proc_times(p, &s->user, &s->system);
	s->child_user = p->child_user;
	s->child_system = p->child_system;
	if (p->leader) {
		strlcpy(s->name, p->leader->name, sizeof(s->name));
		s->start = p->leader->start_time;
	}
	snapshot_signals(s, p);
	s->mm = proc_mm_get(p);
	spin_unlock_irq(&proc_lock, state);
	return 0;
}

static void drop(struct snapshot *s)
{
	if (s->mm)
		mm_put(s->mm);
}

static unsigned long ticks(uint64_t ns)
{
	return (unsigned long)(ns / TICK_NS);
}

static unsigned long low31(uint64_t set)
{
	return (unsigned long)(set & LOW_31_BITS);
}

static int show_stat(struct text *t, int pid)
{
	static const struct mm none;
	const struct mm *m;
	struct snapshot s;
	int r = take(&s, pid);

	if (r)
		return r;
	m = s.mm ? s.mm : &none;
	text_printf(t, "%d (%s) %c %d %d %d %u %d %u 0 0 0 0 ", s.pid, s.name, s.state, s.ppid,
		    s.pgrp, s.session, s.tty, s.tpgid, s.mm ? FLAGS_USER : FLAGS_KTHREAD);
	text_printf(t, "%lu %lu %lu %lu %d %d %d 0 %lu %lu %lu 4294967295 ", ticks(s.user),
		    ticks(s.system), ticks(s.child_user), ticks(s.child_system), 20 + s.nice,
		    s.nice, s.threads, ticks(s.start), m->total_pages * PAGE_SIZE, m->page_count);
	text_printf(t, "%lu %lu %lu 0 0 %lu %lu %lu %lu 0 0 0 %d 0 0 0 0 0 0 ", m->code_start,
		    m->code_end, m->stack_start, low31(s.pending), low31(s.blocked),
		    low31(s.ignored), low31(s.caught), s.exit_signal);
	text_printf(t, "%lu %lu %lu %lu %lu %lu %lu 0\n", m->data_start, m->data_end, m->brk_start,
		    m->arg_start, m->arg_end, m->env_start, m->env_end);
	drop(&s);
	return 0;
}

static const char *state_word(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	}
	return "Z (zombie)";
}

static void show_ids(struct text *t, const struct cred *c)
{
	text_printf(t, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	text_printf(t, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	text_printf(t, "FDSize:\t64\nGroups:\t");
	for (int i = 0; i < c->group_count; i++)
		text_printf(t, "%u ", c->groups[i]);
	text_printf(t, "\n");
}

static void show_memory(struct text *t, const struct mm *m)
{
	unsigned long kb = PAGE_SIZE / 1024, rss = m->page_count * kb;

	text_printf(t, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\n", m->total_pages * kb,
		    m->total_pages * kb);
	text_printf(t, "VmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n", rss, rss);
	text_printf(t, "VmData:\t%8lu kB\nVmExe:\t%8lu kB\n", (m->brk - m->data_start) / 1024,
		    (m->code_end - m->code_start) / 1024);
	text_printf(t, "VmSwap:\t%8lu kB\n", m->swap_count * kb);
}

static int show_status(struct text *t, int pid)
{
	unsigned long long full;
	struct snapshot s;
	int r = take(&s, pid);

	if (r)
		return r;
	text_printf(t, "Name:\t%s\nState:\t%s\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		    s.name, state_word(s.state), s.pid, s.pid, s.ppid);
	show_ids(t, &s.cred);
	if (s.mm)
		show_memory(t, s.mm);
	text_printf(t, "Threads:\t%d\n", s.threads);
	text_printf(t, "SigPnd:\t%016llx\nSigBlk:\t%016llx\n", (unsigned long long)s.pending,
		    (unsigned long long)s.blocked);
	text_printf(t, "SigIgn:\t%016llx\nSigCgt:\t%016llx\n", (unsigned long long)s.ignored,
		    (unsigned long long)s.caught);
	full = s.cred.euid ? 0 : CAP_ALL;
	text_printf(t, "CapInh:\t%016x\nCapPrm:\t%016llx\nCapEff:\t%016llx\n", 0, full, full);
	drop(&s);
	return 0;
}

static int show_statm(struct text *t, int pid)
{
	struct snapshot s;
	int r = take(&s, pid);

	if (r)
		return r;
	if (s.mm)
		text_printf(t, "%lu %lu 0 %lu 0 %lu 0\n", s.mm->total_pages, s.mm->page_count,
			    (s.mm->code_end - s.mm->code_start) / PAGE_SIZE,
			    (s.mm->brk - s.mm->data_start) / PAGE_SIZE);
	else
		text_printf(t, "0 0 0 0 0 0 0\n");
	drop(&s);
	return 0;
}

/* Part of a process's own memory: its arguments, its environment. */
static int show_range(struct text *t, struct mm *m, unsigned long at, unsigned long end)
{
	char buf[256];

	while (at < end) {
		size_t n = min(sizeof(buf), (size_t)(end - at));
		long got = mm_read(m, at, buf, n);

		if (got <= 0)
			break;
		text_bytes(t, buf, (size_t)got);
		at += (unsigned long)got;
	}
	return 0;
}

static int show_cmdline(struct text *t, int pid)
{
	struct snapshot s;
	int r = take(&s, pid);

	if (r)
		return r;
	if (s.mm)
		show_range(t, s.mm, s.mm->arg_start, s.mm->arg_end);
	drop(&s);
	return 0;
}

static int show_environ(struct text *t, int pid)
{
	struct snapshot s;
	int r = take(&s, pid);

	if (r)
		return r;
	if (s.mm)
		show_range(t, s.mm, s.mm->env_start, s.mm->env_end);
	drop(&s);
	return 0;
}

static int show_comm(struct text *t, int pid)
{
	struct snapshot s;
	int r = take(&s, pid);

	if (r)
		return r;
	text_printf(t, "%s\n", s.name);
	drop(&s);
	return 0;
}

static void show_vma(struct text *t, const struct mm *m, const struct vma *v)
{
	struct inode *i = v->file ? v->file->path.inode : NULL;
	char *name = v->file ? file_name(v->file) : NULL;
	const char *what = name ? name : "";

	if (!v->file && v->start <= m->brk && v->end > m->brk_start)
		what = "[heap]";
	else if (!v->file && v->start <= m->stack_start && m->stack_start < v->end)
		what = "[stack]";
	text_printf(t, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %u", v->start, v->end,
		    v->prot & PROT_READ ? 'r' : '-', v->prot & PROT_WRITE ? 'w' : '-',
		    v->prot & PROT_EXEC ? 'x' : '-', v->flags & MAP_SHARED ? 's' : 'p',
		    (unsigned long long)v->offset, i ? DEV_MAJOR(i->sb->dev) : 0,
		    i ? DEV_MINOR(i->sb->dev) : 0, i ? i->ino : 0);
	text_printf(t, *what ? " %s\n" : "\n", what);
	kfree(name);
}

static int show_maps(struct text *t, int pid)
{
	struct snapshot s;
	struct vma *v;
	int r = take(&s, pid);

	if (r)
		return r;
	if (s.mm) {
		mutex_lock(&s.mm->lock);
		list_for_each (v, &s.mm->vmas, link)
			show_vma(t, s.mm, v);
		mutex_unlock(&s.mm->lock);
	}
	drop(&s);
	return 0;
}

static int show_mounts(struct text *t, int pid)
{
	struct mount *m;

	(void)pid;
	mutex_lock(&vfs_lock);
	list_for_each (m, &mount_all, link)
		text_printf(t, "%s %s %s %s%s%s%s%s%s 0 0\n", m->source, m->where,
			    m->sb->type->name, m->flags & MS_RDONLY ? "ro" : "rw",
			    m->flags & MS_NOSUID ? ",nosuid" : "",
			    m->flags & MS_NODEV ? ",nodev" : "",
			    m->flags & MS_NOEXEC ? ",noexec" : "",
			    m->flags & MS_NOATIME ? ",noatime" : "",
			    m->flags & MS_RELATIME ? ",relatime" : "");
	mutex_unlock(&vfs_lock);
	return 0;
}

/* ---- links to what a process uses ---- */

enum what { EXE, CWD, ROOT };

static int place_of(int pid, enum what what, struct path *to)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p = proc_find(pid);
	const struct task *t = p ? p->leader : NULL;
	int r = -ENOENT;

	*to = (struct path){ NULL, NULL };
	if (what == EXE && p && p->exe)
		*to = p->exe->path;
	else if (what != EXE && t && t->fs)
		*to = what == CWD ? t->fs->cwd : t->fs->root;
	if (to->inode) {
		path_get(to);
		r = 0;
	}
	spin_unlock_irq(&proc_lock, state);
	return r;
}

/* vfs_lock is held by whoever reads a link. */
static int name_place(struct text *t, const struct path *p)
{
	char *buf = kmalloc(PATH_LONGEST), *s;
	int r = 0;

	if (!buf)
		return -ENOMEM;
	s = path_name(p, buf, PATH_LONGEST);
	if (is_err(s))
		r = (int)ptr_err(s);
	else
		text_printf(t, "%s", s);
	kfree(buf);
	return r;
}

static int link_place(struct text *t, int pid, enum what what)
{
	struct path p;
	int r = place_of(pid, what, &p);

	if (r)
		return r;
	r = name_place(t, &p);
	path_put(&p);
	return r;
}

static int follow_exe(int pid, int fd, struct path *to)
{
	(void)fd;
	return place_of(pid, EXE, to);
}

static int follow_cwd(int pid, int fd, struct path *to)
{
	(void)fd;
	return place_of(pid, CWD, to);
}

static int follow_root(int pid, int fd, struct path *to)
{
	(void)fd;
	return place_of(pid, ROOT, to);
}

/* The name under which it was started, also when the file is gone by now. */
static int link_exe(struct text *t, int pid, int fd)
{
	unsigned long state;
	struct process *p;
	int r;

	(void)fd;
	r = link_place(t, pid, EXE);
	if (r != -ENOENT)
		return r;
	state = spin_lock_irq(&proc_lock);
	p = proc_find(pid);
	if (p && p->exe_path) {
		text_printf(t, "%s (deleted)", p->exe_path);
		r = 0;
	}
	spin_unlock_irq(&proc_lock, state);
	return r;
}

static int link_cwd(struct text *t, int pid, int fd)
{
	(void)fd;
	return link_place(t, pid, CWD);
}

static int link_root(struct text *t, int pid, int fd)
{
	(void)fd;
	return link_place(t, pid, ROOT);
}

static struct file *file_of(int pid, int fd)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p = proc_find(pid);
	struct fdtable *files = NULL;
	struct file *f;
	int found = fd;

	if (p && p->leader && p->leader->files)
		files = fdtable_get(p->leader->files);
	spin_unlock_irq(&proc_lock, state);
	if (!files)
		return NULL;
	f = fdtable_next(files, &found);
	fdtable_put(files);
	if (f && found != fd) {
		file_put(f);
		return NULL;
	}
	return f;
}

static int follow_fd(int pid, int fd, struct path *to)
{
	struct file *f = file_of(pid, fd);

	if (!f)
		return -ENOENT;
	*to = f->path;
	path_get(to);
	file_put(f);
	return 0;
}

static int link_fd(struct text *t, int pid, int fd)
{
	struct file *f = file_of(pid, fd);
	int r = 0;

	if (!f)
		return -ENOENT;
	if (inode_is(f->path.inode, S_IFIFO) && !f->path.inode->ops->whereis)
		text_printf(t, "pipe:[%u]", f->path.inode->ino);
	else
		r = name_place(t, &f->path);
	if (r == -ENOENT) {
		text_printf(t, "/ (deleted)");
		r = 0;
	}
	file_put(f);
	return r;
}

/* Nobody is told apart by when they logged in: -1, as Linux says before a login; getlogin() asks. */
static int show_loginuid(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "4294967295");
	return 0;
}

const struct proc_node proc_fd_node = { .mode = 0700, .link = link_fd, .follow = follow_fd };

/* clang-format off */
const struct proc_node proc_pid_nodes[] = {
	{ .name = "cmdline", .mode = 0444, .show = show_cmdline },
	{ .name = "comm",    .mode = 0444, .show = show_comm },
	{ .name = "cwd",     .mode = 0777, .link = link_cwd, .follow = follow_cwd },
	{ .name = "environ", .mode = 0400, .show = show_environ },
	{ .name = "exe",     .mode = 0777, .link = link_exe, .follow = follow_exe },
	{ .name = "fd",      .mode = 0500, .fds = true },
	{ .name = "loginuid", .mode = 0444, .show = show_loginuid },
	{ .name = "maps",    .mode = 0444, .show = show_maps },
	{ .name = "mounts",  .mode = 0444, .show = show_mounts },
	{ .name = "root",    .mode = 0777, .link = link_root, .follow = follow_root },
	{ .name = "stat",    .mode = 0444, .show = show_stat },
	{ .name = "statm",   .mode = 0444, .show = show_statm },
	{ .name = "status",  .mode = 0444, .show = show_status },
	{ .name = NULL },
};
