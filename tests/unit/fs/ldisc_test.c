/* SPDX-License-Identifier: MIT */
/*
 * The line discipline, key by key: what is echoed, what a reader gets, which signals are asked for.
 *
 * The expected echoes were taken from a Linux terminal with the same settings.
 */
#include "fake.h"
#include "signal.h"
#include "tty/ldisc.h"
#include <stdlib.h>

static struct ldisc l;
static char echo[65536];
static size_t echoed;
static unsigned signals, flushes;

static void out(struct ldisc *ld, const uint8_t *text, size_t n)
{
	assert_ptr_equal(ld, &l);
	assert_true(echoed + n < sizeof(echo));
	memcpy(echo + echoed, text, n);
	echoed += n;
	echo[echoed] = '\0';
}

static void note_signal(struct ldisc *ld, int sig)
{
	assert_ptr_equal(ld, &l);
	signals |= 1u << sig;
}

static void note_flush(struct ldisc *ld)
{
	assert_ptr_equal(ld, &l);
	flushes++;
}

static const struct ldisc_ops ops = { out, note_signal, note_flush };

static int setup(void **state)
{
	(void)state;
	ldisc_init(&l, &ops);
	echoed = 0;
	echo[0] = '\0';
	signals = flushes = 0;
	return 0;
}

static void type(const char *keys)
{
	ldisc_input(&l, (const uint8_t *)keys, strlen(keys));
}

/* Types, and compares the echo of just these keys. */
static void expect_echo(const char *keys, const char *expected)
{
	echoed = 0;
	echo[0] = '\0';
	type(keys);
	assert_string_equal(echo, expected);
}

static void expect_read(const char *expected)
{
	char buf[LDISC_BUF + 1];
	size_t n;

	assert_true(ldisc_ready(&l, 1));
	n = ldisc_read(&l, (uint8_t *)buf, LDISC_BUF);
	buf[n] = '\0';
	assert_string_equal(buf, expected);
}

static void set_flags(uint32_t clear, uint32_t set)
{
	struct termios t = l.t;

	t.c_lflag = (t.c_lflag & ~clear) | set;
	ldisc_set(&l, &t);
}

static void set_input(uint32_t clear, uint32_t set)
{
	struct termios t = l.t;

	t.c_iflag = (t.c_iflag & ~clear) | set;
	ldisc_set(&l, &t);
}

static void a_line_is_read_when_it_ends(void **state)
{
	(void)state;
	expect_echo("ab", "ab");
	assert_false(ldisc_ready(&l, 1));
	assert_int_equal(ldisc_pending(&l), 0);
	expect_echo("c\r", "c\r\n");
	assert_int_equal(ldisc_pending(&l), 4);
	expect_read("abc\n");
	assert_false(ldisc_ready(&l, 1));
}

static void one_read_takes_one_line(void **state)
{
	char buf[3];

	(void)state;
	type("one\ntwo\n");
	assert_int_equal(ldisc_read(&l, (uint8_t *)buf, 3), 3);
	assert_memory_equal(buf, "one", 3);
	expect_read("\n");
	expect_read("two\n");
}

static void erase_takes_characters_back(void **state)
{
	(void)state;
	expect_echo("abc\x7f", "abc\b \b");
	expect_echo("\x7f\x7f", "\b \b\b \b");
	expect_echo("\x7f", ""); /* nothing left, no bell */
	type("x\n");
	expect_read("x\n");
}

static void erase_stops_at_the_line_before(void **state)
{
	(void)state;
	type("ab\n\x7f\x7f"
	     "c\n");
	expect_read("ab\n");
	expect_read("c\n");
}

static void control_characters_take_two_columns(void **state)
{
	(void)state;
	expect_echo("a\x01", "a^A");
	expect_echo("\x7f", "\b \b\b \b");
	expect_echo("\x7f", "\b \b");
}

static void tabs_are_erased_to_where_they_began(void **state)
{
	(void)state;
	expect_echo("ab\t", "ab\t");
	expect_echo("\x7f", "\b\b\b\b\b\b");
	expect_echo("\t\t\x7f", "\t\t\b\b\b\b\b\b\b\b");
	/* The program's prompt counts too. */
	type("\n");
	ldisc_output(&l, (const uint8_t *)"$ ", 2);
	expect_echo("a\t\x7f", "a\t\b\b\b\b\b");
}

static void word_erase_takes_a_word(void **state)
{
	(void)state;
	type("one two_2  ");
	expect_echo("\x17", "\b \b\b \b\b \b\b \b\b \b\b \b\b \b");
	type("x\n");
	expect_read("one x\n");
}

static void kill_takes_the_line(void **state)
{
	(void)state;
	type("first\nabc");
	expect_echo("\x15", "\b \b\b \b\b \b");
	type("d\n");
	expect_read("first\n");
	expect_read("d\n");
}

static void kill_without_echoke_starts_a_new_line(void **state)
{
	(void)state;
	set_flags(ECHOKE, 0);
	type("abc");
	expect_echo("\x15", "^U\r\n");
	type("d\n");
	expect_read("d\n");
}

static void utf8_is_erased_as_one_character(void **state)
{
	(void)state;
	set_input(0, IUTF8);
	expect_echo("a\xc3\xa4\x7f", "a\xc3\xa4\b \b");
	type("\n");
	expect_read("a\n");
}

static void literal_next_disarms_a_key(void **state)
{
	(void)state;
	expect_echo("\x16", "^\b");
	expect_echo("\x03", "^C");
	assert_int_equal(signals, 0);
	type("\n");
	expect_read("\x03\n");
}

static void reprint_shows_the_line_again(void **state)
{
	(void)state;
	type("abc");
	expect_echo("\x12", "^R\r\nabc");
}

static void eof_ends_a_line_without_a_character(void **state)
{
	char buf[8];

	(void)state;
	expect_echo("ab\x04", "ab");
	expect_read("ab");
	assert_false(ldisc_ready(&l, 1));
	type("\x04");
	assert_true(ldisc_ready(&l, 1));
	assert_int_equal(ldisc_pending(&l), 0);
	assert_int_equal(ldisc_read(&l, (uint8_t *)buf, sizeof(buf)), 0);
	assert_false(ldisc_ready(&l, 1));
}

/* A read that ends just in front of the mark takes it along: the next does not return 0. */
static void eof_behind_a_full_buffer_is_taken_along(void **state)
{
	char buf[2];

	(void)state;
	type("ab\x04"
	     "c\n");
	assert_int_equal(ldisc_read(&l, (uint8_t *)buf, 2), 2);
	expect_read("c\n");
}

static void signal_keys_ask_and_flush(void **state)
{
	(void)state;
	type("abc");
	expect_echo("\x03", "^C");
	assert_int_equal(signals, 1u << SIGINT);
	assert_int_equal(flushes, 1);
	type("d\n");
	expect_read("d\n");
	expect_echo("\x1a", "^Z");
	expect_echo("\x1c", "^\\");
	assert_int_equal(signals, 1u << SIGINT | 1u << SIGTSTP | 1u << SIGQUIT);
}

static void noflsh_keeps_what_was_typed(void **state)
{
	(void)state;
	set_flags(0, NOFLSH);
	type("abc\x03"
	     "d\n");
	assert_int_equal(signals, 1u << SIGINT);
	expect_read("abcd\n");
}

static void without_isig_keys_are_characters(void **state)
{
	(void)state;
	set_flags(ISIG, 0);
	type("\x03\n");
	assert_int_equal(signals, 0);
	expect_read("\x03\n");
}

static void without_echo_only_echonl_shows(void **state)
{
	(void)state;
	set_flags(ECHO, 0);
	expect_echo("secret\x7f\x15\n", "");
	set_flags(0, ECHONL);
	expect_echo("x\n", "\r\n");
}

static void raw_mode_gives_every_character(void **state)
{
	(void)state;
	set_flags(ICANON | ECHO | ISIG | IEXTEN, 0);
	set_input(ICRNL | IXON, 0);
	expect_echo("\x03\x7f\r\x04\x13", "");
	assert_false(ldisc_ready(&l, 6));
	assert_true(ldisc_ready(&l, 5));
	assert_int_equal(ldisc_pending(&l), 5);
	expect_read("\x03\x7f\r\x04\x13");
}

static void going_raw_makes_the_open_line_readable(void **state)
{
	(void)state;
	type("abc");
	assert_false(ldisc_ready(&l, 1));
	set_flags(ICANON, 0);
	expect_read("abc");
}

static void going_canonical_makes_what_waits_a_line(void **state)
{
	(void)state;
	set_flags(ICANON, 0);
	type("abc");
	set_flags(0, ICANON);
	type("d\n");
	expect_read("abc");
	expect_read("d\n");
}

static void flow_control_stops_and_starts(void **state)
{
	(void)state;
	expect_echo("\x13", "");
	assert_true(l.stopped);
	type("a");
	assert_true(l.stopped);
	type("\x11");
	assert_false(l.stopped);
	type("\x13");
	set_input(0, IXANY);
	type("b");
	assert_false(l.stopped);
	type("\x13\x03"); /* a signal starts it too */
	assert_false(l.stopped);
	type("\x13");
	set_input(IXON, 0);
	assert_false(l.stopped);
}

static void input_mapping(void **state)
{
	(void)state;
	set_input(ICRNL, INLCR);
	set_flags(ICANON, 0);
	type("a\nb\r");
	expect_read("a\rb\r");
	set_input(0, IGNCR);
	type("\rc\r");
	expect_read("c");
	set_input(IGNCR | INLCR, ISTRIP | IUCLC);
	type("\xc1"
	     "B");
	expect_read("ab");
	set_input(ISTRIP | IUCLC, PARMRK);
	type("\xff");
	expect_read("\xff\xff");
}

static void disabled_keys_match_nothing(void **state)
{
	struct termios t = l.t;
	const uint8_t nul[2] = { 0, '\n' };
	uint8_t buf[4];

	(void)state;
	memset(t.c_cc, 0, sizeof(t.c_cc));
	ldisc_set(&l, &t);
	ldisc_input(&l, nul, 2);
	assert_int_equal(ldisc_read(&l, buf, 4), 2);
	assert_int_equal(buf[0], 0);
}

static void extra_line_ends(void **state)
{
	struct termios t = l.t;

	(void)state;
	t.c_cc[VEOL] = ';';
	t.c_cc[VEOL2] = ':';
	ldisc_set(&l, &t);
	type("a;b:c\n");
	expect_read("a;");
	expect_read("b:");
	expect_read("c\n");
}

static void output_mapping(void **state)
{
	struct termios t = l.t;

	(void)state;
	ldisc_output(&l, (const uint8_t *)"a\nb", 3);
	assert_string_equal(echo, "a\r\nb");
	t.c_oflag = OPOST | ONLCR | XTABS;
	ldisc_set(&l, &t);
	echoed = 0;
	ldisc_output(&l, (const uint8_t *)"\r\tx\ty", 5);
	assert_string_equal(echo, "\r        x       y");
	t.c_oflag = OPOST | OCRNL | OLCUC | ONOCR;
	ldisc_set(&l, &t);
	echoed = 0;
	ldisc_output(&l, (const uint8_t *)"ab\r", 3);
	assert_string_equal(echo, "AB\n");
	t.c_oflag = 0;
	ldisc_set(&l, &t);
	echoed = 0;
	ldisc_output(&l, (const uint8_t *)"a\n\t", 3);
	assert_string_equal(echo, "a\n\t");
}

/* A line that is too long loses its end but can be ended. */
static void endless_lines_can_be_ended(void **state)
{
	static uint8_t buf[LDISC_BUF];

	(void)state;
	for (int i = 0; i < LDISC_BUF + 100; i++)
		type("x");
	assert_int_equal(ldisc_room(&l), 1);
	assert_false(ldisc_ready(&l, 1));
	type("\n");
	assert_int_equal(ldisc_read(&l, buf, sizeof(buf)), LDISC_BUF);
	assert_int_equal(buf[LDISC_BUF - 2], 'x');
	assert_int_equal(buf[LDISC_BUF - 1], '\n');
	type("y\n");
	expect_read("y\n");
}

static void raw_input_stops_when_full(void **state)
{
	static uint8_t buf[2 * LDISC_BUF];

	(void)state;
	set_flags(ICANON | ECHO, 0);
	for (int i = 0; i < LDISC_BUF + 100; i++)
		type("x");
	assert_int_equal(ldisc_room(&l), 0);
	assert_int_equal(ldisc_read(&l, buf, sizeof(buf)), LDISC_BUF);
	assert_false(ldisc_ready(&l, 1));
}

/* Any keys and any settings: the counters stay in order, and nothing is read or written outside. */
static void random_keys_and_settings(void **state)
{
	uint8_t buf[64];

	(void)state;
	srand(3);
	for (int i = 0; i < 200000; i++) {
		uint8_t key = (uint8_t)(rand() % 3 ? rand() % 32 : rand());

		ldisc_input(&l, &key, 1);
		if (rand() % 8 == 0)
			ldisc_read(&l, buf, (size_t)rand() % sizeof(buf));
		if (rand() % 50 == 0) {
			struct termios t = l.t;

			t.c_lflag ^= 1u << rand() % 16;
			t.c_iflag ^= 1u << rand() % 15;
			t.c_oflag ^= 1u << rand() % 13;
			t.c_cc[rand() % NCCS] = (uint8_t)rand();
			ldisc_set(&l, &t);
		}
		assert_true(l.head - l.tail <= LDISC_BUF);
		if (l.t.c_lflag & ICANON)
			assert_true(l.canon - l.tail <= l.head - l.tail);
		echoed = 0;
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_read_when_it_ends),
		TEST(one_read_takes_one_line),
		TEST(erase_takes_characters_back),
		TEST(erase_stops_at_the_line_before),
		TEST(control_characters_take_two_columns),
		TEST(tabs_are_erased_to_where_they_began),
		TEST(word_erase_takes_a_word),
		TEST(kill_takes_the_line),
		TEST(kill_without_echoke_starts_a_new_line),
		TEST(utf8_is_erased_as_one_character),
		TEST(literal_next_disarms_a_key),
		TEST(reprint_shows_the_line_again),
		TEST(eof_ends_a_line_without_a_character),
		TEST(eof_behind_a_full_buffer_is_taken_along),
		TEST(signal_keys_ask_and_flush),
		TEST(noflsh_keeps_what_was_typed),
		TEST(without_isig_keys_are_characters),
		TEST(without_echo_only_echonl_shows),
		TEST(raw_mode_gives_every_character),
		TEST(going_raw_makes_the_open_line_readable),
		TEST(going_canonical_makes_what_waits_a_line),
		TEST(flow_control_stops_and_starts),
		TEST(input_mapping),
		TEST(disabled_keys_match_nothing),
		TEST(extra_line_ends),
		TEST(output_mapping),
		TEST(endless_lines_can_be_ended),
		TEST(raw_input_stops_when_full),
		TEST(random_keys_and_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
