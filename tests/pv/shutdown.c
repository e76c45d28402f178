/* SPDX-License-Identifier: MIT */
/*
 * How a domain ends by itself, as its toolstack sees it.
 *
 * Mechanism: SCHEDOP_shutdown, a fault that nobody handles, a watchdog that ran out and another domain's
 * SCHEDOP_remote_shutdown stop a domain with a reason. VIRQ_DOM_EXC says that somebody stopped,
 * getdomaininfo who and why; the domain stays as it is until it is destroyed, or goes on when it is
 * resumed.
 * Steps: one domain a reason; then a suspended one is resumed and ends otherwise.
 * Fails by: the reason, and what came instead.
 * Run with: guest=both
 * Runs as: domain 0.
 */
#include "lib/event.h"
#include "lib/pv.h"
#include "lib/toolstack.h"

static const struct {
	const char *role;
	int reason;
} ends[] = {
	{ "reason=0", SHUTDOWN_poweroff }, { "reason=1", SHUTDOWN_reboot },
	{ "reason=2", SHUTDOWN_suspend },  { "reason=3", SHUTDOWN_crash },
	{ "reason=4", SHUTDOWN_watchdog }, { "reason=5", SHUTDOWN_soft_reset },
	{ "fault", SHUTDOWN_crash },	   { "watchdog", SHUTDOWN_watchdog },
	{ "remote", SHUTDOWN_reboot },
};

static struct guest g;

static void shut_down(unsigned int reason)
{
	struct sched_shutdown arg = { .reason = reason };

	hv_sched_op(SCHEDOP_shutdown, &arg);
	/* Only a suspended domain comes here, when it is resumed. */
	guest_mailbox()->word[0] = 1;
}

static void guest(void)
{
	struct sched_watchdog dog = { .timeout = 1 };

	if (guest_role("reason")) {
		const char *line = (const char *)start_info->cmd_line;

		shut_down(strtoul(strstr(line, "reason=") + 7, NULL, 10));
		return;
	}
	if (guest_role("fault"))
		asm volatile("ud2");
	if (guest_role("watchdog") && hv_sched_op(SCHEDOP_watchdog, &dog) < 0)
		test_failure("SCHEDOP_watchdog is refused");
	for (;;)
		hv_sched_op(SCHEDOP_yield, NULL);
}

static bool start(const char *role)
{
	port_clear((evtchn_port_t)toolstack_dom_exc);
	if (!toolstack_create(&g, &(struct guest_config){ .cmdline = role }))
		return true;
	test_failure("%s: no domain", role);
	return false;
}

static void check_ended(const char *role, int reason)
{
	struct xen_domctl_getdomaininfo info;

	expect(toolstack_wait(&g, 5000), reason, "%s", role);
	ensure(toolstack_take_dom_exc(), "%s: VIRQ_DOM_EXC", role);
	expect(toolstack_info(g.domid, &info), 0, "%s: getdomaininfo", role);
	expect(info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_paused),
	       XEN_DOMINF_shutdown, "%s: flags", role);
	expect_u64(info.tot_pages, g.pages, "%s: its pages", role);
}

static void one_end(unsigned int i)
{
	if (!start(ends[i].role))
		return;
	if (!strcmp(ends[i].role, "remote")) {
		struct sched_remote_shutdown arg = { .domain_id = g.domid,
						     .reason = SHUTDOWN_reboot };

		expect(hv_sched_op(SCHEDOP_remote_shutdown, &arg), 0, "remote_shutdown");
	}
	check_ended(ends[i].role, ends[i].reason);
	expect(toolstack_destroy(&g), 0, "%s: destroy", ends[i].role);
}

static void resume(void)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_getdomaininfo info;

	if (!start("reason=2"))
		return;
	check_ended("suspend", SHUTDOWN_suspend);
	expect(domctl(XEN_DOMCTL_resumedomain, g.domid, &op), 0, "resumedomain");
	ensure(toolstack_wait_word(&g, 0, 1, 5000), "it goes on");
	expect(toolstack_wait(&g, 5000), SHUTDOWN_poweroff, "its second end");
	expect(toolstack_info(g.domid, &info), 0, "getdomaininfo");
	expect(toolstack_destroy(&g), 0, "destroy");
}

static void check_refusals(void)
{
	struct sched_remote_shutdown arg = { .domain_id = 4711 };

	expect(hv_sched_op(SCHEDOP_remote_shutdown, &arg), -XEN_ESRCH, "shut down domain 4711");
	expect(hv_sched_op(SCHEDOP_remote_shutdown, (void *)-4096L), -XEN_EFAULT, "from -4096");
}

void test_main(void)
{
	if (!is_dom0()) {
		guest();
		return;
	}
	toolstack_init();
	check_refusals();
	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++)
		one_end(i);
	resume();
}
