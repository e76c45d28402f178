/* SPDX-License-Identifier: MIT */
/*
 * The system-call table against the numbers of the host's own headers.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <asm/unistd_32.h>

/* Old names that the header spells otherwise. */
#define __NR_umount 22

static const struct {
	int ours, host;
	const char *name;
} calls[] = {
#define SYS(number, name)   { number, __NR_##name, #name },
#define NOSYS(number, name) { number, __NR_##name, #name },
#define QUIET(number, name) { number, __NR_##name, #name },
#include "linux/calls.def"
};

static void numbers_are_those_of_the_host(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].ours != calls[i].host)
			fail_msg("%s is %d, not %d", calls[i].name, calls[i].host, calls[i].ours);
}

static void each_number_has_one_line_in_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].ours <= calls[i - 1].ours)
			fail_msg("%s stands behind %s", calls[i].name, calls[i - 1].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_the_host),
		cmocka_unit_test(each_number_has_one_line_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
