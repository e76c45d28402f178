/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls for the price of one entry.
 *
 * Entries are called in order; one that fails leaves its error in its result and the others go on. Each
 * entry is read once, and only its result is written back. An entry that stops half-way is kept as a
 * copy in vcpu.cont.multi, and so is the place in the list between any two entries when something else
 * wants the pCPU: neither guest registers nor guest memory are ever storage.
 *
 * No locks: all of it belongs to the vCPU that runs.
 */
#include "abi/abi.h"
#include "abi/dispatch.h"
#include "console/console.h"
#include "cpu/cpu.h"

/* An entry is eight longs at either width: op, result, six arguments. */
#define ENTRY_LONGS  8
#define ENTRY_RESULT 1

/* iret replaces all registers, which makes no sense in the middle of a list. */
static bool may_be_listed(uint64_t nr)
{
	return nr != __HYPERVISOR_iret;
}

/* Entry `index`, fresh or for the second time. -EFAULT: it cannot be read. */
static int call_entry(struct vcpu *v, gptr_t list, uint32_t index, long *result)
{
	struct continuation *c = &v->cont;
	struct multicall_entry e;

	if (c->multi.inner) {
		c->multi.inner = false;
		*result = hypercall_again(v, c->multi.nr, c->multi.args);
		return 0;
	}
	if (guest_get_multicall_entry(&e, list, index))
		return -EFAULT;
	if (!may_be_listed(e.op)) {
		*result = -EINVAL;
		return 0;
	}
	*result = hypercall_invoke(v, e.op, e.args);
	if (*result == -ERESTART) {
		c->multi.nr = e.op;
		for (unsigned int i = 0; i < HYPERCALL_ARGS; i++)
			c->multi.args[i] = e.args[i];
	}
	return 0;
}

static long stop(struct continuation *c, uint32_t index, bool inner)
{
	c->multi.index = index;
	c->multi.inner = inner;
	c->multi.stopped = true;
	return -ERESTART;
}

static long run(struct vcpu *v, gptr_t list, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < count; i++) {
		long result;

		if (call_entry(v, list, i, &result))
			return refuse(-EFAULT, "entry %u of %u cannot be read", i, count);
		if (result == -ERESTART)
			return stop(&v->cont, i, true);
		if (guest_put_ulong(list, (uint64_t)i * ENTRY_LONGS + ENTRY_RESULT,
				    (uint64_t)result))
			return refuse(-EFAULT, "the result of entry %u cannot be written", i);
		if (preempt_wanted() && i + 1 < count)
			return stop(&v->cont, i + 1, false);
	}
	return 0;
}

long do_multicall(gptr_t list, unsigned int count)
{
	struct vcpu *v = current;
	struct continuation *c = &v->cont;
	uint32_t first = 0;
	long rc;

	if (c->multi.stopped) {
		c->multi.stopped = false;
		first = c->multi.index;
	} else if (c->multi.running) {
		return refuse(-EINVAL, "a multicall inside a multicall");
	}
	c->multi.running = true;
	rc = run(v, list, first, count);
	if (rc != -ERESTART)
		c->multi.running = false;
	v->call_name = "multicall";
	return rc;
}
