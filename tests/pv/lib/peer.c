/* SPDX-License-Identifier: MIT */
/*
 * The rendezvous of two domains through one granted page.
 *
 * Domain 0 knows nothing of the other but its number and one grant reference: it tries to map that
 * until it works. Waiting yields, so that both get on with one processor.
 */
#include "event.h"
#include "peer.h"
#include "pv.h"

#define PATIENCE 10000000000ULL /* ns */

static struct mailbox *box;
static char host_page[PAGE_SIZE] __attribute__((aligned(4096)));
static grant_handle_t handle;

static void give_up(const char *what)
{
	test_failure("the other domain %s", what);
	test_exit();
}

struct mailbox *peer_init(void)
{
	uint64_t end;

	trap_init();
	shared_info_map();
	grant_init();
	if (!is_dom0()) {
		box = page_alloc();
		grant_access(PEER_MAILBOX, 0, virt_to_mfn(box), false);
		return box;
	}
	end = system_time() + PATIENCE;
	while (grant_map(PEER_MAILBOX, PEER_DOMU, (unsigned long)host_page, GNTMAP_host_map,
			 &handle)) {
		if (system_time() > end)
			give_up("does not grant its mailbox");
		hv_sched_op(SCHEDOP_yield, NULL);
	}
	box = (struct mailbox *)host_page;
	return box;
}

void peer_step(unsigned int n)
{
	uint64_t end = system_time() + PATIENCE;
	unsigned int me = is_dom0() ? 0 : 1;

	__atomic_store_n(&box->step[me], n, __ATOMIC_SEQ_CST);
	while (box->step[!me] < n) {
		if (system_time() > end)
			give_up("does not keep step");
		hv_sched_op(SCHEDOP_yield, NULL);
	}
}

void peer_bye(void)
{
	uint64_t end = system_time() + PATIENCE;
	domid_t dom = PEER_DOMU;

	if (!is_dom0())
		test_exit();
	grant_unmap(handle, (unsigned long)host_page);
	while (hv_memory_op(XENMEM_current_reservation, &dom) != -XEN_ESRCH) {
		if (system_time() > end)
			give_up("does not go away");
		hv_sched_op(SCHEDOP_yield, NULL);
	}
}
