/* SPDX-License-Identifier: MIT */
/*
 * Events between the vCPUs of one guest.
 *
 * Mechanism: an IPI port belongs to the vCPU that it names and wakes it from SCHEDOP_block; bind_vcpu moves
 * where other ports arrive, not IPIs and per-vCPU VIRQs; each vCPU has timers of its own. A vCPU masks its
 * own upcalls only.
 * Steps: 1. a token goes round all vCPUs, each asleep until it comes; 2. an event moves from vCPU to vCPU;
 * 3. refusals; 4. all vCPUs sleep by their own timers at once; 5. two vCPUs send to a third at full speed.
 * Fails by: the vCPU that did not wake, woke too early, or took what was for another.
 * Run with: vcpus=4 smp=1,2,4
 * Also runs on: real Xen, no: there, on an emulator that is short of time, the clocks of processors drift apart.
 */
#include "lib/event.h"
#include "lib/smp.h"

enum { ROUNDS = 200, SLEEPS = 20, STORM = 2000 };

#define PERIOD 3000000ULL /* ns */
#define SLACK  2000000ULL /* on a busy host, processors of the emulator drift apart */

static unsigned int vcpus;
static int ipi[SMP_MAX], timer[SMP_MAX], moving, far_end;
static volatile unsigned int heard, moved_to;

static unsigned int count_of(int port)
{
	return __atomic_load_n(&port_count[port], __ATOMIC_ACQUIRE);
}

/* Sleep until the port has been counted `times` times: block returns for any upcall. */
static void sleep_for(int port, unsigned int times)
{
	for (;;) {
		upcall_mask(true);
		if (count_of(port) >= times) {
			upcall_mask(false);
			return;
		}
		/* Unmasks; what came before makes it return at once. */
		hv_sched_op(SCHEDOP_block, NULL);
	}
}

static void pass_token(unsigned int me)
{
	upcall_mask(false);
	smp_barrier(vcpus);
	if (me == 0)
		evtchn_send(ipi[1 % vcpus]);
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		sleep_for(ipi[me], round);
		ensure(port_vcpu[ipi[me]] == me, "the IPI of vCPU %u came to %u", me,
		       port_vcpu[ipi[me]]);
		if (me || round < ROUNDS)
			evtchn_send(ipi[(me + 1) % vcpus]);
	}
	upcall_mask(true);
	smp_barrier(vcpus);
}

/* Everybody sleeps; vCPU 0 sends to a port that is bound to another vCPU each time. */
static void take_moving(unsigned int me)
{
	upcall_mask(false);
	smp_barrier(vcpus);
	if (me) {
		sleep_for(ipi[me], count_of(ipi[me]) + 1);
	} else {
		unsigned int before;

		/* Binding raised an event: unmasking alone does not bring it, the next hypercall does. */
		relax();
		before = count_of(moving);
		for (unsigned int v = 1; v < vcpus; v++) {
			uint64_t end = system_time() + 2000000000;

			expect(evtchn_bind_vcpu(moving, v), 0, "bind_vcpu to %u", v);
			evtchn_send(far_end);
			while (count_of(moving) == before && system_time() < end)
				relax();
			ensure(count_of(moving) == before + 1, "it came %u times",
			       count_of(moving) - before);
			ensure(port_vcpu[moving] == v, "it came to vCPU %u, not %u",
			       port_vcpu[moving], v);
			before = count_of(moving);
		}
		for (unsigned int v = 1; v < vcpus; v++)
			evtchn_send(ipi[v]);
	}
	upcall_mask(true);
	smp_barrier(vcpus);
}

/* A second domain is not needed: an unbound port to ourselves and its peer. */
static void make_moving(void)
{
	int far = evtchn_alloc_unbound(DOMID_SELF, own_domid());
	int near = far > 0 ? evtchn_bind_interdomain(DOMID_SELF, far) : far;

	ensure(near > 0, "a channel to ourselves: %d", near);
	moving = near;
	far_end = far;
	expect(evtchn_bind_vcpu(near, vcpus), -XEN_ENOENT, "bind_vcpu to one too many");
	expect(evtchn_bind_vcpu(near, ~0U), -XEN_ENOENT, "bind_vcpu to ~0");
	expect(evtchn_bind_vcpu(ipi[0], 1), -XEN_EINVAL, "bind_vcpu of an IPI");
	expect(evtchn_bind_vcpu(timer[0], 1), -XEN_EINVAL, "bind_vcpu of VIRQ_TIMER");
	expect(evtchn_bind_vcpu(1000, 0), -XEN_EINVAL, "bind_vcpu of a free port");
	expect(evtchn_bind_ipi(vcpus), -XEN_ENOENT, "an IPI to one too many");
	expect(evtchn_bind_virq(VIRQ_TIMER, 1), -XEN_EEXIST, "a second VIRQ_TIMER of vCPU 1");
	expect(evtchn_bind_virq(VIRQ_DOM_EXC, 1), -XEN_EINVAL, "a global VIRQ on vCPU 1");
}

static void sleep_by_timer(unsigned int me)
{
	/* The periodic tick that every vCPU starts with would wake it as well. */
	hv_vcpu_op(VCPUOP_stop_periodic_timer, me, NULL);
	upcall_mask(false);
	smp_barrier(vcpus);
	for (unsigned int i = 0; i < SLEEPS; i++) {
		uint64_t deadline = system_time() + PERIOD + me * 100000;
		struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = deadline };
		unsigned int before;

		/* A tick from before the periodic timer stopped is none of this one's. */
		port_clear(timer[me]);
		before = count_of(timer[me]);
		expect(hv_vcpu_op(VCPUOP_set_singleshot_timer, me, &t), 0, "set the timer");
		sleep_for(timer[me], before + 1);
		/* Clocks of two processors may differ a little on real Xen. */
		ensure(system_time() + SLACK >= deadline, "vCPU %u woke early", me);
		ensure(system_time() < deadline + 1000000000, "vCPU %u woke a second late", me);
		ensure(port_vcpu[timer[me]] == me, "the timer of vCPU %u came to %u", me,
		       port_vcpu[timer[me]]);
	}
	upcall_mask(true);
	smp_barrier(vcpus);
}

/* Everybody but the last sends; what is sent while it is pending is one event, and the last one comes. */
static void storm(unsigned int me)
{
	unsigned int last = vcpus - 1;

	upcall_mask(me != last);
	smp_barrier(vcpus);
	if (me != last) {
		for (unsigned int i = 0; i < STORM; i++)
			if (evtchn_send(ipi[last]))
				test_failure("send");
		__atomic_add_fetch(&heard, 1, __ATOMIC_ACQ_REL);
		if (heard == last)
			evtchn_send(ipi[last]);
	} else {
		while (heard < last)
			hv_sched_op(SCHEDOP_yield, NULL);
	}
	smp_barrier(vcpus);
	ensure(me != last || !port_pending(ipi[last]),
	       "an event stays pending for a vCPU that listens");
	upcall_mask(true);
	smp_barrier(vcpus);
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	event_init();
	vcpus = smp_vcpus(2);
	vcpus = vcpus > 4 ? 4 : vcpus;
	for (unsigned int v = 0; v < vcpus; v++) {
		ipi[v] = evtchn_bind_ipi(v);
		timer[v] = evtchn_bind_virq(VIRQ_TIMER, v);
		ensure(ipi[v] > 0 && timer[v] > 0, "ports of vCPU %u: %d, %d", v, ipi[v], timer[v]);
	}
	hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	smp_run(vcpus, pass_token);
	make_moving();
	smp_run(vcpus, take_moving);
	smp_run(vcpus, sleep_by_timer);
	smp_run(vcpus, storm);
}
