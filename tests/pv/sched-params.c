/* SPDX-License-Identifier: MIT */
/*
 * Weights, caps and affinity of domains that run, set by a toolstack.
 *
 * Mechanism: a vCPU runs where its hard affinity says and nowhere else; a capped domain has no more than its
 * cap though nobody else wants the processor. What makes no sense is refused and changes nothing, and who is
 * no toolstack is refused whatever it asks.
 * Steps: 1. a domain that computes, bound to one processor, then to another; 2. the same with a cap of half a
 * processor, and without; 3. a row of refusals; 4. an unprivileged domain that asks for its sibling, and domain 0.
 * Fails by: the processor on which it was found; its share in percent; the call with its error.
 * Run with: guest=both smp=2
 * Runs as: domain 0.
 * Also runs on: real Xen, no: its clocks drift on two emulated processors.
 */
#include "lib/domctl.h"
#include "lib/event.h"
#include "lib/pv.h"
#include "lib/toolstack.h"

enum { READY, ASK, DONE, FIRST_RC };
enum { LOOKS = 40 };

static struct guest worker, asker;

/* ---- the guests ----------------------------------------------------------------------------------- */

static int ask(domid_t domid, uint32_t sched)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_scheduler_op, domid);

	op.u.scheduler_op.sched_id = sched;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	op.u.scheduler_op.u.credit2.weight = 65535;
	return hv_domctl(&op);
}

static void run_guest(void)
{
	struct mailbox_page *box = guest_mailbox();

	shared_info_map();
	box->word[READY] = 1;
	if (guest_role("work"))
		for (;;)
			asm volatile("pause");
	while (!box->word[ASK])
		hv_sched_op(SCHEDOP_yield, NULL);
	/* The number of its sibling is in the question. */
	box->word[FIRST_RC] = (uint32_t)ask((domid_t)box->word[ASK], XEN_SCHEDULER_CREDIT2);
	box->word[FIRST_RC + 1] = (uint32_t)ask(0, XEN_SCHEDULER_CREDIT2);
	box->word[DONE] = 1;
	for (;;)
		hv_sched_op(SCHEDOP_block, NULL);
}

/* ---- 1: affinity ------------------------------------------------------------------------------------ */

static int set_affinity(const void *map, unsigned int bits)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_setvcpuaffinity, worker.domid);

	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = bits;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)(unsigned long)map);
	return hv_domctl(&op);
}

static uint32_t where(void)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_getvcpuinfo, worker.domid);

	toolstack_sleep(2);
	expect(hv_domctl(&op), 0, "getvcpuinfo");
	return op.u.getvcpuinfo.cpu;
}

/* The other processor may take a moment to let it go; once it has, it is never seen there again. */
static void goes_to(uint8_t map, uint32_t cpu)
{
	unsigned int looks = 0;

	expect(set_affinity(&map, 8), 0, "hard affinity to processor %u", cpu);
	while (where() != cpu && looks < 1000)
		looks++;
	for (looks = 0; looks < LOOKS; looks++)
		expect(where(), cpu, "the processor at look %u", looks);
}

/* ---- 2: caps ---------------------------------------------------------------------------------------- */

static uint32_t sched_in_force(void)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_sched_id };

	expect(hv_sysctl(XEN_SYSCTL_sched_id, &op), 0, "sched_id");
	return op.u.sched_id.sched_id;
}

static int put(uint32_t sched, uint16_t weight, uint16_t cap)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_scheduler_op, worker.domid);

	op.u.scheduler_op.sched_id = sched;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	if (sched == XEN_SCHEDULER_CREDIT) {
		op.u.scheduler_op.u.credit.weight = weight;
		op.u.scheduler_op.u.credit.cap = cap;
	} else {
		op.u.scheduler_op.u.credit2.weight = weight;
		op.u.scheduler_op.u.credit2.cap = cap;
	}
	return hv_domctl(&op);
}

static void expect_params(uint32_t sched, uint16_t weight, uint16_t cap)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_scheduler_op, worker.domid);

	op.u.scheduler_op.sched_id = sched;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	expect(hv_domctl(&op), 0, "getinfo");
	if (sched == XEN_SCHEDULER_CREDIT) {
		expect(op.u.scheduler_op.u.credit.weight, weight, "its weight");
		expect(op.u.scheduler_op.u.credit.cap, cap, "its cap");
	} else {
		expect(op.u.scheduler_op.u.credit2.weight, weight, "its weight");
		expect(op.u.scheduler_op.u.credit2.cap, cap, "its cap");
	}
}

/* Percent of a processor that it has over a second, by the hypervisor's own count. */
static unsigned int share(void)
{
	struct xen_domctl_getdomaininfo before, after;
	uint64_t start;

	expect(toolstack_info(worker.domid, &before), 0, "getdomaininfo");
	start = system_time();
	toolstack_sleep(1000);
	expect(toolstack_info(worker.domid, &after), 0, "getdomaininfo");
	/* In units of 1024 ns, so that 32 bits divide them. */
	return (unsigned int)((uint32_t)((after.cpu_time - before.cpu_time) >> 10) * 100 /
			      (uint32_t)((system_time() - start) >> 10));
}

static void caps(uint32_t sched)
{
	unsigned int got;

	expect(put(sched, 512, 50), 0, "weight 512, cap 50");
	expect_params(sched, 512, 50);
	got = share();
	ensure(got >= 30 && got <= 60, "with a cap of 50 %% it has %u %%", got);
	expect(put(sched, 256, 0), 0, "weight 256, no cap");
	expect_params(sched, 256, 0);
	got = share();
	ensure(got >= 75, "without a cap, alone on its processor, it has %u %%", got);
}

/* ---- 3 and 4: refusals -------------------------------------------------------------------------------- */

static void refusals(uint32_t sched)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_scheduler_op, worker.domid);
	uint8_t none = 0, beyond[2] = { 0, 0xff };

	expect(put(99, 1, 0), -XEN_EINVAL, "an unknown scheduler");
	expect(put(sched == XEN_SCHEDULER_CREDIT ? XEN_SCHEDULER_CREDIT2 : XEN_SCHEDULER_CREDIT, 1,
		   0),
	       -XEN_EINVAL, "a scheduler that is not in force");
	/* Credit takes any cap: one that is never reached. */
	if (sched == XEN_SCHEDULER_CREDIT2)
		expect(put(sched, 256, 101), -XEN_EINVAL, "a cap above all its vCPUs");
	expect_params(sched, 256, 0);
	expect(put(sched, 0, 0), 0, "weight 0 leaves it");
	expect_params(sched, 256, 0);
	op.u.scheduler_op.sched_id = sched;
	op.u.scheduler_op.cmd = 77;
	expect(hv_domctl(&op), -XEN_EINVAL, "an unknown command");
	op.domain = 3000;
	expect(hv_domctl(&op), -XEN_ESRCH, "of nobody");
	expect(set_affinity(&none, 8), -XEN_EINVAL, "affinity to no processor");
	expect(set_affinity(beyond, 16), -XEN_EINVAL, "affinity to processors that there are not");
	expect(set_affinity(NULL, 8), -XEN_EINVAL, "affinity without a map");
	expect(set_affinity((void *)-PAGE_SIZE, 8), -XEN_EFAULT, "affinity from nowhere");
}

static void no_privilege(void)
{
	asker.mailbox->word[ASK] = worker.domid;
	ensure(toolstack_wait_word(&asker, DONE, 1, 20000), "the guest does not answer");
	for (unsigned int i = 0; i < 2; i++)
		expect((int)asker.mailbox->word[FIRST_RC + i], -XEN_EPERM, "question %u of a guest",
		       i);
}

void test_main(void)
{
	struct guest_config work = { .cmdline = "work" }, ask_config = { .cmdline = "ask" };
	uint8_t second = 2, both = 3;
	uint32_t sched;

	if (!is_dom0()) {
		run_guest();
		return;
	}
	toolstack_init();
	sched = sched_in_force();
	expect(toolstack_create(&worker, &work), 0, "create");
	ensure(toolstack_wait_word(&worker, READY, 1, 20000), "the guest does not begin");
	goes_to(second, 1);
	goes_to(1, 0);
	goes_to(second, 1);
	caps(sched);
	refusals(sched);
	goes_to(second, 1);
	expect(set_affinity(&both, 8), 0, "affinity to both");
	expect(toolstack_create(&asker, &ask_config), 0, "create");
	no_privilege();
	expect(toolstack_destroy(&asker), 0, "destroy");
	expect(toolstack_destroy(&worker), 0, "destroy");
}
