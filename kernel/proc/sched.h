/* SPDX-License-Identifier: MIT */
/*
 * Between the files of kernel/proc.
 */
#ifndef PROC_SCHED_H
#define PROC_SCHED_H

#include "proc.h"

/* sched.c */
void sched_init(void); /* the boot thread becomes the idle thread */
_Noreturn void sched_idle(void);
void sched_tick(uint64_t now);	  /* interrupt */
void sched_start(struct task *t); /* a new task runs for the first time */
_Noreturn void sched_exit(
	void); /* the current task is done; its memory goes when it is off the CPU */
extern struct task idle_task;
extern bool sched_need_resched;

/* timer.c */
void timer_tick_start(uint64_t deadline); /* calls sched_tick then, once */

/* task.c */
struct task *task_alloc(const char *name); /* with a stack; NULL: no memory */
void task_free(struct task *t);
void task_link(struct task *t, struct process *p); /* proc_lock held; so are those below */
void task_unlink(struct task *t);
void task_times(const struct task *t, uint64_t *user, uint64_t *system); /* adds */
int tid_alloc(void);
extern struct process proc_kernel; /* process 0 */
void process_init(struct process *p);
void proc_become_init(void); /* fork.c: the current kernel thread becomes process 1 */

/* signal.c; the first three with proc_lock held */
void signal_send_locked(struct process *p, struct task *t, int sig, const struct siginfo *info);
void signal_wake(struct task *t, bool fatal); /* so that it sees its signals */
void signal_flush_task(struct task *t);
void signal_flush_process(struct process *p); /* needs no lock when nobody knows p any more */
bool signal_work(const struct task *t);	      /* has it something to do before user mode? */
void signal_deliver(struct regs *regs);
void signal_exec_reset(struct task *t);
struct sighand *sighand_copy(const struct sighand *from); /* NULL: defaults */
struct sighand *sighand_get(struct sighand *s);
void sighand_put(struct sighand *s);

/* fork.c */
void proc_become_init(void); /* the current kernel thread becomes process 1 */
void proc_task_begin(void);

/* exit.c */
void process_free(struct process *p);
void proc_report_stop(struct process *p); /* proc_lock held */
void proc_report_continue(struct process *p);
void proc_vfork_done(struct task *t);
int proc_become_only_thread(void);

/* pgrp.c */
bool proc_pgrp_orphaned_locked(int pgrp);

/* futex.c, itimer.c */
void futex_robust_exit(struct task *t);
void itimer_fire(struct timer *t);
void itimer_tick(struct process *p, uint64_t ns, bool user); /* CPU time was used */

#endif
