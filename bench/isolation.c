/* SPDX-License-Identifier: MIT */
/*
 * One domain measures what it gets while another does its worst.
 *
 * Mechanism: a domain's share of the processor and how late its timers come depend on the scheduler alone,
 * not on what a neighbour asks the hypervisor to do: long work is cut into slices, events cost the sender.
 * Steps: the first word of the command line is the role. `victim` sleeps a millisecond at a time and notes how
 * late it wakes, then computes for a while and notes its share. `hog` computes; `events` sends to a port of
 * the victim without pause; `tables` changes hundreds of page-table entries a call; `pinner` pins tables that
 * map half a gigabyte and unpins them. These four never end: who runs the machine stops it.
 * Fails by: a refusal. The figures are not judged here.
 */
#include "lib/event.h"
#include "lib/pv.h"

#include <xen/vcpu.h>

enum { SLEEPS = 400, L1_TABLES = 256, BATCH = 256, VICTIM = 1, FIRST_PORTS = 8 };

#define PERIOD	1000000ULL /* ns */
#define COMPUTE 2000000000ULL

static bool role(const char *word)
{
	return strstr((const char *)start_info->cmd_line, word);
}

/* ---- the victim -------------------------------------------------------------------------------------- */

static uint64_t late[SLEEPS];

static void sleep_until(evtchn_port_t port, uint64_t deadline)
{
	struct sched_poll poll = { .nr_ports = 1 };

	set_xen_guest_handle(poll.ports, &port);
	port_clear(port);
	hv_set_timer_op(deadline);
	while (!port_pending(port))
		hv_sched_op(SCHEDOP_poll, &poll);
}

static void sort(uint64_t *a, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		uint64_t v = a[i];
		unsigned int j = i;

		for (; j && a[j - 1] > v; j--)
			a[j] = a[j - 1];
		a[j] = v;
	}
}

/* In tenths, as the bench lines are. */
static void show_late(const char *name, uint64_t ns)
{
	printk("bench %s %lu\n", name, (unsigned long)((uint32_t)ns / 100));
}

static uint64_t time_running(void)
{
	struct vcpu_runstate_info info;

	expect(hv_vcpu_op(VCPUOP_get_runstate_info, 0, &info), 0, "get_runstate_info");
	return info.time[RUNSTATE_running];
}

/* In microseconds both, so that 32 bits divide them. */
static void show_share(uint64_t ran, uint64_t elapsed)
{
	printk("bench share %lu\n",
	       (unsigned long)((uint32_t)(ran >> 10) * 100 / ((uint32_t)(elapsed >> 10) / 10)));
}

static void victim(void)
{
	evtchn_port_t timer = (evtchn_port_t)evtchn_bind_virq(VIRQ_TIMER, 0);
	int storm = evtchn_alloc_unbound(DOMID_SELF, VICTIM + 1);
	uint64_t began, ran, end;

	ensure(storm > 0, "a port for the neighbour: %d", storm);
	/* The neighbour needs its time to begin. */
	sleep_until(timer, system_time() + 1000 * PERIOD);
	for (unsigned int i = 0; i < SLEEPS; i++) {
		uint64_t deadline = system_time() + PERIOD;

		port_clear(storm);
		sleep_until(timer, deadline);
		late[i] = system_time() - deadline;
	}
	sort(late, SLEEPS);
	show_late("p50", late[SLEEPS / 2]);
	show_late("p99", late[SLEEPS * 99 / 100]);
	show_late("worst", late[SLEEPS - 1]);
	began = system_time();
	ran = time_running();
	while ((end = system_time()) < began + COMPUTE)
		port_clear(storm);
	show_share(time_running() - ran, end - began);
}

/* ---- the neighbours ----------------------------------------------------------------------------------- */

static void send_for_ever(void)
{
	int port = -1;

	while (port <= 0)
		for (evtchn_port_t p = 1; p < FIRST_PORTS && port <= 0; p++)
			port = evtchn_bind_interdomain(VICTIM, p);
	for (;;)
		evtchn_send(port);
}

static void change_tables_for_ever(void)
{
	static mmu_update_t req[BATCH];

	window_init();
	for (unsigned int round = 0;; round++) {
		for (unsigned int i = 0; i < BATCH; i++) {
			req[i].ptr = virt_to_maddr(window_l1) + i * 8;
			req[i].val =
				pte(virt_to_mfn(boot_stack), round % 2 ? PTE_KERN : PTE_KERN_R);
		}
		expect(hv_mmu_update(req, BATCH, NULL, DOMID_SELF), 0, "mmu_update");
	}
}

/* Frames far above the boot mapping, each used as a table through one window slot. */
static mfn_t table_frame(unsigned int i)
{
	return pfn_to_mfn(PFN(start_info->nr_pages - 1 - i));
}

static void pin_for_ever(void)
{
	uint64_t *slot = (uint64_t *)window_init(), *entries = page_alloc();
	mfn_t l2 = table_frame(L1_TABLES);

	for (unsigned int i = 0; i < L1_TABLES; i++) {
		map_va(slot, pte(table_frame(i), PTE_KERN));
		for (unsigned int e = 0; e < PT_ENTRIES; e++)
			slot[e] = pte(virt_to_mfn(boot_stack), PTE_KERN_R);
		map_va(slot, 0);
		entries[i] = pte(table_frame(i), PTE_TABLE);
	}
	map_va(slot, pte(l2, PTE_KERN));
	memcpy(slot, entries, PAGE_SIZE);
	map_va(slot, 0);
	for (;;) {
		expect(mmuext(MMUEXT_PIN_L2_TABLE, l2), 0, "pin");
		expect(mmuext(MMUEXT_UNPIN_TABLE, l2), 0, "unpin");
	}
}

void test_main(void)
{
	shared_info_map();
	if (role("victim"))
		victim();
	else if (role("events"))
		send_for_ever();
	else if (role("tables"))
		change_tables_for_ever();
	else if (role("pinner"))
		pin_for_ever();
	else
		for (;;)
			barrier();
}
