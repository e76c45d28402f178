/* SPDX-License-Identifier: MIT */
/*
 * vCPUs of one domain: what one sees of another's running, and how they wake each other.
 *
 * Mechanism: VCPUOP_get_runstate_info of a sibling tells where its time goes; its registered area says
 * when it lost the pCPU, not only when it got it. An event for a sibling that polls wakes it, whenever
 * it comes: before, during, in between. VCPUOP_down and up stop and start it.
 * Steps: 1. a sibling's runstate while it spins, blocks and is down; 2. two vCPUs that wake each other
 * many times; 3. a poll that times out on a vCPU while another spins;
 * 4. down and up again and again; 5. SCHEDOP_pin_override.
 * Fails by: the step, or a vCPU that never comes back.
 * Run with: vcpus=3 smp=1,2
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"
#include "lib/smp.h"

#define MS     1000000ULL
#define ROUNDS 2000

#define READ_STATE (*(volatile int *)&area.state)

static volatile unsigned int stop;
static evtchn_port_t port[SMP_MAX];
static struct vcpu_runstate_info area;

static void spin(unsigned int vcpu)
{
	(void)vcpu;
	while (!stop)
		barrier();
}

static void sleep_long(unsigned int vcpu)
{
	struct sched_poll poll = { .timeout = system_time() + 500 * MS };

	(void)vcpu;
	expect(hv_sched_op(SCHEDOP_poll, &poll), 0, "a sibling's poll for nothing");
}

static struct vcpu_runstate_info runstate(unsigned int vcpu)
{
	struct vcpu_runstate_info r;

	expect(hv_vcpu_op(VCPUOP_get_runstate_info, vcpu, &r), 0, "a sibling's runstate");
	return r;
}

static uint64_t sum(const struct vcpu_runstate_info *r)
{
	return r->time[RUNSTATE_running] + r->time[RUNSTATE_runnable] + r->time[RUNSTATE_blocked] +
	       r->time[RUNSTATE_offline];
}

static void nap(uint64_t ns)
{
	struct sched_poll poll = { .timeout = system_time() + ns };

	expect(hv_sched_op(SCHEDOP_poll, &poll), 0, "poll");
}

/* Soon: its pCPU has to hear of it first. */
static void expect_state(unsigned int vcpu, int state, const char *what)
{
	uint64_t end = system_time() + 5000 * MS;

	while (runstate(vcpu).state != state && system_time() < end)
		nap(MS);
	expect(runstate(vcpu).state, state, what);
}

static void check_runstate(void)
{
	struct vcpu_runstate_info a, b;

	stop = 0;
	expect(smp_start(1, spin), 0, "start one that spins");
	nap(20 * MS);
	a = runstate(1);
	nap(100 * MS);
	b = runstate(1);
	ensure(b.time[RUNSTATE_running] >= a.time[RUNSTATE_running] + 40 * MS,
	       "a sibling that spins ran for %llu ns only",
	       (unsigned long long)(b.time[RUNSTATE_running] - a.time[RUNSTATE_running]));
	ensure(sum(&b) >= sum(&a) + 90 * MS, "the times do not add up");
	stop = 1;
	smp_wait(1);
	expect_state(1, RUNSTATE_offline, "one that is down");
	expect(smp_start(1, sleep_long), 0, "start one that sleeps");
	expect_state(1, RUNSTATE_blocked, "one that polls");
	smp_wait(1);
}

/* Its area is this test's, and tells vCPU 0 that it sleeps. */
static void sleeps_with_area(unsigned int vcpu)
{
	struct vcpu_register_runstate_memory_area reg;

	memset(&reg, 0, sizeof(reg));
	set_xen_guest_handle(reg.addr.h, &area);
	expect(hv_vcpu_op(VCPUOP_register_runstate_memory_area, vcpu, &reg), 0, "register");
	sleep_long(vcpu);
	set_xen_guest_handle(reg.addr.h, NULL);
	hv_vcpu_op(VCPUOP_register_runstate_memory_area, vcpu, &reg);
}

static void check_area(void)
{
	expect(smp_start(1, sleeps_with_area), 0, "start one with an area");
	expect_state(1, RUNSTATE_blocked, "one with an area that polls");
	/* It is written with the vCPU's own tables, a moment after the state changed. */
	for (unsigned int i = 0; i < 100 && READ_STATE != RUNSTATE_blocked; i++)
		nap(MS);
	expect(READ_STATE, RUNSTATE_blocked, "the state in its area");
	smp_wait(1);
}

static void wait_for_turn(unsigned int vcpu)
{
	struct sched_poll poll = { .nr_ports = 1 };

	set_xen_guest_handle(poll.ports, &port[vcpu]);
	while (!port_pending(port[vcpu]))
		expect(hv_sched_op(SCHEDOP_poll, &poll), 0, "poll for a sibling");
	port_clear(port[vcpu]);
}

/* A ball game: vCPU 1 has it first. */
static void play(unsigned int vcpu)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (vcpu == 2)
			wait_for_turn(vcpu);
		expect(evtchn_send(port[3 - vcpu]), 0, "send to a sibling");
		if (vcpu == 1)
			wait_for_turn(vcpu);
	}
}

static void check_waking(void)
{
	for (unsigned int v = 1; v < 3; v++)
		port[v] = evtchn_bind_ipi(v);
	for (unsigned int v = 1; v < 3; v++)
		expect(smp_start(v, play), 0, "start a player");
	smp_wait(1);
	smp_wait(2);
}

/* While others spin on all pCPUs: late by their turns, not by more. */
static void check_timeout(void)
{
	stop = 0;
	expect(smp_start(1, spin), 0, "start a spinner");
	expect(smp_start(2, spin), 0, "start another");
	for (unsigned int i = 0; i < 10; i++) {
		uint64_t start = system_time();

		nap(20 * MS);
		ensure(system_time() >= start + 20 * MS, "a poll came back early");
		ensure(system_time() < start + 1000 * MS, "a poll came back very late");
	}
	stop = 1;
	smp_wait(1);
	smp_wait(2);
}

static void nothing(unsigned int vcpu)
{
	(void)vcpu;
}

static void check_down_and_up(void)
{
	for (unsigned int i = 0; i < 100; i++) {
		expect(smp_start(1, nothing), 0, "up");
		smp_wait(1);
		expect(hv_vcpu_op(VCPUOP_is_up, 1, NULL), 0, "is it up");
	}
	/* Stopped by its sibling while it spins; it goes on where it was. */
	stop = 0;
	expect(smp_start(1, spin), 0, "start a spinner");
	nap(5 * MS);
	for (unsigned int i = 0; i < 20; i++) {
		struct vcpu_runstate_info a, b;

		expect(hv_vcpu_op(VCPUOP_down, 1, NULL), 0, "down");
		expect_state(1, RUNSTATE_offline, "one that its sibling took down");
		a = runstate(1);
		nap(2 * MS);
		b = runstate(1);
		expect_u64(b.time[RUNSTATE_running], a.time[RUNSTATE_running],
			   "time that it ran while down");
		expect(hv_vcpu_op(VCPUOP_up, 1, NULL), 0, "up again");
		nap(2 * MS);
	}
	stop = 1;
	smp_wait(1);
}

static void check_override(void)
{
	struct sched_pin_override pin = { .pcpu = 0 };

	if (!is_dom0()) {
		expect(hv_sched_op(SCHEDOP_pin_override, &pin), -XEN_EPERM, "override");
		return;
	}
	expect(hv_sched_op(SCHEDOP_pin_override, &pin), 0, "override");
	expect(hv_sched_op(SCHEDOP_pin_override, &pin), -XEN_EBUSY, "override twice");
	pin.pcpu = -1;
	expect(hv_sched_op(SCHEDOP_pin_override, &pin), 0, "as it was");
	expect(hv_sched_op(SCHEDOP_pin_override, &pin), -XEN_EINVAL, "as it was, again");
	pin.pcpu = 4095;
	expect(hv_sched_op(SCHEDOP_pin_override, &pin), -XEN_EINVAL, "a pCPU that is not there");
	expect(hv_sched_op(SCHEDOP_pin_override, NULL), -XEN_EFAULT, "null");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	event_init();
	smp_vcpus(3);
	check_runstate();
	check_area();
	check_waking();
	check_timeout();
	check_down_and_up();
	check_override();
}
