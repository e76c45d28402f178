/* SPDX-License-Identifier: MIT */
/*
 * ip=dhcp: the interface's address comes from a server, by lwIP's own client, and is renewed as long as the program
 * runs.
 *
 * The kernel for processes has no such client (udhcpc is one), so lwIP is configured without it, and only this file and
 * lwIP's dhcp.c are compiled as if it were there: lib/kit/build.mk. Its timers are a thread here.
 */
#include "lib/kit/kit.h"
#include "net/stack.h"
#include "proc.h"
#include "timer.h"

#include <lwip/dhcp.h>

#define TRIES 200 /* each DHCP_FINE_TIMER_MSECS: RFC 2131's four DISCOVERs take nearly a minute */

static struct waitq never = WAITQ_INIT(never);

static void wait_a_tick(void)
{
	(void)wait_event_full(&never, false, false,
			      time_now() + (uint64_t)DHCP_FINE_TIMER_MSECS * NSEC_PER_MS);
}

static void renew(void *unused)
{
	(void)unused;
	for (unsigned long tick = 1;; tick++) {
		wait_a_tick();
		stack_lock();
		dhcp_fine_tmr();
		if (tick % (DHCP_COARSE_TIMER_MSECS / DHCP_FINE_TIMER_MSECS) == 0)
			dhcp_coarse_tmr();
		stack_unlock();
	}
}

/* Locks: stack. */
static struct netif *interface(const char *name)
{
	struct netdev *d = netdev_find(name);

	return d ? stack_netif(d) : NULL;
}

static bool has_address(const char *name)
{
	struct netif *n;
	bool has;

	stack_lock();
	n = interface(name);
	has = n && dhcp_supplied_address(n);
	if (has)
		netif_set_default(n);
	stack_unlock();
	return has;
}

KIT_ABI long kit_dhcp(const char *name)
{
	struct netif *n;
	err_t rc;

	stack_lock();
	n = interface(name);
	rc = n ? dhcp_start(n) : ERR_IF;
	stack_unlock();
	if (rc != ERR_OK)
		return stack_error(rc);
	if (!kthread_create("dhcp", renew, NULL))
		return -ENOMEM;
	for (int i = 0; i < TRIES && !has_address(name); i++)
		wait_a_tick();
	return has_address(name) ? 0 : -ETIMEDOUT;
}
