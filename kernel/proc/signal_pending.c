/* SPDX-License-Identifier: MIT */
/*
 * Signals that wait: a set of bits, and a list of details.
 *
 * An ordinary signal waits once, however often it is sent. Of real-time ones (from SIGRTMIN) every
 * single one is kept, in order. Details need memory; when there is none, or too many wait already,
 * the bit alone stays, and the signal comes without them. proc_lock guards everything.
 */
#include "signal_internal.h"

#define FAULT_SIGNALS                                                              \
	(SIGMASK(SIGSEGV) | SIGMASK(SIGBUS) | SIGMASK(SIGILL) | SIGMASK(SIGTRAP) | \
	 SIGMASK(SIGFPE) | SIGMASK(SIGSYS))
#define FIRST_REALTIME 32
#define WAITING_MAX    4096u

struct detail {
	struct list link;
	struct siginfo info;
};

static unsigned waiting_count; /* details in all lists */

static void detail_free(struct detail *d)
{
	list_del(&d->link);
	kfree(d);
	waiting_count--;
}

void pending_add(sigset64_t *set, struct list *details, int sig, const struct siginfo *info)
{
	struct detail *d;

	if (*set & SIGMASK(sig) && sig < FIRST_REALTIME)
		return;
	*set |= SIGMASK(sig);
	d = waiting_count < WAITING_MAX ? kmalloc(sizeof(*d)) : NULL;
	if (!d)
		return;
	d->info = info ? *info : (struct siginfo){ .code = SI_KERNEL };
	d->info.signo = sig;
	list_add_tail(details, &d->link);
	waiting_count++;
}

void pending_drop(sigset64_t *set, struct list *details, sigset64_t which)
{
	struct detail *d, *tmp;

	*set &= ~which;
	list_for_each_safe (d, tmp, details, link) {
		if (SIGMASK(d->info.signo) & which)
			detail_free(d);
	}
}

static int first_signal(sigset64_t set)
{
	uint32_t low = set;

	return low ? __builtin_ctz(low) + 1 : __builtin_ctz((uint32_t)(set >> 32)) + 33;
}

int pending_take(sigset64_t *set, struct list *details, sigset64_t wanted, struct siginfo *info)
{
	sigset64_t ready = *set & wanted;
	struct detail *d, *tmp;
	bool found = false;
	int sig;

	if (!ready)
		return 0;
	/* What the program caused itself comes first: its registers are still those of the fault. */
	sig = first_signal(ready & FAULT_SIGNALS ? ready & FAULT_SIGNALS : ready);
	*info = (struct siginfo){ .signo = sig, .code = SI_KERNEL };
	*set &= ~SIGMASK(sig);
	list_for_each_safe (d, tmp, details, link) {
		if (d->info.signo != sig)
			continue;
		if (found) {
			/* One more of the same waits. */
			*set |= SIGMASK(sig);
			break;
		}
		*info = d->info;
		detail_free(d);
		found = true;
	}
	return sig;
}

void pending_drop_everywhere(struct process *p, sigset64_t which)
{
	struct task *t;

	pending_drop(&p->pending, &p->pending_details, which);
	list_for_each (t, &p->threads, thread_link)
		pending_drop(&t->pending, &t->pending_details, which);
}

void signal_flush_task(struct task *t)
{
	pending_drop(&t->pending, &t->pending_details, ~0ull);
}

void signal_flush_process(struct process *p)
{
	pending_drop(&p->pending, &p->pending_details, ~0ull);
}
