/* SPDX-License-Identifier: MIT */
/*
 * Events: pending, selector, mask, upcall.
 *
 * Mechanism: a notification sets the port's pending bit; if the port is not masked, also the
 * selector bit and upcall_pending; and when the vCPU's mask is clear, the callback runs, with the
 * mask set, before the guest's next instruction. The edge of a masked port is lost until
 * EVTCHNOP_unmask looks again.
 * Steps: 1. send with the vCPU masked; 2. unmasked, on return from the hypercall; 3. masked port
 * and EVTCHNOP_unmask; 4. iret opens the mask; 5. the frame of the upcall.
 * Fails by: the bit or the count.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

static bool masked_in_upcall;

static void hook(struct regs *regs)
{
	(void)regs;
	masked_in_upcall = upcall_masked();
}

static void check_masked_cpu(int port)
{
	upcall_mask(true);
	expect(evtchn_send(port), 0, "send");
	expect(port_pending(port), true, "pending bit");
	expect_u64(shared_info->vcpu_info[0].evtchn_pending_sel, 1, "selector");
	expect(upcall_pending(), true, "upcall_pending");
	expect(upcalls, 0, "upcalls while masked");
	expect(evtchn_send(port), 0, "send again");

	/* A hypercall's return delivers what is pending once the mask is open. */
	upcall_mask(false);
	hv_xen_version(XENVER_version, NULL);
	upcall_mask(true);
	expect(upcalls, 1, "upcalls after the mask opened");
	expect(port_count[port], 1, "two sends, one event");
	expect(port_pending(port), false, "pending bit after");
}

static void check_open_cpu(int port)
{
	upcalls = 0;
	upcall_mask(false);
	expect(evtchn_send(port), 0, "send, open");
	expect(upcalls, 1, "upcalls before send returned");
	expect(masked_in_upcall, true, "mask inside the upcall");
	expect(upcall_masked(), false, "mask after the upcall");
	expect(upcall_regs.saved_mask, 0, "saved mask in its frame");
	expect_u64(upcall_regs.flags & FLAG_IF, FLAG_IF, "IF in its frame");
	expect_u64(upcall_regs.cs | 3, FLAT_KERNEL_CS | 3, "cs in its frame");
	upcall_mask(true);
}

static void check_masked_port(int port)
{
	upcalls = 0;
	upcall_mask(false);
	port_mask(port);
	expect(evtchn_send(port), 0, "send to a masked port");
	expect(upcalls, 0, "upcalls for it");
	expect(port_pending(port), true, "its pending bit");
	expect(upcall_pending(), false, "upcall_pending for it");
	port_unmask(port);
	hv_xen_version(XENVER_version, NULL);
	expect(upcalls, 0, "clearing the mask bit alone");
	port_mask(port);
	expect(evtchn_unmask(port), 0, "EVTCHNOP_unmask");
	expect(upcalls, 1, "upcalls after it");
	expect(port_pending(port), false, "pending bit after");
	upcall_mask(true);
	expect(evtchn_unmask(port), 0, "EVTCHNOP_unmask, nothing pending");
	expect(upcall_pending(), false, "upcall_pending after that");
}

static void check_trap_delivery(int port)
{
	/* The mask opened by hand is noticed at the next entry, here a bounce. */
	upcalls = 0;
	upcall_mask(true);
	evtchn_send(port);
	upcall_mask(false);
	expect_exc(TRY("ud2", :), EXC(VEC_UD, 0), "ud2 with an event pending");
	expect(upcalls, 1, "upcalls at the exception");
	upcall_mask(true);

	upcalls = 0;
	evtchn_send(port);
	asm volatile("int3"); /* TRY() is not armed: the handler below resumes */
	expect(upcalls, 0, "upcalls at an exception while masked");
	upcall_mask(false);
	hv_xen_version(XENVER_version, NULL);
	expect(upcalls, 1, "upcalls at last");
	upcall_mask(true);
}

static bool resume(struct regs *regs)
{
	(void)regs;
	return true;
}

void test_main(void)
{
	int port;

	trap_init();
	shared_info_map();
	event_init();
	upcall_hook = hook;
	trap_handle(VEC_BP, resume);
	port = evtchn_bind_ipi(0);
	ensure(port > 0, "bind_ipi: %d", port);
	check_masked_cpu(port);
	check_open_cpu(port);
	check_masked_port(port);
	check_trap_delivery(port);
}
