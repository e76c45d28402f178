/* SPDX-License-Identifier: MIT */
/*
 * cpuid: the processor's answer and the hypervisor's.
 *
 * Mechanism: a plain cpuid is not trapped (unless the CPU can do that). The sequence ud2, "xen",
 * cpuid asks the hypervisor, from kernel and user mode alike; it answers for the virtual processor
 * and adds leaves of its own from 0x40000000.
 * Steps: 1. the signature; 2. version and features; 3. what a PV guest must not see; 4. from user
 * mode; 5. the prefix before another instruction is just #UD.
 * Fails by: the leaf and register.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define XEN_PREFIX "ud2; .ascii \"xen\";"

struct leaf {
	uint32_t a, b, c, d;
};

static struct leaf forced(uint32_t leaf, uint32_t sub)
{
	struct leaf l = { .a = leaf, .c = sub };

	expect_exc(TRY(XEN_PREFIX "cpuid", "+a"(l.a), "=b"(l.b), "+c"(l.c), "=d"(l.d)), EXC_NONE,
		   "forced cpuid %#x", leaf);
	return l;
}

unsigned long user_cpuid(unsigned long leaf);
unsigned long user_cpuid(unsigned long leaf)
{
	uint32_t a = leaf, b, c = 0, d;

	asm volatile(XEN_PREFIX "cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return b;
}

void test_main(void)
{
	struct leaf l;
	char text[13] = "";
	unsigned long result = 0;

	trap_init();
	shared_info_map();
	user_init();
	l = forced(0x40000000, 0);
	memcpy(text, &l.b, 4);
	memcpy(text + 4, &l.c, 4);
	memcpy(text + 8, &l.d, 4);
	expect(strcmp(text, "XenVMMXenVMM"), 0, "signature \"%s\"", text);
	ensure(l.a >= 0x40000002, "only leaves up to %#x", l.a);
	l = forced(0x40000001, 0);
	expect_u64(l.a, hv_xen_version(XENVER_version, NULL), "version leaf");
	l = forced(0x40000002, 0);
	ensure(l.a >= 1, "no hypercall page");

	l = forced(1, 0);
	ensure(l.d & 1 << 6, "no PAE");
	ensure(l.d & 1 << 0, "no FPU");
	ensure(!(l.d & 1 << 13), "PGE is shown");
	ensure(l.c >> 31, "no hypervisor bit");
	l = forced(0x80000001, 0);
	ensure(l.d & 1 << 20, "no NX");
	expect(!(l.d & 1 << 29), PT_LEVELS == 3, "long mode is shown to 64-bit guests only");

	expect_exc(user_call(user_cpuid, 0x40000000, &result), EXC_NONE, "forced cpuid, user mode");
	expect_u64((uint32_t)result, *(uint32_t *)"XenV", "its ebx");
	expect_exc(TRY(XEN_PREFIX "nop", :), EXC(VEC_UD, 0), "the prefix before nop");
	expect_exc(TRY("cpuid", : "a"(0), "c"(0) : "ebx", "edx"), EXC_NONE, "plain cpuid");
}
