/* SPDX-License-Identifier: MIT */
/*
 * Messages of the kernel: to the console at once, and kept in a ring for those who come later.
 *
 * Usable from any context, also before anything else is set up. The ring is guarded by masking
 * interrupts; a panic goes past every lock.
 */
#include "kernel.h"
#include "lock.h"
#include "timer.h"

#define LOG_SIZE 8192u

static char log[LOG_SIZE];
static uint32_t log_end; /* bytes ever written */
static bool line_start = true, have_clock;

static void log_put(const char *s, size_t n)
{
	while (n--)
		log[log_end++ % LOG_SIZE] = *s++;
}

void printk_clock_ready(void)
{
	have_clock = true;
}

static void put(const char *s, size_t n)
{
	log_put(s, n);
	machine_console_write(s, n);
}

static void put_stamp(void)
{
	char stamp[24];
	uint64_t us = have_clock ? machine_now() / NSEC_PER_US : 0;

	put(stamp, snprintf(stamp, sizeof(stamp), "[%5u.%06u] ", (unsigned)(us / 1000000),
			    (unsigned)(us % 1000000)));
}

void vprintk(const char *fmt, va_list ap)
{
	static char buf[256];
	unsigned long state = irq_save();
	int n = vsnprintf(buf, sizeof(buf), fmt, ap);

	if (n >= (int)sizeof(buf))
		n = sizeof(buf) - 1;
	if (n > 0) {
		if (line_start)
			put_stamp();
		put(buf, n);
		line_start = buf[n - 1] == '\n';
	}
	irq_restore(state);
}

void printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintk(fmt, ap);
	va_end(ap);
}

size_t printk_copy(char *buf, size_t size)
{
	unsigned long state = irq_save();
	size_t have = log_end < LOG_SIZE ? log_end : LOG_SIZE, n = min(have, size), i;

	for (i = 0; i < n; i++)
		buf[i] = log[(log_end - n + i) % LOG_SIZE];
	irq_restore(state);
	return n;
}

_Noreturn void panic(const char *fmt, ...)
{
	static bool again;
	va_list ap;

	irq_save();
	if (again)
		machine_crash();
	again = true;
	printk("kernel panic: ");
	va_start(ap, fmt);
	vprintk(fmt, ap);
	va_end(ap);
	printk("\n");
	machine_backtrace(NULL);
	machine_crash();
}
