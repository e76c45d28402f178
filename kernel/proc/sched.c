/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: who runs next, and the switch.
 *
 * Every thread has a virtual run time, which grows slower the lower its nice value. The run queue is
 * ordered by it and its head runs. A thread that slept comes back at most one slice behind the
 * others: it gets the CPU soon, but cannot hoard the time that it slept. A thread in a system call
 * is not preempted against its will; programs and kernel threads are.
 *
 * The queue is guarded by masking interrupts.
 */
#include "sched.h"
#include "vm.h"

#define TICK_NS	 (10 * NSEC_PER_MS)
#define SLICE_NS (20 * NSEC_PER_MS)

struct task idle_task;
struct task *current_task = &idle_task;
bool sched_need_resched;

static struct list run_queue = LIST_INIT(run_queue);
static unsigned run_count;
static uint64_t min_virtual, switch_count, idle_time;
static struct task *dead_task;

#define LOAD_PERIOD (5 * NSEC_PER_SEC)
static uint64_t load[3];
static struct timer load_timer;

#define WEIGHT_NORMAL 1024u /* of nice 0 */

/* As on Linux each step of nice is a quarter more or less. */
static uint32_t weight_of(const struct task *t)
{
	uint32_t w = WEIGHT_NORMAL;
	int nice = t->proc ? t->proc->nice : 0;

	for (; nice > 0; nice--)
		w = w * 4 / 5;
	for (; nice < 0; nice++)
		w = w * 5 / 4;
	return w ? w : 1;
}

static void enqueue(struct task *t)
{
	struct list *at;

	for (at = run_queue.prev; at != &run_queue; at = at->prev)
		if (list_entry(at, struct task, run)->virtual_time <= t->virtual_time)
			break;
	list_insert_between(&t->run, at, at->next);
	t->queued = true;
	run_count++;
}

static void dequeue(struct task *t)
{
	list_del(&t->run);
	t->queued = false;
	run_count--;
}

/* Charges the running task for the time since it was charged last. */
static void account(struct task *t, uint64_t now)
{
	uint64_t ran = now - t->run_since;
	uint32_t weight;

	t->run_since = now;
	t->run_time += ran;
	if (t == &idle_task) {
		idle_time += ran;
		return;
	}
	weight = weight_of(t);
	t->virtual_time += weight == WEIGHT_NORMAL ? ran : ran * WEIGHT_NORMAL / weight;
	if (t->virtual_time > min_virtual)
		min_virtual = list_empty(&run_queue)
				      ? t->virtual_time
				      : min(t->virtual_time,
					    list_first(&run_queue, struct task, run)->virtual_time);
}

bool task_wake(struct task *t)
{
	unsigned long state = irq_save();
	bool woken = t->state != TASK_RUNNABLE && t->state != TASK_DEAD;

	if (woken) {
		t->state = TASK_RUNNABLE;
		if (t != current && !t->queued) {
			if (t->virtual_time + SLICE_NS < min_virtual)
				t->virtual_time = min_virtual - SLICE_NS;
			enqueue(t);
			if (current == &idle_task || t->virtual_time < current->virtual_time)
				sched_need_resched = true;
		}
	}
	irq_restore(state);
	return woken;
}

void sched_start(struct task *t)
{
	unsigned long state = irq_save();

	t->virtual_time = max(min_virtual, current->virtual_time);
	t->state = TASK_RUNNABLE;
	enqueue(t);
	if (current == &idle_task)
		sched_need_resched = true;
	irq_restore(state);
}

static struct task *pick_next(void)
{
	struct task *t;

	if (list_empty(&run_queue))
		return &idle_task;
	t = list_first(&run_queue, struct task, run);
	dequeue(t);
	return t;
}

/* On the new task's stack, interrupts masked: what the previous one could not do itself. */
static void finish_switch(void)
{
	struct task *t = dead_task;

	dead_task = NULL;
	if (t)
		task_free(t);
}

static void switch_to(struct task *next)
{
	struct task *prev = current;
	uint64_t now = machine_now();

	account(prev, now);
	next->run_since = now;
	next->slice_end = now + SLICE_NS;
	sched_need_resched = false;
	if (next == prev)
		return;
	bug_on(*(uint32_t *)prev->stack != STACK_CANARY);
	if (prev->state == TASK_DEAD)
		dead_task = prev;
	if (next != &idle_task)
		timer_tick_start(now + TICK_NS);
	switch_count++;
	current_task = next;
	machine_switch(&prev->thread, &next->thread, next->stack,
		       next->mm ? next->mm->space : NULL);
	finish_switch();
}

/* Preempted threads stay on the queue even when they were about to sleep: they will test again. */
static void give_way(bool preempted)
{
	unsigned long state = irq_save();
	struct task *prev = current;

	if (prev != &idle_task && !prev->queued && (preempted || prev->state == TASK_RUNNABLE)) {
		account(prev, machine_now());
		enqueue(prev);
	}
	switch_to(pick_next());
	irq_restore(state);
}

void schedule(void)
{
	bug_on(current->preempt_count);
	give_way(false);
}

void cond_resched(void)
{
	if (sched_need_resched && !current->preempt_count)
		give_way(true);
}

void task_yield(void)
{
	unsigned long state = irq_save();

	if (!list_empty(&run_queue))
		current->virtual_time =
			max(current->virtual_time,
			    list_entry(run_queue.prev, struct task, run)->virtual_time);
	irq_restore(state);
	give_way(true);
}

_Noreturn void sched_exit(void)
{
	irq_save();
	current->state = TASK_DEAD;
	give_way(false);
	panic("a dead task ran on");
}

void kernel_thread_begin(void)
{
	finish_switch();
	irq_restore(0);
	if (!current->kthread)
		proc_task_begin();
}

void kernel_preempt(void)
{
	if (sched_need_resched && !current->preempt_count && current->kthread)
		give_way(true);
}

/* A result that a program must never see: its system call is to be repeated, or to fail. */
static bool wants_restart(const struct regs *regs)
{
	int number;
	long result;

	return machine_regs_syscall(regs, &number, &result) && result <= -ERESTARTSYS &&
	       result >= -ERESTART_BLOCK;
}

void kernel_return_to_user(struct regs *regs)
{
	for (;;) {
		if (sched_need_resched)
			give_way(true);
		if (!signal_work(current) && !wants_restart(regs))
			return;
		irq_restore(0);
		signal_deliver(regs);
		irq_save();
	}
}

/* ---- The tick ---- */

static bool in_user_mode;

void kernel_interrupt_begin(bool user)
{
	in_user_mode = user;
	random_stir(machine_entropy());
}

void kernel_interrupt_end(void)
{
	in_user_mode = false;
}

void sched_tick(uint64_t now)
{
	static uint64_t last;
	struct task *t = current;
	/* Ticks come late on a busy host; after an idle time only one is due. */
	uint64_t since = min(now - last, 4 * TICK_NS);

	last = now;
	if (t == &idle_task)
		return;
	account(t, now);
	t->ticks++;
	t->ticks_user += in_user_mode;
	t->user_time = t->run_time / t->ticks * t->ticks_user;
	itimer_tick(t->proc, since, in_user_mode);
	if (run_count && now >= t->slice_end)
		sched_need_resched = true;
	timer_tick_start(now + TICK_NS);
}

/* Averages over 1, 5 and 15 minutes: each sample of 5 s fades by exp(-5/60n). */
static void load_sample(struct timer *timer)
{
	static const uint32_t fade[3] = { 60296, 64453, 65172 }; /* of 65536 */
	uint64_t n = (uint64_t)task_running_count() << 16;
	unsigned i;

	for (i = 0; i < 3; i++)
		load[i] = (load[i] * fade[i] + n * (65536 - fade[i])) >> 16;
	timer_arm(timer, machine_now() + LOAD_PERIOD);
}

void sched_loadavg(uint64_t avg[3])
{
	memcpy(avg, load, sizeof(load));
}

unsigned task_running_count(void)
{
	return run_count + (current != &idle_task);
}

uint64_t sched_idle_time(void)
{
	return idle_time;
}

uint64_t sched_switch_count(void)
{
	return switch_count;
}

/* ---- The idle thread ---- */

void sched_init(void)
{
	void *stack = __builtin_frame_address(0);

	idle_task.stack = (void *)align_down((unsigned long)stack, KERNEL_STACK_SIZE);
	*(uint32_t *)idle_task.stack = STACK_CANARY;
	idle_task.kthread = true;
	task_set_name(&idle_task, "idle");
	idle_task.run_since = machine_now();
	timer_init(&load_timer, load_sample);
	timer_arm(&load_timer, machine_now() + LOAD_PERIOD);
}

_Noreturn void sched_idle(void)
{
	for (;;) {
		irq_save();
		if (sched_need_resched || !list_empty(&run_queue)) {
			give_way(false);
			irq_restore(0);
			continue;
		}
		machine_idle();
	}
}
