/* SPDX-License-Identifier: MIT */
/*
 * One domain with one vCPU, and what abi/ calls in the folders beside it.
 */
#include "abi/dispatch.h"
#include "abi/fetch.h"
#include "console/console.h"
#include "cpu/cpu.h"

static struct domain domain;
static struct vcpu vcpu = { .domain = &domain };

struct vcpu *test_current = &vcpu;
bool test_preempt;
uint8_t test_memory[TEST_MEMORY];

long refuse(long rc, const char *fmt, ...)
{
	(void)fmt;
	return rc;
}

/* The dispatcher, for tests that do not bring their own. */
__attribute__((weak)) long hypercall_invoke(struct vcpu *v, uint64_t nr,
					    const uint64_t args[HYPERCALL_ARGS])
{
	(void)v;
	(void)nr;
	(void)args;
	return -ENOSYS;
}

__attribute__((weak)) long hypercall_again(struct vcpu *v, uint64_t nr,
					   const uint64_t args[HYPERCALL_ARGS])
{
	return hypercall_invoke(v, nr, args);
}
