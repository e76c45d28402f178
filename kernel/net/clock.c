/* SPDX-License-Identifier: MIT */
/*
 * The protocols' clocks: TCP's, four times a second while there is a connection, and that of ARP and reassembly, once a
 * second always.
 *
 * lwIP has timers of its own, which take memory each time they are set and stop the machine when there is none. These
 * need none, so they are all that is used (LWIP_TIMERS in lwipopts.h): a machine that is out of memory for a while goes
 * on repeating what was lost when there is some again.
 *
 * Locks: the stack's.
 */
#include "net/clock.h"
#include "net/tcp.h"
#include "timer.h"

#include <lwip/etharp.h>
#include <lwip/ip4_frag.h>

#define TCP_TICK (TCP_TMR_INTERVAL * NSEC_PER_MS)
#define ARP_TICK (ARP_TMR_INTERVAL * NSEC_PER_MS)

_Static_assert(ARP_TMR_INTERVAL == IP_TMR_INTERVAL, "one clock for both");

static uint64_t tcp_due = WAIT_FOREVER, arp_due;
static void (*soon)(void); /* what is to be done as soon as lwIP has returned */

void clock_soon(void (*fn)(void))
{
	soon = fn;
}

uint64_t clock_due(void)
{
	if (soon)
		return 0;
	if (!tcp_active_pcbs && !tcp_tw_pcbs)
		tcp_due = WAIT_FOREVER;
	else if (tcp_due == WAIT_FOREVER)
		tcp_due = time_now() + TCP_TICK;
	return min(tcp_due, arp_due);
}

void clock_run(void)
{
	uint64_t now = time_now();
	void (*fn)(void) = soon;

	soon = NULL;
	if (fn)
		fn();
	if (now >= tcp_due) {
		tcp_due = now + TCP_TICK;
		tcp_tmr();
	}
	if (now >= arp_due) {
		arp_due = now + ARP_TICK;
		etharp_tmr();
		ip_reass_tmr();
	}
}
