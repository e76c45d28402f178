/* SPDX-License-Identifier: MIT */
/*
 * Faults on purpose, for tests/hv: each must end in a report, not in silence or in success.
 *
 *	df	a fault whose frame has no stack to go to
 *	stack	the same by running out of stack: the page below it is not mapped
 *	pf	nothing is mapped at low addresses
 *	wx	our text cannot be written ...
 *	alias	... nor through the direct map
 *	nx	data cannot be executed
 *	nmi	an NMI is counted, and work goes on
 */
#include "boot/selftest.h"
#include "boot/options.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "cpu/hvmap.h"
#include "lib/string.h"
#include "mm/mm.h"

extern uint8_t image_start[];

/* Keeps a frame a call, and cannot be turned into a loop. */
static unsigned int __attribute__((noinline)) use_up_stack(volatile unsigned int n)
{
	return n ? use_up_stack(n + 1) + n : 0;
}

static void test_df(void)
{
	asm volatile("xor %%esp, %%esp; push $0" : : : "memory");
}

static void test_stack(void)
{
	use_up_stack(1);
}

static void test_pf(void)
{
	*(volatile uint8_t *)PAGE_SIZE = 0;
}

static void test_wx(void)
{
	*(volatile uint8_t *)image_start = 0;
}

static void test_alias(void)
{
	*(volatile uint8_t *)maddr_to_virt(image_maddr(image_start)) = 0;
}

static void test_nx(void)
{
	static uint8_t ret = 0xc3;

	((void (*)(void))(uint64_t)&ret)();
}

static void test_nmi(void)
{
	asm volatile("int $2");
	softirq_run();
}

/* clang-format off */
static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "df", test_df }, { "stack", test_stack }, { "pf", test_pf }, { "wx", test_wx },
	{ "alias", test_alias }, { "nx", test_nx }, { "nmi", test_nmi },
};
/* clang-format on */

void selftest(void)
{
	char which[16];

	if (!option_string("selftest", which, sizeof(which)))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		if (!strcmp(which, tests[i].name)) {
			tests[i].run();
			return;
		}
	}
	log_warning("selftest=%s is not known", which);
}
