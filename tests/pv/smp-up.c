/* SPDX-License-Identifier: MIT */
/*
 * Several vCPUs in one guest: brought up, taken down, brought up again.
 *
 * Mechanism: VCPUOP_initialise gives a vCPU its registers once; up and down start and stop it, also itself;
 * a vCPU that went down goes on behind its own call. Each has its own stack, its own part of shared_info
 * and the domain's one trap table in the copy that its registers named.
 * Steps: 1. refusals before it is initialised, and of bad registers; 2. all run at once; 3. again and again;
 * 4. one takes another down and up from outside: it stands still and goes on.
 * Fails by: the step and the vCPU.
 * Run with: vcpus=4 smp=1,4,2
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/smp.h"

enum { ROUNDS = 20 };

static unsigned int vcpus, visits[SMP_MAX], sum;
static volatile uint32_t counter;
static volatile bool stop;

static void visit(unsigned int me)
{
	ensure(this_vcpu() == me, "vCPU %u thinks that it is %u", me, this_vcpu());
	expect(hv_vcpu_op(VCPUOP_is_up, me, NULL), 1, "is_up of a running vCPU");
	smp_barrier(vcpus);
	visits[me]++;
	__atomic_add_fetch(&sum, me + 1, __ATOMIC_RELAXED);
}

static void count_up(unsigned int me)
{
	(void)me;
	while (!stop)
		counter++;
}

static void check_refusals(void)
{
	static struct vcpu_guest_context bad;

	expect(hv_vcpu_op(VCPUOP_is_up, 1, NULL), 0, "is_up of a vCPU without registers");
	expect(hv_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL, "up of a vCPU without registers");
	expect(hv_vcpu_op(VCPUOP_is_up, vcpus, NULL), -XEN_ENOENT, "is_up of one too many");
	expect(hv_vcpu_op(VCPUOP_initialise, 1, (void *)-4096L), -XEN_EFAULT, "registers at -4096");
	smp_context(1, visit, &bad);
#ifdef __i386__
	bad.ctrlreg[3] = xen_pfn_to_cr3(hypervisor_mfn().m);
#else
	bad.ctrlreg[3] = pte(hypervisor_mfn(), 0);
#endif
	expect(hv_vcpu_op(VCPUOP_initialise, 1, &bad), -XEN_EINVAL, "a root of the hypervisor's");
	expect(hv_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL, "up after refused registers");
}

static bool counter_moves(void)
{
	uint32_t before = counter;
	uint64_t end = system_time() + 200000000;

	while (counter == before && system_time() < end)
		relax();
	return counter != before;
}

static void check_down(void)
{
	uint32_t before;

	expect(smp_start(1, count_up), 0, "start the counter");
	ensure(counter_moves(), "it counts");
	expect(hv_vcpu_op(VCPUOP_down, 1, NULL), 0, "take it down");
	expect(hv_vcpu_op(VCPUOP_is_up, 1, NULL), 0, "is_up when down");
	/* Down is a request: its processor hears of it when it comes to run. */
	for (unsigned int i = 0; i < 20 && counter_moves(); i++)
		;
	before = counter;
	ensure(!counter_moves(), "it counts while down: from %u to %u", before, counter);
	expect(hv_vcpu_op(VCPUOP_up, 1, NULL), 0, "bring it up");
	ensure(counter_moves(), "it goes on");
	stop = true;
	smp_wait(1);
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	event_init();
	vcpus = smp_vcpus(2);
	vcpus = vcpus > 4 ? 4 : vcpus;
	check_refusals();
	for (unsigned int i = 0; i < ROUNDS; i++)
		smp_run(vcpus, visit);
	for (unsigned int v = 0; v < vcpus; v++)
		expect(visits[v], ROUNDS, "visits of vCPU %u", v);
	expect(sum, ROUNDS * vcpus * (vcpus + 1) / 2, "all together");
	check_down();
}
