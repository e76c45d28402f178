/* SPDX-License-Identifier: MIT */
/*
 * The end that somebody outside wants: a toolstack, a power button.
 *
 * Process 1 is asked as busybox's poweroff and reboot ask it, by a signal; it knows what has to be stopped in
 * which order. One that has no handler for that signal and does not wait for it either (blocked, sigtimedwait(2):
 * busybox's init) is no init: then what is in memory goes to the disks, and the machine ends at once.
 */
#include "cache.h"
#include "kernel.h"
#include "proc.h"
#include "signal.h"

static bool listens(int sig)
{
	struct task *t;
	bool yes;

	spin_lock(&proc_lock);
	t = proc_init ? proc_init->leader : NULL;
	yes = t && t->sighand &&
	      ((t->blocked | t->awaited) & SIGMASK(sig) ||
	       (t->sighand->action[sig - 1].handler != SIG_DFL &&
		t->sighand->action[sig - 1].handler != SIG_IGN));
	spin_unlock(&proc_lock);
	return yes;
}

void kernel_end(bool reboot)
{
	int sig = reboot ? SIGTERM : SIGUSR2;

	if (listens(sig) && !signal_send(proc_init, sig, NULL))
		return;
	printk("process 1 does not know how to end the system: written to disk and ended\n");
	cache_sync_all();
	if (reboot)
		machine_reboot();
	machine_poweroff();
}
