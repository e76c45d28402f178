/* SPDX-License-Identifier: MIT */
/*
 * Guests' text: what they print by console_io, and what is typed for domain 0.
 *
 * Output goes out as it is (a line feed becomes CR LF on the serial line), and the last of it is kept
 * for each domain: its crash report ends with it. Lines of unprivileged domains begin with the
 * domain's number, since several share one line; such a domain's text goes out whole lines at a time,
 * without control characters: it must not move the cursor under another's text.
 * Lock: console.
 */
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/console_ring.h"
#include "domain/domain.h"
#include "event/event.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

#define LINE_MAX  256
#define TAIL_SIZE 1024
#define INPUT_MAX 16384

struct console_guest {
	char line[LINE_MAX]; /* of an unprivileged domain, not yet printed */
	size_t used;
	char tail[TAIL_SIZE];
	size_t tail_next; /* counts for ever */
};

static char input[INPUT_MAX];
static size_t input_head, input_tail; /* count for ever; written by the console softirq */

static struct console_guest *console_of(struct domain *d)
{
	if (!d->console)
		d->console = kalloc(sizeof(*d->console));
	return d->console;
}

static void keep(struct console_guest *c, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c->tail[c->tail_next++ % TAIL_SIZE] = text[i];
}

static void flush_line(struct domain *d, struct console_guest *c)
{
	char prefix[16];
	int n = snprintf(prefix, sizeof(prefix), "(d%u) ", d->id);

	console_emit(prefix, (size_t)n);
	console_emit(c->line, c->used);
	console_emit("\n", 1);
	c->used = 0;
}

static void collect_lines(struct domain *d, struct console_guest *c, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n' || c->used == LINE_MAX)
			flush_line(d, c);
		if ((text[i] >= ' ' && text[i] <= '~') || text[i] == '\t')
			c->line[c->used++] = text[i];
	}
}

void console_guest_write(struct domain *d, const char *text, size_t n)
{
	struct console_guest *c = console_of(d);

	spin_lock(&console_lock);
	if (d->privileged || !c)
		console_emit(text, n);
	else
		collect_lines(d, c, text, n);
	if (c)
		keep(c, text, n);
	spin_unlock(&console_lock);
}

void console_guest_tail(struct domain *d)
{
	struct console_guest *c = d->console;
	size_t from;

	if (!c || !c->tail_next)
		return;
	log_error("d%u printed last:", d->id);
	spin_lock(&console_lock);
	if (c->used)
		flush_line(d, c);
	from = c->tail_next > TAIL_SIZE ? c->tail_next - TAIL_SIZE : 0;
	for (; from < c->tail_next; from++)
		console_emit(&c->tail[from % TAIL_SIZE], 1);
	console_emit("\n", 1);
	spin_unlock(&console_lock);
}

/* Only domain 0 has a keyboard here. */
size_t console_guest_read(struct domain *d, char *buf, size_t n)
{
	size_t done = 0;

	if (!d->privileged)
		return 0;
	spin_lock(&console_lock);
	while (done < n && input_head != input_tail)
		buf[done++] = input[input_head++ % INPUT_MAX];
	spin_unlock(&console_lock);
	return done;
}

static void type_to_dom0(struct domain *d, char c)
{
	spin_lock(&console_lock);
	if (input_tail - input_head < INPUT_MAX)
		input[input_tail++ % INPUT_MAX] = c;
	spin_unlock(&console_lock);
	virq_send_global(d, VIRQ_CONSOLE);
}

/* In a machine without domain 0 the first domain has the keyboard, by its console ring. */
void guest_typed(char c)
{
	struct domain *d = domain_get(0);

	if (d)
		type_to_dom0(d, c);
	else if ((d = domain_get(1)) != NULL)
		console_ring_type(d, c);
	if (d)
		domain_put(d);
}

void guest_describe_current(void)
{
	const struct cpu_user_regs *r = guest_regs();
	const struct vcpu *v = current;

	if (!v || v->domain->id >= DOMID_FIRST_RESERVED)
		return;
	log_error("current: d%uv%u, in %s; its cs:rip %04x:%016lx rsp %016lx", v->domain->id, v->id,
		  v->call_name ? v->call_name : "no hypercall", r->cs, r->rip, r->rsp);
}
