/* SPDX-License-Identifier: MIT */
/*
 * Starting and stopping the vCPUs of a test by VCPUOP_initialise, up and down.
 *
 * A secondary vCPU lives in a loop: run what it was handed, say so, go down; the next VCPUOP_up lets it
 * go on behind its VCPUOP_down. So it is handed something new only once it is down. Which vCPU runs is
 * told from the stack pointer: a stack has one owner.
 */
#include "smp.h"
#include "event.h"

#define PATIENCE 20000000000ULL /* ns */

extern char event_entry[], failsafe_entry[];

static char stacks[SMP_MAX - 1][SMP_STACK] __attribute__((aligned(4096)));
static struct {
	smp_fn fn;
	bool initialised;
	unsigned int busy;
} slot[SMP_MAX];

static struct {
	unsigned int arrived, round;
} gate;

static void secondary(void)
{
	unsigned int me = this_vcpu();

	for (;;) {
		slot[me].fn(me);
		__atomic_store_n(&slot[me].busy, 0, __ATOMIC_RELEASE);
		hv_vcpu_op(VCPUOP_down, me, NULL);
	}
}

static void set_callbacks(struct vcpu_guest_context *c)
{
	c->event_callback_eip = (unsigned long)event_entry;
	c->failsafe_callback_eip = (unsigned long)failsafe_entry;
#ifdef __i386__
	c->event_callback_cs = c->failsafe_callback_cs = FLAT_KERNEL_CS;
	c->ctrlreg[3] = xen_pfn_to_cr3(root_mfn().m);
#else
	c->ctrlreg[3] = pte(root_mfn(), 0);
#endif
}

void smp_context(unsigned int vcpu, smp_fn fn, struct vcpu_guest_context *c)
{
	/* One word short of aligned, as after a call. */
	unsigned long sp = (unsigned long)stacks[vcpu - 1] + SMP_STACK - sizeof(long);

	slot[vcpu].fn = fn;
	memset(c, 0, sizeof(*c));
	c->flags = VGCF_in_kernel;
	set_callbacks(c);
	for (unsigned int v = 0; v < 256; v++)
		c->trap_ctxt[v] = (struct trap_info){ v, 0, FLAT_KERNEL_CS, trap_stub(v) };
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = sp;
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = FLAT_KERNEL_SS;
	c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_DS;
	c->user_regs.eflags = FLAG_IF;
#ifdef __i386__
	c->user_regs.eip = (unsigned long)secondary;
	c->user_regs.esp = sp;
#else
	c->user_regs.rip = (unsigned long)secondary;
	c->user_regs.rsp = sp;
#endif
}

unsigned int smp_vcpus(unsigned int least)
{
	unsigned int n = 1;

	smp_stacks = stacks[0];
	smp_stack_size = SMP_STACK;
	smp_stack_count = SMP_MAX - 1;
	while (n < SMP_MAX && hv_vcpu_op(VCPUOP_is_up, n, NULL) >= 0)
		n++;
	if (n < least) {
		test_failure("this test wants %u vCPUs, the domain has %u", least, n);
		test_exit();
	}
	return n;
}

int smp_start(unsigned int vcpu, smp_fn fn)
{
	static struct vcpu_guest_context context;
	int rc;

	slot[vcpu].busy = 1;
	if (!slot[vcpu].initialised) {
		smp_context(vcpu, fn, &context);
		rc = hv_vcpu_op(VCPUOP_initialise, vcpu, &context);
		if (rc)
			return rc;
		slot[vcpu].initialised = true;
	}
	__atomic_store_n(&slot[vcpu].fn, fn, __ATOMIC_RELEASE);
	return hv_vcpu_op(VCPUOP_up, vcpu, NULL);
}

void smp_wait(unsigned int vcpu)
{
	uint64_t end = system_time() + PATIENCE;

	while (__atomic_load_n(&slot[vcpu].busy, __ATOMIC_ACQUIRE) ||
	       hv_vcpu_op(VCPUOP_is_up, vcpu, NULL) == 1) {
		if (system_time() > end) {
			test_failure("vCPU %u does not end what it was given", vcpu);
			test_exit();
		}
		relax();
	}
}

void smp_run(unsigned int n, smp_fn fn)
{
	for (unsigned int v = 1; v < n; v++) {
		int rc = smp_start(v, fn);

		if (rc) {
			test_failure("start vCPU %u: %s", v, errno_name(rc));
			test_exit();
		}
	}
	fn(0);
	for (unsigned int v = 1; v < n; v++)
		smp_wait(v);
}

void smp_barrier(unsigned int n)
{
	unsigned int round = __atomic_load_n(&gate.round, __ATOMIC_ACQUIRE);
	uint64_t end = system_time() + PATIENCE;

	if (__atomic_add_fetch(&gate.arrived, 1, __ATOMIC_ACQ_REL) == n) {
		gate.arrived = 0;
		__atomic_store_n(&gate.round, round + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&gate.round, __ATOMIC_ACQUIRE) == round) {
		if (system_time() > end) {
			test_failure("vCPU %u waits alone", this_vcpu());
			test_exit();
		}
		relax();
	}
}
