/* SPDX-License-Identifier: MIT */
/*
 * Addresses as text: ours and the host's library say the same of every text that random letters make.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define inet_aton our_aton
#define inet_addr our_addr
#define inet_ntoa our_ntoa
#define inet_pton our_pton
#define inet_ntop our_ntop
int our_aton(const char *text, struct in_addr *to);
in_addr_t our_addr(const char *text);
char *our_ntoa(struct in_addr a);
int our_pton(int family, const char *text, void *to);
const char *our_ntop(int family, const void *from, char *to, socklen_t size);
#include "inet.c"
#undef inet_aton
#undef inet_addr
#undef inet_ntoa
#undef inet_pton
#undef inet_ntop

static const char *const known[] = { "10.0.2.15",
				     "0.0.0.0",
				     "255.255.255.255",
				     "256.1.1.1",
				     "1.2.3",
				     "1.2.3.4.5",
				     "01.2.3.4",
				     "1.2.3.04",
				     "0x7f.1",
				     "127.1",
				     "1.65536",
				     "1.65535",
				     "1.16777215",
				     "1.16777216",
				     "4294967295",
				     "4294967296",
				     "",
				     ".",
				     "1.",
				     "1..2",
				     "1.2.3.4 ",
				     "1.2.3.4x",
				     " 1.2.3.4",
				     "00.0.0.0",
				     "1.2.3.",
				     "-1.2.3.4",
				     "+1.2.3.4",
				     "08.1.1.1",
				     "99999999999999999999.1" };

static void compare(const char *text)
{
	struct in_addr a = { 1 }, b = { 1 };

	if (our_aton(text, &a) != inet_aton(text, &b))
		fail_msg("aton \"%s\"", text);
	assert_int_equal(a.s_addr, b.s_addr);
	assert_int_equal(our_addr(text), inet_addr(text));
	a.s_addr = b.s_addr = 1;
	assert_int_equal(our_pton(AF_INET, text, &a), inet_pton(AF_INET, text, &b));
	assert_int_equal(a.s_addr, b.s_addr);
}

static void texts(void **unused)
{
	static const char letters[] = "0123456789..xf ";
	unsigned seed = 1;
	char text[20];

	(void)unused;
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		compare(known[i]);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned n = 0, len = (seed = seed * 1103515245 + 12345) >> 16 & 15;

		for (; n < len; n++)
			text[n] = letters[((seed = seed * 1103515245 + 12345) >> 16) %
					  (sizeof(letters) - 1)];
		text[n] = '\0';
		compare(text);
	}
}

static void addresses(void **unused)
{
	char text[INET_ADDRSTRLEN], small[8];
	struct in_addr a;

	(void)unused;
	for (uint32_t v = 0, i = 0; i < 10000; i++, v += 429497u) {
		a.s_addr = v;
		assert_string_equal(our_ntoa(a), inet_ntoa(a));
		assert_string_equal(our_ntop(AF_INET, &a, text, sizeof(text)), inet_ntoa(a));
		assert_int_equal(our_pton(AF_INET, text, &a), 1);
		assert_int_equal(a.s_addr, v);
	}
	a.s_addr = 0xffffffff;
	assert_null(our_ntop(AF_INET, &a, small, sizeof(small)));
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(our_pton(AF_INET6, "::1", &a), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(texts), cmocka_unit_test(addresses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
