/* SPDX-License-Identifier: MIT */
/*
 * callback_op and nmi_op: the kernel's entries besides the trap table.
 *
 * Mechanism: set_callbacks is the old form, callback_op the general one, with a type and flags.
 * Some types may be unregistered. An NMI callback runs with further NMIs held off until iret.
 * Steps: 1. the event callback by callback_op works; 2. types and commands that do not exist;
 * 3. an NMI to oneself.
 * Fails by: the case with the error that came, or the callback that did not run.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

extern char event_entry[], failsafe_entry[], nmi_entry[];

static int add(unsigned int type, char *entry, unsigned int flags)
{
	struct callback_register arg = { .type = type, .flags = flags };

#ifdef __i386__
	arg.address.cs = FLAT_KERNEL_CS;
	arg.address.eip = (unsigned long)entry;
#else
	arg.address = (unsigned long)entry;
#endif
	return hv_callback_op(CALLBACKOP_register, &arg);
}

static int del(unsigned int type)
{
	struct callback_unregister arg = { .type = type };

	return hv_callback_op(CALLBACKOP_unregister, &arg);
}

static unsigned int nmis;

static bool on_nmi(struct regs *regs)
{
	(void)regs;
	nmis++;
	return true;
}

static void check_events(void)
{
	int port;

	event_init();
	expect(add(CALLBACKTYPE_event, event_entry, 0), 0, "register event");
	expect(add(CALLBACKTYPE_failsafe, failsafe_entry, 0), 0, "register failsafe");
	port = evtchn_bind_ipi(0);
	upcall_mask(false);
	evtchn_send(port);
	upcall_mask(true);
	expect(upcalls, 1, "upcalls");
	expect(del(CALLBACKTYPE_event), -XEN_EINVAL, "unregister event");
	expect(del(CALLBACKTYPE_failsafe), -XEN_EINVAL, "unregister failsafe");
	expect(del(99), -XEN_ENOSYS, "unregister type 99");
	expect(add(99, event_entry, 0), -XEN_ENOSYS, "register type 99");
	expect(add(3, event_entry, 0), -XEN_ENOSYS, "register type 3");
	expect(hv_callback_op(CALLBACKOP_register, NULL), -XEN_EFAULT, "register, null");
	expect(hv_callback_op(99, NULL), PT_LEVELS == 3 ? -XEN_EINVAL : -XEN_ENOSYS, "command 99");
#ifdef __x86_64__
	expect(add(CALLBACKTYPE_event, (char *)(1UL << 63), 0), -XEN_EINVAL, "not canonical");
#endif
}

static void check_nmi(void)
{
	struct xennmi_callback arg = { .handler_address = (unsigned long)nmi_entry };

	trap_handle(VEC_NMI_CALLBACK, on_nmi);
	expect(hv_nmi_op(XENNMI_register_callback, &arg), 0, "register NMI");
	expect(hv_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0, "send_nmi");
	hv_xen_version(XENVER_version, NULL);
	expect(nmis, 1, "NMIs");
	expect(hv_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0, "send_nmi again");
	hv_xen_version(XENVER_version, NULL);
	expect(nmis, 2, "NMIs");
	expect(hv_nmi_op(XENNMI_unregister_callback, NULL), 0, "unregister");
	expect(hv_nmi_op(XENNMI_unregister_callback, NULL), 0, "unregister twice");
	expect(hv_nmi_op(XENNMI_register_callback, NULL), -XEN_EFAULT, "register, null");
	expect(hv_nmi_op(99, NULL), -XEN_ENOSYS, "command 99");
	expect(add(CALLBACKTYPE_nmi, nmi_entry, 0), 0, "register NMI by callback_op");
	expect(hv_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0, "send_nmi");
	hv_xen_version(XENVER_version, NULL);
	expect(nmis, 3, "NMIs");
	expect(del(CALLBACKTYPE_nmi), 0, "unregister it");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	check_events();
	check_nmi();
}
