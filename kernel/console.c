/* SPDX-License-Identifier: MIT */
/*
 * From the machine's console to the terminal: a thread, so that the terminal may take its time. The same
 * interrupt says that something was typed and that there is room for output.
 */
#include "kernel.h"
#include "console.h"
#include "fs.h"
#include "proc.h"

static struct waitq typed = WAITQ_INIT(typed);
static volatile bool waiting = true; /* something may be there already */

void kernel_console_input(void)
{
	waiting = true;
	waitq_wake(&typed);
}

static void console_thread(void *arg)
{
	char buf[64];
	size_t n;

	(void)arg;
	for (;;) {
		wait_event(&typed, waiting);
		waiting = false;
		while ((n = machine_console_read(buf, sizeof(buf))))
			tty_input(buf, n);
		tty_console_room();
	}
}

void console_start(void)
{
	if (!kthread_create("console", console_thread, NULL))
		panic("no memory for the console's thread");
}
