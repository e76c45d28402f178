/* SPDX-License-Identifier: MIT */
/*
 * Keys typed on the serial line: to domain 0, or to the hypervisor.
 *
 * Ctrl-a three times switches between the two, as in Xen. What reads them: the UART's interrupt
 * moves characters into a small ring and raises a softirq; the rest happens there.
 */
#include "console/internal.h"
#include "cpu/cpu.h"
#include "cpu/traps.h"
#include "cpu/irq.h"
#include "time/timer.h"

#define SWITCH_KEY   1 /* Ctrl-a */
#define SWITCH_TIMES 3
#define TYPED_MAX    1024
#define BURST_MAX    64 /* four times the UART's FIFO */
#define KEYS	     64

static char typed[TYPED_MAX];
static _Atomic unsigned int typed_head,
	typed_tail; /* count for ever; tail: interrupt, head: softirq */

static struct {
	char key;
	const char *help;
	void (*run)(void);
} keys[KEYS];
static unsigned int key_count;

static bool to_hypervisor;
static unsigned int switch_count;

void debug_key(char key, const char *help, void (*run)(void))
{
	if (key_count == KEYS) {
		log_warning("no room for debug key '%c'", key);
		return;
	}
	keys[key_count].key = key;
	keys[key_count].help = help;
	keys[key_count++].run = run;
}

void debug_key_press(char c)
{
	for (unsigned int i = 0; i < key_count; i++) {
		if (keys[i].key == c) {
			log_info("'%c': %s", c, keys[i].help);
			keys[i].run();
			return;
		}
	}
	log_info("no debug key '%c'; 'h' lists them", c >= ' ' && c <= '~' ? c : '?');
}

static void list_keys(void)
{
	for (unsigned int i = 0; i < key_count; i++)
		log_info("  %c  %s", keys[i].key, keys[i].help);
}

/* The switch keys themselves reach nobody, unless fewer than three come in a row. */
static void input_char(char c)
{
	if (c == SWITCH_KEY) {
		if (++switch_count < SWITCH_TIMES)
			return;
		switch_count = 0;
		to_hypervisor = !to_hypervisor;
		log_info("keys go to %s (Ctrl-a three times switches)",
			 to_hypervisor ? "Ringmaster" : "domain 0");
		return;
	}
	for (; switch_count; switch_count--)
		if (!to_hypervisor)
			guest_typed(SWITCH_KEY);
	if (to_hypervisor)
		debug_key_press(c);
	else
		guest_typed(c);
}

/* Interrupt context: no lock, no log. A line that always says "ready" must not keep us here. */
static void uart_interrupt(void)
{
	char c;

	for (unsigned int i = 0; i < BURST_MAX && uart_getc(&c); i++)
		if (typed_tail - typed_head < TYPED_MAX)
			typed[typed_tail++ % TYPED_MAX] = c;
	softirq_raise(SOFTIRQ_CONSOLE);
}

/* At most one line a second: a stuck button must not fill the log. What is left waits for the next. */
static void report_nmis(void)
{
	static stime_t not_before;
	const char *source;
	unsigned int n;

	if (now() < not_before)
		return;
	n = nmi_take(&source);
	if (!n)
		return;
	log_warning("%u NMI%s (%s)", n, n == 1 ? "" : "s", source);
	not_before = now() + MS(1000);
}

static void console_softirq(void)
{
	report_nmis();
	while (typed_head != typed_tail) {
		char c = typed[typed_head % TYPED_MAX];

		typed_head++;
		input_char(c);
	}
}

static void reboot_key(void)
{
	machine_reboot();
}

void console_start_input(void)
{
	debug_key('h', "list the debug keys", list_keys);
	debug_key('R', "reset the machine", reboot_key);
	softirq_register(SOFTIRQ_CONSOLE, console_softirq);
	irq_isa_enable(IRQ_COM1, uart_interrupt);
	uart_interrupts_on();
}
