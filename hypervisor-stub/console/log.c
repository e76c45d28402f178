/* SPDX-License-Identifier: MIT */
/*
 * The log: lines with a time and a level, to the consoles that `console=` names and to a ring.
 *
 * loglvl= and guest_loglvl= have Xen's syntax: a level (none, error, warning, info, debug, all), or
 * LEVEL/LIMITED where lines between the two are rate limited. The ring keeps the last of it, so that the
 * screen, which comes later than the serial line, shows what was said before.
 *
 * Lock: console, for the devices and the ring. Nobody is called while it is held.
 */
#include "boot/options.h"
#include "console/internal.h"
#include "cpu/cpu.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "time/timer.h"

#define LINE_MAX  512
#define RING_SIZE 16384 /* a power of two */

/* Guests' lines below LOG_ERROR: so many at once, then one each so often. */
#define RATE_BURST    50
#define RATE_INTERVAL MS(100)

struct levels {
	int always, limited; /* highest level that is printed, and that is printed if rate allows */
};

static struct levels hv_levels = { LOG_INFO, LOG_INFO };
static struct levels guest_levels = { LOG_ERROR, LOG_WARNING };
static bool to_uart, to_vga;

struct spinlock console_lock = SPINLOCK_INIT(LOCK_CONSOLE);

static char ring[RING_SIZE];
static size_t ring_next; /* counts for ever */

static struct {
	unsigned int tokens, dropped;
	stime_t filled;
} rate = { .tokens = RATE_BURST };

/* ---- out --------------------------------------------------------------------------------------- */

void console_emit(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		ring[ring_next++ % RING_SIZE] = c;
		if (to_uart) {
			if (c == '\n')
				uart_putc('\r');
			uart_putc(c);
		}
		if (to_vga)
			vga_putc(c);
	}
}

void console_break_lock(void)
{
	console_lock.taken = 0;
	hv_levels.always = LOG_DEBUG;
	to_vga = true;
}

/* "[    1.234567] (level or guest) text": the prefix is in `buf` up to `at`. */
static void print_line(char *buf, size_t at, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf + at, LINE_MAX - at - 1, fmt, ap);

	at += n < 0 ? 0 : min((size_t)n, LINE_MAX - at - 2);
	buf[at++] = '\n';
	spin_lock(&console_lock);
	console_emit(buf, at);
	spin_unlock(&console_lock);
}

static size_t put_time(char *buf)
{
	stime_t t = now();

	return (size_t)snprintf(buf, LINE_MAX, "[%5llu.%06llu] ",
				(unsigned long long)(t / 1000000000),
				(unsigned long long)(t / 1000 % 1000000));
}

/* A token a tenth of a second. *dropped: how many lines did not pass before this one. */
static bool take_token(unsigned int *dropped)
{
	stime_t t = now();
	bool there;

	spin_lock(&console_lock);
	while (rate.tokens < RATE_BURST && t - rate.filled >= RATE_INTERVAL && t > rate.filled) {
		rate.tokens++;
		rate.filled += RATE_INTERVAL;
	}
	if (rate.tokens == RATE_BURST)
		rate.filled = t;
	there = rate.tokens;
	*dropped = there ? rate.dropped : 0;
	rate.dropped = there ? 0 : rate.dropped + 1;
	rate.tokens -= there;
	spin_unlock(&console_lock);
	return there;
}

/* Says how much was dropped when it begins to pass again. */
static bool rate_allows(void)
{
	unsigned int dropped;

	if (!take_token(&dropped))
		return false;
	if (dropped)
		log_hv(LOG_WARNING, "%u lines about guests were dropped (too many at once)",
		       dropped);
	return true;
}

static bool passes(const struct levels *l, enum log_level level)
{
	if ((int)level <= l->always)
		return true;
	return (int)level <= l->limited && rate_allows();
}

void log_hv(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = { "error: ", "warning: ", "", "" };
	char buf[LINE_MAX];
	size_t at;
	va_list ap;

	if (!passes(&hv_levels, level))
		return;
	at = put_time(buf);
	at += strlcpy(buf + at, names[level], LINE_MAX - at);
	va_start(ap, fmt);
	print_line(buf, at, fmt, ap);
	va_end(ap);
}

void log_with_prefix(const char *prefix, const char *fmt, va_list ap)
{
	char buf[LINE_MAX];
	size_t at = put_time(buf);

	at += strlcpy(buf + at, prefix, LINE_MAX - at);
	print_line(buf, min(at, (size_t)LINE_MAX - 2), fmt, ap);
}

bool log_guest_wanted(enum log_level level)
{
	return passes(&guest_levels, level);
}

/* ---- settings ------------------------------------------------------------------------------------ */

static int level_of(const char *name, size_t n)
{
	/* clang-format off */
	static const struct { const char *name; int level; } known[] = {
		{ "none", -1 }, { "error", LOG_ERROR }, { "warning", LOG_WARNING },
		{ "info", LOG_INFO }, { "debug", LOG_DEBUG }, { "all", LOG_DEBUG },
	};
	/* clang-format on */

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == n && !strncmp(known[i].name, name, n))
			return known[i].level;
	return LOG_INFO;
}

static void read_levels(const char *option, struct levels *l)
{
	char value[32];
	const char *slash;

	if (!option_string(option, value, sizeof(value)))
		return;
	slash = strchr(value, '/');
	l->always = level_of(value, slash ? (size_t)(slash - value) : strlen(value));
	l->limited = slash ? level_of(slash + 1, strlen(slash + 1)) : l->always;
}

/* Is `word` in the comma-separated list? */
static bool list_has(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (*list) {
		const char *comma = strchr(list, ',');
		size_t len = comma ? (size_t)(comma - list) : strlen(list);

		if (len == n && !strncmp(list, word, n))
			return true;
		list += len + (comma != NULL);
	}
	return false;
}

void console_init(void)
{
	char devices[64], settings[64];

	read_levels("loglvl", &hv_levels);
	read_levels("guest_loglvl", &guest_levels);
	if (!option_string("console", devices, sizeof(devices)))
		strlcpy(devices, "com1,vga", sizeof(devices));
	if (list_has(devices, "com1"))
		to_uart = uart_init(option_string("com1", settings, sizeof(settings)) ? settings
										      : NULL);
	to_vga = list_has(devices, "vga");
}

void console_show_screen(void)
{
	vga_init();
	if (to_vga && ring_next < RING_SIZE)
		for (size_t i = 0; i < ring_next; i++)
			vga_putc(ring[i]);
}

void console_release_screen(void)
{
	char value[16];

	if (option_string("vga", value, sizeof(value)) && list_has(value, "keep"))
		return;
	to_vga = false;
}

/* ---- the ring ------------------------------------------------------------------------------------ */

size_t console_ring_read(char *buf, size_t n, size_t *from)
{
	size_t oldest = ring_next > RING_SIZE ? ring_next - RING_SIZE : 0, done = 0;

	spin_lock(&console_lock);
	*from = max(*from, oldest);
	while (done < n && *from < ring_next)
		buf[done++] = ring[(*from)++ % RING_SIZE];
	spin_unlock(&console_lock);
	return done;
}
