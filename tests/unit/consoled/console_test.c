/* SPDX-License-Identifier: MIT */
/* Whole consoles on the host's pseudo-terminals: readers that come, go and sleep, logs, hostile guests. */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "fakes.h"

static char folder[] = "/tmp/consoledXXXXXX";

static struct console *begin(void)
{
	struct console *c = console_new(7);

	memset(&fake_ring, 0, sizeof(fake_ring));
	fake_tty[0] = 0;
	fake_ring_ref = "1234";
	console_update(c);
	assert_non_null(c->ring);
	assert_true(c->ready && fake_tty[0] && fake_bound == 1 && fake_mapped == 1);
	return c;
}

static void end(struct console *c)
{
	console_end(c);
	c->attached = false;
	assert_true(console_ended(c));
	console_free(c);
	assert_true(!fake_bound && !fake_mapped && !consoles);
}

/* As much of it as the ring has room for. */
static size_t print(const char *text, size_t n)
{
	size_t done = 0;

	while (done < n && fake_ring.out_prod - fake_ring.out_cons < sizeof(fake_ring.out))
		fake_ring.out[fake_ring.out_prod++ % sizeof(fake_ring.out)] = text[done++];
	return done;
}

static void turns(struct console *c)
{
	c->ready = true;
	c->turns = 0;
	while (console_turn(c))
		;
}

static void to_log_and_reader(void **state)
{
	struct console *c = begin();
	char buf[64] = { 0 }, path[128];
	int tty, log;

	(void)state;
	print("early\n", 6);
	turns(c);
	assert_int_equal(fake_ring.out_cons, 6);
	assert_true(fake_unmasked && fake_notified);
	tty = open(fake_tty, O_RDWR | O_NOCTTY);
	assert_true(tty >= 0);
	c->attached = true;
	console_show(c);
	assert_int_equal(read(tty, buf, sizeof(buf)), 6);
	assert_string_equal(buf, "early\n");

	/* The other way: not a byte is changed or echoed. */
	assert_int_equal(write(tty, "a\r\003\n", 4), 4);
	console_typed(c);
	assert_int_equal(fake_ring.in_prod, 4);
	assert_memory_equal(fake_ring.in, "a\r\003\n", 4);
	close(tty);
	end(c);
	snprintf(path, sizeof(path), "%s/guest-we_ird_name.log", folder);
	log = open(path, O_RDONLY);
	assert_true(log >= 0);
	assert_true(read(log, buf, sizeof(buf)) > 6);
	assert_memory_equal(buf, "early\n[the guest is gone]\n", 26);
	close(log);
	unlink(path);
}

/* Nobody reads: the guest goes on, and who comes late gets the end of it. */
static void nobody(void **state)
{
	struct console *c = begin();
	char line[16], *all = calloc(1, 65536), *p;
	size_t got = 0;
	ssize_t n;
	int tty;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "%06d\n", i);
		while (fake_ring.out_prod - fake_ring.out_cons > sizeof(fake_ring.out) - 7)
			turns(c);
		assert_int_equal(print(line, 7), 7);
	}
	turns(c);
	tty = open(fake_tty, O_RDWR | O_NOCTTY | O_NONBLOCK);
	c->attached = true;
	for (int i = 0; i < 1000 && history_unread(&c->history); i++) {
		console_show(c);
		while ((n = read(tty, all + got, 65535 - got)) > 0)
			got += (size_t)n;
	}
	while ((n = read(tty, all + got, 65535 - got)) > 0)
		got += (size_t)n;
	assert_int_equal(got, HISTORY_SIZE);
	p = memchr(all, '\n', got);
	for (int i = atoi(p + 1); i < 20000; i++, p += 7)
		assert_int_equal(atoi(p + 1), i);
	assert_memory_equal(all + got - 7, "019999\n", 7);
	close(tty);
	free(all);
	end(c);
}

/* A reader that is slow gets all of it; one that sleeps stops nobody for long. */
static void slow_reader(void **state)
{
	struct console *c = begin();
	unsigned long printed = 0, seen = 0;
	int tty = open(fake_tty, O_RDWR | O_NOCTTY | O_NONBLOCK);
	char buf[100], x;
	uint64_t began;

	(void)state;
	c->attached = true;
	while (printed < 300000) {
		ssize_t n;

		while (printed < 300000 && (x = (char)(printed * 11), print(&x, 1)))
			printed++;
		turns(c);
		n = read(tty, buf, sizeof(buf));
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(buf[i], (char)(seen++ * 11));
		console_show(c);
	}
	assert_true(seen > 100000);
	/* From here on nobody reads: it goes on once the patience is over. */
	for (began = now_ms(); fake_ring.out_cons <= 400000 && now_ms() - began < 60000;) {
		while (print("x", 1))
			;
		turns(c);
	}
	assert_true(fake_ring.out_cons > 400000);
	close(tty);
	end(c);
}

static void hostile(void **state)
{
	struct console *c = begin();

	(void)state;
	fake_ring.out_prod = 5000;
	turns(c);
	assert_null(c->ring);
	assert_true(c->refused && !fake_bound && !fake_mapped);
	console_update(c); /* the same ring again: no */
	assert_null(c->ring);
	memset(&fake_ring, 0, sizeof(fake_ring));
	fake_ring_ref = "1235";
	console_update(c);
	assert_non_null(c->ring);
	fake_ring.in_prod = 0x80000000u;
	turns(c);
	assert_null(c->ring);
	fake_ring_ref = "rubbish";
	console_update(c);
	assert_null(c->ring);
	end(c);
}

/* However much it prints, a guest gets its turns and no more until the next period. */
static void flood(void **state)
{
	struct console *c = begin();
	unsigned rounds = 0, unmasked = fake_unmasked;

	(void)state;
	do
		while (print("y", 1))
			;
	while (console_turn(c) && ++rounds < 1000);
	assert_true(c->at_limit && c->ready);
	assert_int_equal(rounds, PERIOD_TURNS);
	assert_int_equal(fake_unmasked, unmasked);
	c->turns = 0;
	assert_true(console_turn(c));
	end(c);
}

static size_t size_of(const char *name)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return stat(path, &st) ? 0 : (size_t)st.st_size;
}

static void logs_are_bounded(void **state)
{
	struct log l;

	(void)state;
	log_limit = 1000;
	log_open(&l, "../big");
	for (int i = 0; i < 1000; i++)
		log_write(&l, "0123456789\n", 11);
	assert_true(size_of("guest-.._big.log") < 1100);
	assert_in_range(size_of("guest-.._big.log.1"), 1000, 1100);
	for (int i = 0; i < 1000; i++)
		log_write(&l, "endless line ", 13);
	assert_true(size_of("guest-.._big.log") < 2100);
	log_timestamps = true;
	log_write(&l, "\nnow\n", 5);
	log_timestamps = false;
	log_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_log_and_reader),
		cmocka_unit_test(nobody),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(hostile),
		cmocka_unit_test(flood),
		cmocka_unit_test(logs_are_bounded),
	};
	char command[64];
	int rc;

	log_folder = mkdtemp(folder);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) ? 1 : rc;
}
