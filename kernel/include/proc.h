/* SPDX-License-Identifier: MIT */
/*
 * Tasks and processes.
 *
 * A task is a thread: what the scheduler runs. A process is a thread group: what has a pid, a parent
 * and an exit status. Linux's tid is task->tid, its tgid is process->pid. Kernel threads belong to
 * process 0. Fields are grouped by who may change them.
 */
#ifndef KERNEL_PROC_H
#define KERNEL_PROC_H

#include "kernel.h"
#include "lock.h"
#include "signal.h"
#include "timer.h"
#include <uapi/process.h>

struct mm;
struct fdtable;
struct fs_context;
struct file;
struct tty;

enum task_state {
	TASK_RUNNABLE,	      /* running or on the run queue */
	TASK_INTERRUPTIBLE,   /* sleeps; a signal wakes it */
	TASK_UNINTERRUPTIBLE, /* sleeps */
	TASK_STOPPED,	      /* job control */
	TASK_DEAD,	      /* left for good; reaped by its successor on the CPU */
};

/* The signal handlers, shared by threads (CLONE_SIGHAND). Guarded by the signal lock. */
struct sighand {
	int refs;
	struct sigaction_k action[NSIG];
};

struct task {
	/* Machine and scheduler: run queue lock. */
	struct machine_thread thread;
	void *stack;
	enum task_state state;
	struct list run;
	uint64_t run_since, run_time; /* ns on the CPU */
	uint64_t virtual_time, slice_end;
	uint64_t user_time;	    /* the part of run_time spent in user mode: an estimate ... */
	uint32_t ticks_user, ticks; /* ... by samples */
	int preempt_count;
	bool queued, kthread;
	bool wake_signal; /* sleeps interruptibly */
	struct timer sleep_timer;

	/* Itself only. */
	int tid;
	char name[16];
	struct mm *mm;	       /* NULL for kernel threads */
	struct fdtable *files; /* kernel/fs */
	struct fs_context *fs; /* kernel/fs: cwd, root, umask */
	uint32_t *set_tid;     /* user address: gets the tid when the task starts */
	uint32_t *clear_tid;   /* user address: zeroed and woken at exit */
	void *robust_list;     /* user address, as set_robust_list left it */
	uint64_t start_time;
	unsigned long fault_trap, fault_error, fault_address;
	long (*restart_fn)(void *arg); /* what restart_syscall continues; gets restart_arg */
	uint64_t restart_arg[4];

	/* proc_lock: signals. */
	struct sighand *sighand;
	sigset64_t blocked, saved_blocked, pending;
	sigset64_t awaited; /* by sigtimedwait, which unblocks them to be woken */
	bool restore_blocked;
	struct list pending_details;
	unsigned long alt_sp, alt_size;
	uint32_t alt_flags;

	/* proc_lock: the tree. */
	struct process *proc;
	struct list thread_link; /* in proc->threads */
	struct list all_link;	 /* by tid */
	bool *vfork_done;	 /* the parent of a vfork sleeps until it is set */
	bool exiting;
};

struct cred {
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	int group_count;
	uint32_t groups[32];
};

struct rlimit64 {
	uint64_t cur, max;
};

#define RLIMIT_COUNT  16
#define RLIMIT_STACK  3
#define RLIMIT_NOFILE 7
#define RLIM_INFINITY (~0ull)

struct cpu_timer {
	uint64_t left, interval; /* ns; left 0: not running */
};

struct process {
	/* proc_lock: the tree. */
	int pid, pgrp, session;
	struct process *parent;
	struct list children, sibling, all_link, threads;
	int thread_count;
	struct task *leader; /* may have exited; NULL when reaped */
	bool zombie;	     /* all threads gone, waits for wait4 */
	bool execed;
	int exit_signal;	 /* to the parent, 0 = none */
	int exit_status;	 /* as wait4 reports it */
	bool group_exit;	 /* exit_group, or a fatal signal: exit_status is decided */
	bool stopped, continued; /* job control */
	bool stop_announced, stop_reported; /* to the parent, by SIGCHLD and by wait4 */
	int stop_signal;
	struct task *exec_task;		   /* all other threads must end: one of them execs */
	struct waitq wait;		   /* its threads sleep here: wait4, vfork, exec */
	uint64_t dead_user, dead_system;   /* of its ended threads, ns */
	uint64_t child_user, child_system; /* of reaped children */

	/* proc_lock: signals. */
	sigset64_t pending;
	struct list pending_details;
	struct timer real_timer; /* ITIMER_REAL, alarm */
	uint64_t real_interval;
	struct cpu_timer virtual_timer, profile_timer;

	/* kernel/tty: tty lock. The controlling terminal of the session, or NULL. */
	struct tty *tty;
	int lost_pgrp; /* of a leader: the foreground of the terminal that was hung up; 0 */

	/* Its own threads. */
	struct cred cred;
	struct rlimit64 rlimit[RLIMIT_COUNT];
	struct file *exe; /* /proc/self/exe; a reference */
	char *exe_path;	  /* kmalloc */
	int nice;
	uint32_t personality;
	bool dumpable;
};

#define STACK_CANARY 0x57ac4ca9u /* lowest word of each kernel stack */

/* The running task. */
extern struct task *current_task;
#define current current_task

/* ---- Scheduler (sched.c) ---- */
void schedule(void);	 /* gives the CPU away; the state says whether it comes back by itself */
void cond_resched(void); /* gives way if it is time; not under a spinlock */
bool task_wake(struct task *t); /* any sleep ends; interrupts may call */
void task_yield(void);
struct task *kthread_create(const char *name, void (*fn)(void *arg),
			    void *arg); /* NULL: no memory; fn ends in kthread_exit() or never */
_Noreturn void kthread_exit(void);
unsigned task_running_count(void);
void sched_loadavg(uint64_t avg[3]); /* 1, 5, 15 minutes, in 1/65536 */
uint64_t sched_idle_time(void);
uint64_t sched_switch_count(void);

/* ---- Life of processes (fork.c exec.c exit.c wait.c) ---- */
/*
 * clone, fork, vfork. regs are the caller's; stack 0: the same; tls only with CLONE_SETTLS. ptid and
 * ctid are user pointers. Returns the child's tid or an error.
 */
long proc_clone(const struct regs *regs, uint32_t flags, unsigned long stack, uint32_t *ptid,
		const struct machine_tls *tls, uint32_t *ctid);

/* Reads path, argv, envp from user memory and replaces the program. Does not return to it on success. */
long proc_execve(const char *user_path, const uint32_t *user_argv, const uint32_t *user_envp);
/* The same from kernel memory; the first program starts so. */
long proc_exec_kernel(const char *path, const char *const argv[], const char *const envp[]);

_Noreturn void proc_exit_thread(int status); /* the system call exit; status as wait4 has it */
_Noreturn void proc_exit_group(int status);  /* status: (code & 255) << 8, or a signal */

struct rusage_k {
	uint64_t user, system; /* ns */
};
/* pid as wait4 takes it; fills *status and *ru when not NULL (kernel pointers). */
long proc_wait4(int pid, int *status, int options, struct rusage_k *ru);

long proc_setpgid(int pid, int pgrp);
long proc_getpgid(int pid);
long proc_getsid(int pid);
long proc_setsid(void);
bool proc_pgrp_in_session(int pgrp, int session);
bool proc_pgrp_orphaned(int pgrp);
bool proc_may_signal(const struct process *p);

/*
 * Finding others. proc_lock guards the tree and all signal state; it is a spinlock: hold it while
 * looking at what you found, do not sleep.
 */
extern struct spinlock proc_lock;
extern struct list proc_all; /* of struct process by all_link, ascending pid is not promised */
struct process *proc_find(int pid); /* proc_lock held; zombies too */
struct task *task_find(int tid);    /* proc_lock held */
extern struct process *proc_init;   /* pid 1 */
unsigned proc_count(void);

void task_set_name(struct task *t, const char *name);
void proc_times(struct process *p, uint64_t *user, uint64_t *system); /* proc_lock held */

/* ---- Futex (futex.c): deadline in machine_now() time ---- */
long futex_wait(const uint32_t *user, uint32_t value, uint64_t deadline, uint32_t bitset);
long futex_wake(const uint32_t *user, int count, uint32_t bitset);
long futex_requeue(const uint32_t *user, int wake, int move, const uint32_t *to, bool compare,
		   uint32_t value);

/* ---- Sleeping and intervals (itimer.c) ---- */
/*
 * Sleeps to the deadline: 0, or -ERESTART_BLOCK when a signal came: hand it on, the way back to user
 * mode makes EINTR or a restart_syscall of it.
 */
long proc_sleep_until(uint64_t deadline);
long proc_restart_syscall(void);
/* ns each; which is ITIMER_. old_* may be NULL. */
long proc_setitimer(int which, uint64_t value, uint64_t interval, uint64_t *old_value,
		    uint64_t *old_interval);
long proc_getitimer(int which, uint64_t *value, uint64_t *interval);

#endif
