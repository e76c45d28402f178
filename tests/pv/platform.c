/* SPDX-License-Identifier: MIT */
/*
 * platform_op: what the domain that owns the hardware asks, and is refused.
 *
 * Mechanism: one structure with a command and a version; the operations' own parts hold handles of the
 * guest's width. Also here: the hypercalls of features that a hypervisor for paravirtual guests lacks.
 * Steps: 1. the structure; 2. wall clock; 3. memory types; 4. firmware; 5. power; 6. processors;
 * 7. registers; 8. symbols; 9. hypercalls that are not there.
 * Fails by: the call, its result and the one expected.
 */
#include "lib/pv.h"

#include <xen/platform.h>

#define NOWHERE ((void *)16)

static struct xen_platform_op op;

static int run(uint32_t cmd)
{
	op.cmd = cmd;
	op.interface_version = XENPF_INTERFACE_VERSION;
	return hypercall(__HYPERVISOR_platform_op, &op, 0, 0, 0, 0);
}

/* With everything else zero. */
static int run_empty(uint32_t cmd)
{
	memset(&op, 0, sizeof(op));
	return run(cmd);
}

/* With one number at the start of the union, or two. */
static int run_with(uint32_t cmd, uint32_t first, uint32_t second)
{
	memset(&op, 0, sizeof(op));
	op.u.firmware_info.type = first;
	op.u.firmware_info.index = second;
	return run(cmd);
}

static void the_structure(void)
{
	op.cmd = XENPF_get_cpuinfo;
	op.interface_version = XENPF_INTERFACE_VERSION + 1;
	expect(hypercall(__HYPERVISOR_platform_op, &op, 0, 0, 0, 0), -XEN_EACCES,
	       "another interface version");
	expect(hypercall(__HYPERVISOR_platform_op, NOWHERE, 0, 0, 0, 0), -XEN_EFAULT,
	       "an unreadable structure");
	expect(run_empty(0), -XEN_ENOSYS, "operation 0");
	expect(run_empty(64), -XEN_ENOSYS, "operation 64");
	expect(run_empty(~0u), -XEN_ENOSYS, "operation 2^32-1");
}

static void wallclock(void)
{
	memset(&op, 0, sizeof(op));
	op.u.settime64.secs = 1000000000;
	op.u.settime64.mbz = 1;
	expect(run(XENPF_settime64), -XEN_EINVAL, "a field that must be zero");
	op.u.settime64.mbz = 0;
	expect(run(XENPF_settime64), 0, "settime64");
	expect(run_with(XENPF_settime32, 1000000000, 0), 0, "settime32");
}

static void memory_types(void)
{
	uint32_t n = 0;

	while (n < 256 && !run_with(XENPF_read_memtype, n, 0))
		n++;
	ensure(n < 256, "256 memory-type registers and more");
	expect(run_with(XENPF_read_memtype, ~0u, 0), -XEN_EINVAL, "register 2^32-1");
	ensure(run_empty(XENPF_add_memtype) < 0, "no pages of a type");
	expect(run_with(XENPF_del_memtype, 0, ~0u), -XEN_EINVAL, "a register never set");
}

static void firmware(void)
{
	expect(run_with(XENPF_firmware_info, 0, 0), -XEN_EINVAL, "firmware information 0");
	expect(run_with(XENPF_firmware_info, XEN_FW_DISK_INFO, 0), -XEN_ESRCH, "disks");
	expect(run_with(XENPF_firmware_info, XEN_FW_DISK_MBR_SIGNATURE, 0), -XEN_ESRCH,
	       "signatures of disks");
	expect(run_with(XENPF_firmware_info, XEN_FW_VBEDDC_INFO, 7), -XEN_ESRCH, "monitor 7");
	expect(run_with(XENPF_firmware_info, XEN_FW_EFI_INFO, 0), -XEN_ENOSYS, "EFI");
	expect(run_with(XENPF_firmware_info, XEN_FW_KBD_SHIFT_FLAGS, 0), 0, "shift keys");
	expect(run_with(XENPF_firmware_info, XEN_FW_KBD_SHIFT_FLAGS, 1), -XEN_ESRCH,
	       "shift keys of a second keyboard");
	expect(run_with(XENPF_firmware_info, 99, 0), -XEN_EINVAL, "firmware information 99");
	expect(run_empty(XENPF_efi_runtime_call), -XEN_ENOSYS, "an EFI call");
	expect(run_empty(XENPF_microcode_update), -XEN_EINVAL, "no microcode");
	expect(run_with(XENPF_platform_quirk, QUIRK_IOAPIC_GOOD_REGSEL, 0), 0, "a good quirk");
	expect(run_with(XENPF_platform_quirk, 0, 0), -XEN_EINVAL, "quirk 0");
	expect(run_with(XENPF_platform_quirk, 4, 0), -XEN_EINVAL, "quirk 4");
}

static void power(void)
{
	memset(&op, 0, sizeof(op));
	op.u.enter_acpi_sleep.sleep_state = 6;
	expect(run(XENPF_enter_acpi_sleep), -XEN_EINVAL, "S6");
	op.u.enter_acpi_sleep.sleep_state = 0;
	expect(run(XENPF_enter_acpi_sleep), -XEN_EINVAL, "S0");
	expect(run_empty(XENPF_change_freq), -XEN_ENOSYS, "another frequency");
	expect(run_empty(XENPF_getidletime), -XEN_ENOSYS, "idle times for domain 0's governor");
	expect(run_with(XENPF_set_processor_pminfo, 0, XEN_PM_TX), -XEN_ENOSYS, "T-states");
	expect(run_with(XENPF_set_processor_pminfo, 0, XEN_PM_PDC), -XEN_EFAULT, "no PDC");
	expect(run_with(XENPF_set_processor_pminfo, 0, 4), -XEN_EINVAL, "states of kind 4");
}

static void processors(void)
{
	uint32_t last;

	expect(run_empty(XENPF_get_cpuinfo), 0, "pCPU 0");
	expect(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE, "its flags");
	last = op.u.pcpu_info.max_present;
	expect(run_with(XENPF_get_cpuinfo, last, 0), 0, "the last pCPU");
	expect(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE, "its flags");
	expect(run_with(XENPF_get_cpuinfo, 9999, 0), 0, "pCPU 9999");
	expect(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID, "its flags");
	expect(op.u.pcpu_info.max_present, last, "the last pCPU, again");

	expect(run_empty(XENPF_get_cpu_version), 0, "version of pCPU 0");
	expect(op.u.pcpu_version.max_present, last, "the last pCPU, there");
	ensure(op.u.pcpu_version.family >= 6, "family %x", op.u.pcpu_version.family);
	ensure(op.u.pcpu_version.vendor_id[11], "vendor %.12s", op.u.pcpu_version.vendor_id);
	expect(run_with(XENPF_get_cpu_version, 9999, 0), 0, "version of pCPU 9999");
	expect(op.u.pcpu_version.family, 0, "its family");
	expect(op.u.pcpu_version.vendor_id[0], 0, "its vendor");

	expect(run_with(XENPF_cpu_online, 0, 0), 0, "pCPU 0 on line");
	expect(run_with(XENPF_cpu_online, 9999, 0), -XEN_EINVAL, "pCPU 9999 on line");
	expect(run_with(XENPF_cpu_offline, 0, 0), -XEN_EOPNOTSUPP, "pCPU 0 off line");
	expect(run_with(XENPF_cpu_offline, 9999, 0), -XEN_EINVAL, "pCPU 9999 off line");
	ensure(run_empty(XENPF_cpu_hotadd) < 0, "pCPU 0 once more");
	ensure(run_empty(XENPF_mem_hotadd) < 0, "memory from 0 to 0");
	expect(run_with(XENPF_core_parking, 0, 0), -XEN_EINVAL, "parking operation 0");
	expect(run_with(XENPF_core_parking, XEN_CORE_PARKING_SET, 0), 0, "park none");
	expect(run_with(XENPF_core_parking, XEN_CORE_PARKING_GET, 77), 0, "how many are parked?");
	expect(op.u.core_parking.idle_nums, 0, "parked");
}

#define MSR_TSC	 0x10
#define MSR_APIC 0x1b

static void registers(void)
{
	static xenpf_resource_entry_t e[3];

	expect(run_empty(XENPF_resource_op), 0, "no registers");
	e[0] = (xenpf_resource_entry_t){ .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = MSR_TSC };
	e[1] = (xenpf_resource_entry_t){ .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = MSR_APIC };
	op.u.resource_op.nr_entries = 2;
	set_xen_guest_handle(op.u.resource_op.entries, e);
	expect(run(XENPF_resource_op), 1, "a register that is open, and one that is not");
	ensure(e[0].val, "the TSC is 0");
	expect(e[1].u.ret, -XEN_EPERM, "the closed one");
	e[1].u.cmd = 7;
	expect(run(XENPF_resource_op), 1, "an unknown operation");
	expect(e[1].u.ret, -XEN_EOPNOTSUPP, "the unknown operation");
	e[0].u.cmd = XEN_RESOURCE_OP_MSR_WRITE;
	expect(run(XENPF_resource_op), 0, "to write the TSC");
	expect(e[0].u.ret, -XEN_EPERM, "to write the TSC");
	e[0].u.cmd = XEN_RESOURCE_OP_MSR_READ;
	e[0].rsvd = 1;
	expect(run(XENPF_resource_op), 0, "the reserved field");
	expect(e[0].u.ret, -XEN_EINVAL, "the reserved field");
	e[0].u.cmd = XEN_RESOURCE_OP_MSR_READ;
	e[0].rsvd = 0;
	op.u.resource_op.nr_entries = 1;
	op.u.resource_op.cpu = 9999;
	expect(run(XENPF_resource_op), -XEN_ENODEV, "on pCPU 9999");
	op.u.resource_op.nr_entries = 4;
	expect(run(XENPF_resource_op), -XEN_EINVAL, "four registers");
	op.u.resource_op.nr_entries = 1;
	set_xen_guest_handle(op.u.resource_op.entries, NOWHERE);
	expect(run(XENPF_resource_op), -XEN_EFAULT, "registers nowhere");
}

static void symbols(void)
{
	static char name[128];
	uint64_t before = 0;
	uint32_t n = 0;

	memset(&op, 0, sizeof(op));
	for (;; n++) {
		op.u.symdata.namelen = sizeof(name);
		op.u.symdata.symnum = n;
		set_xen_guest_handle(op.u.symdata.name, name);
		if (run(XENPF_get_symbol) || !name[0])
			break;
		expect(op.u.symdata.symnum, n + 1, "the symbol after %s", name);
		expect(op.u.symdata.namelen, strlen(name) + 1, "length of %s", name);
		ensure(op.u.symdata.address >= before, "%s is not in order", name);
		before = op.u.symdata.address;
		if (n == 50)
			break;
	}
	ensure(n == 50, "only %u symbols", n);
	op.u.symdata.namelen = 2;
	op.u.symdata.symnum = 1;
	memset(name, '#', sizeof(name));
	expect(run(XENPF_get_symbol), 0, "a short buffer");
	ensure(op.u.symdata.namelen > 2 && name[2] == '#', "the name is longer than its buffer");
	set_xen_guest_handle(op.u.symdata.name, NOWHERE);
	op.u.symdata.symnum = 1;
	expect(run(XENPF_get_symbol), -XEN_EFAULT, "a name nowhere");
	op.u.symdata.symnum = ~0u;
	expect(run(XENPF_get_symbol), -XEN_ERANGE, "symbol 2^32-1");
}

/* What a guest meets that probes for features. */
static void not_there(void)
{
	expect(hypercall(__HYPERVISOR_xsm_op, 0, 0, 0, 0, 0), -XEN_ENOSYS, "xsm_op");
	expect(hypercall(__HYPERVISOR_tmem_op, 0, 0, 0, 0, 0), -XEN_ENOSYS, "tmem_op");
	expect(hypercall(__HYPERVISOR_argo_op, 0, 0, 0, 0, 0), -XEN_ENOSYS, "argo_op");
	for (uint32_t i = 0; i < 10; i++)
		expect(hypercall(__HYPERVISOR_xenpmu_op, i, 0, 0, 0, 0), -XEN_EOPNOTSUPP,
		       "xenpmu_op %u", i);
	expect(hypercall(__HYPERVISOR_dm_op, 0, 4, &op, 0, 0), -XEN_E2BIG, "dm_op, 4 buffers");
}

void test_main(void)
{
	if (!is_dom0()) {
		for (uint32_t cmd = 0; cmd < 70; cmd++)
			expect(run_empty(cmd), -XEN_EPERM, "unprivileged, operation %u", cmd);
		not_there();
		return;
	}
	the_structure();
	wallclock();
	memory_types();
	firmware();
	power();
	processors();
	registers();
	symbols();
	not_there();
}
