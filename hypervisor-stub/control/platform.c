/* SPDX-License-Identifier: MIT */
/*
 * platform_op: what the domain that owns the hardware asks and tells about it.
 *
 * Most of it is about things that we leave alone: memory-type registers are read and never changed, there
 * is no microcode to load, no frequency to set, no processor to add or to take away. Such operations answer
 * as a Xen that was told to do none of it (cpufreq=none), so that Linux's drivers give up in peace.
 *
 * Each operation reads its own part of the structure, through the shapes: handles in it are of the
 * guest's width. Locks: none but those of the clock.
 */
#include "abi/abi.h"
#include "abi/ops.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/init.h"
#include "domain/privilege.h"
#include "lib/string.h"
#include "pv/cpu_policy.h"
#include "time/timer.h"

#include <xen/platform.h>

static long unreadable(void)
{
	return refuse(-EFAULT, "the argument cannot be read");
}

static long unwritable(void)
{
	return refuse(-EFAULT, "the answer cannot be written");
}

/* ---- time --------------------------------------------------------------------------------------- */

static long set_wallclock(uint64_t seconds, uint32_t nanoseconds, stime_t at)
{
	if (nanoseconds >= MS(1000))
		return refuse(-EINVAL, "%u nanoseconds are more than a second", nanoseconds);
	time_set_wallclock(seconds, nanoseconds, at);
	return 0;
}

static long platform_settime32(gptr_t arg)
{
	struct xenpf_settime32 t;

	if (guest_get_xenpf_settime32(&t, arg, 0))
		return unreadable();
	return set_wallclock(t.secs, t.nsecs, (stime_t)t.system_time);
}

static long platform_settime64(gptr_t arg)
{
	struct xenpf_settime64 t;

	if (guest_get_xenpf_settime64(&t, arg, 0))
		return unreadable();
	if (t.mbz)
		return refuse(-EINVAL, "the field mbz is %u", t.mbz);
	return set_wallclock(t.secs, t.nsecs, (stime_t)t.system_time);
}

/* ---- memory types: of the boot processor, as the firmware left them ------------------------------- */

#define MSR_MTRRCAP	   0xfe
#define MSR_MTRR_BASE(n)   (0x200 + 2 * (n))
#define MSR_MTRR_MASK(n)   (0x201 + 2 * (n))
#define MTRR_VALID	   (1u << 11)
#define CPUID_1_EDX_MTRR   (1u << 12)
#define PHYSICAL_BITS_LEAF 0x80000008

static unsigned int memory_types(void)
{
	if (!(cpu_policy_leaf(&policy_raw, 1, 0)->d & CPUID_1_EDX_MTRR))
		return 0;
	return rdmsr(MSR_MTRRCAP) & 0xff;
}

static long platform_read_memtype(gptr_t arg)
{
	struct xenpf_read_memtype x;
	unsigned int bits = cpu_policy_leaf(&policy_raw, PHYSICAL_BITS_LEAF, 0)->a & 0xff;
	uint64_t mask;

	if (guest_get_xenpf_read_memtype(&x, arg, 0))
		return unreadable();
	if (x.reg >= memory_types())
		return refuse(-EINVAL, "there is no memory-type register %u", x.reg);
	x.mfn = x.nr_mfns = x.type = 0;
	mask = rdmsr(MSR_MTRR_MASK(x.reg));
	if (mask & MTRR_VALID) {
		uint64_t base = rdmsr(MSR_MTRR_BASE(x.reg));

		x.mfn = base >> PAGE_SHIFT;
		x.type = base & 0xff;
		x.nr_mfns = (((1UL << bits) - 1) >> PAGE_SHIFT & ~(mask >> PAGE_SHIFT)) + 1;
	}
	return guest_put_xenpf_read_memtype(arg, 0, &x) ? unwritable() : 0;
}

/* The PAT serves the same purpose page by page, and is a guest's own business. */
static long platform_add_memtype(gptr_t arg)
{
	(void)arg;
	return refuse(-ENXIO, "memory-type registers are not changed: use the PAT");
}

static long platform_del_memtype(gptr_t arg)
{
	(void)arg;
	return refuse(-EINVAL, "no memory-type register was ever set by a guest");
}

/* ---- firmware ----------------------------------------------------------------------------------- */

/* We came through a boot loader that asked the BIOS nothing for us: no disks, no monitor, no EFI. */
static long platform_firmware_info(gptr_t arg)
{
	uint32_t type, index;
	uint8_t no_keys = 0;

	if (guest_get_u32(&type, arg, 0) || guest_get_u32(&index, arg, 1))
		return unreadable();
	switch (type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return refuse(-ESRCH, "the BIOS was not asked for that (%u)", type);
	case XEN_FW_EFI_INFO:
		return refuse(-ENOSYS, "we were not booted by EFI");
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (index)
			return refuse(-ESRCH, "there is one keyboard, not %u", index);
		return copy_to_guest(gptr_add(arg, offsetof(struct xenpf_firmware_info, u)),
				     &no_keys, 1)
			       ? unwritable()
			       : 0;
	default:
		return refuse(-EINVAL, "there is no firmware information %u", type);
	}
}

static long platform_efi_runtime_call(gptr_t arg)
{
	(void)arg;
	return refuse(-ENOSYS, "we were not booted by EFI");
}

/* Linux's work-arounds for interrupt controllers that we drive ourselves: heard, and not needed. */
static long platform_platform_quirk(gptr_t arg)
{
	uint32_t quirk;

	if (guest_get_u32(&quirk, arg, 0))
		return unreadable();
	return quirk >= QUIRK_NOIRQBALANCING && quirk <= QUIRK_IOAPIC_GOOD_REGSEL
		       ? 0
		       : refuse(-EINVAL, "there is no quirk %u", quirk);
}

static long platform_microcode_update(gptr_t arg)
{
	(void)arg;
	return refuse(-EINVAL, "this hypervisor loads no microcode");
}

/* ---- power -------------------------------------------------------------------------------------- */

#define SLEEP_S3  3
#define SLEEP_OFF 5

/* The values for the registers are the caller's; ours come from the same table (cpu/acpi.c). */
static long platform_enter_acpi_sleep(gptr_t arg)
{
	struct xenpf_enter_acpi_sleep x;

	if (guest_get_xenpf_enter_acpi_sleep(&x, arg, 0))
		return unreadable();
	if (!x.sleep_state || x.sleep_state > SLEEP_OFF)
		return refuse(-EINVAL, "there is no sleep S%u", x.sleep_state);
	if (x.flags & ~XENPF_ACPI_SLEEP_EXTENDED)
		return refuse(-EINVAL, "unknown flags %x", x.flags);
	if (x.sleep_state != SLEEP_OFF)
		return refuse(-EOPNOTSUPP, "this machine does not wake from S%u", x.sleep_state);
	domain_shutdown(current->domain, SHUTDOWN_poweroff);
	return 0;
}

static long platform_change_freq(gptr_t arg)
{
	(void)arg;
	return refuse(-ENOSYS, "domain 0 does not control the processors' frequency");
}

/* Asked for by a domain 0 that controls the frequency itself; ours does not. */
static long platform_getidletime(gptr_t arg)
{
	(void)arg;
	return refuse(-ENOSYS, "domain 0 does not control the processors' frequency");
}

/* What the tables say of a processor's states: C-states are heard and not used, P-states not wanted. */
static long platform_set_processor_pminfo(gptr_t arg)
{
	uint32_t cpu, type, bits[3];
	uint64_t pdc; /* the union's first word is its handle, of the guest's width */

	if (guest_get_u32(&cpu, arg, 0) || guest_get_u32(&type, arg, 1) ||
	    guest_get_ulong(&pdc, gptr_add(arg, offsetof(struct xenpf_set_processor_pminfo, u)), 0))
		return unreadable();
	switch (type) {
	case XEN_PM_CX:
		return 0;
	case XEN_PM_PDC:
		return copy_from_guest(bits, _gptr(pdc), sizeof(bits)) ? unreadable() : 0;
	case XEN_PM_PX:
	case XEN_PM_TX:
		return refuse(-ENOSYS, "the frequency of processors is not managed");
	default:
		return refuse(-EINVAL, "there are no states of kind %u", type);
	}
}

/* ---- processors --------------------------------------------------------------------------------- */

static long platform_get_cpuinfo(gptr_t arg)
{
	struct xenpf_pcpuinfo x;

	if (guest_get_xenpf_pcpuinfo(&x, arg, 0))
		return unreadable();
	x.max_present = pcpu_count - 1;
	x.flags = XEN_PCPU_FLAGS_INVALID;
	if (x.xen_cpuid < pcpu_count) {
		x.flags = XEN_PCPU_FLAGS_ONLINE;
		x.apic_id = pcpus[x.xen_cpuid].apic_id;
		x.acpi_id = x.xen_cpuid;
	}
	return guest_put_xenpf_pcpuinfo(arg, 0, &x) ? unwritable() : 0;
}

/* Leaf 1: the extended family counts above family 15, the extended model at 6 and from 15 on. */
static void describe_version(struct xenpf_pcpu_version *x)
{
	uint32_t a = cpu_policy_leaf(&policy_raw, 1, 0)->a;

	memcpy(x->vendor_id, cpu_features.vendor, sizeof(x->vendor_id));
	x->stepping = a & 0xf;
	x->model = a >> 4 & 0xf;
	x->family = a >> 8 & 0xf;
	if (x->family == 6 || x->family == 15)
		x->model |= a >> 12 & 0xf0;
	if (x->family == 15)
		x->family += a >> 20 & 0xff;
}

static long platform_get_cpu_version(gptr_t arg)
{
	struct xenpf_pcpu_version x, answer = { 0 };

	if (guest_get_xenpf_pcpu_version(&x, arg, 0))
		return unreadable();
	answer.xen_cpuid = x.xen_cpuid;
	answer.max_present = pcpu_count - 1;
	if (x.xen_cpuid < pcpu_count)
		describe_version(&answer);
	return guest_put_xenpf_pcpu_version(arg, 0, &answer) ? unwritable() : 0;
}

static long platform_cpu_online(gptr_t arg)
{
	uint32_t cpu;

	if (guest_get_u32(&cpu, arg, 0))
		return unreadable();
	return cpu < pcpu_count ? 0 : refuse(-EINVAL, "there is no pCPU %u", cpu);
}

static long platform_cpu_offline(gptr_t arg)
{
	uint32_t cpu;

	if (guest_get_u32(&cpu, arg, 0))
		return unreadable();
	if (!cpu)
		return refuse(-EOPNOTSUPP, "the boot processor stays on line");
	if (cpu >= pcpu_count)
		return refuse(-EINVAL, "there is no pCPU %u", cpu);
	return refuse(-EBUSY, "pCPU %u stays on line", cpu);
}

static long platform_cpu_hotadd(gptr_t arg)
{
	(void)arg;
	return refuse(-EOPNOTSUPP, "processors are those that were found at boot");
}

static long platform_mem_hotadd(gptr_t arg)
{
	(void)arg;
	return refuse(-EOPNOTSUPP, "memory is what was found at boot");
}

static long platform_core_parking(gptr_t arg)
{
	struct xenpf_core_parking x;

	if (guest_get_xenpf_core_parking(&x, arg, 0))
		return unreadable();
	switch (x.type) {
	case XEN_CORE_PARKING_SET:
		return x.idle_nums && pcpu_count > 1
			       ? refuse(-EOPNOTSUPP, "no pCPU is parked: idle ones halt")
			       : 0;
	case XEN_CORE_PARKING_GET:
		x.idle_nums = 0;
		return guest_put_xenpf_core_parking(arg, 0, &x) ? unwritable() : 0;
	default:
		return refuse(-EINVAL, "there is no operation %u on parked pCPUs", x.type);
	}
}

/* ---- registers ---------------------------------------------------------------------------------- */

#define RESOURCES_MAX 3
#define MSR_TSC	      0x10

/* The clocks of all pCPUs are one, so it does not matter which of them is read. */
static int read_resource(struct xenpf_resource_entry *e)
{
	if (e->rsvd)
		return (int)refuse(-EINVAL, "the reserved field is %x", e->rsvd);
	if (e->u.cmd != XEN_RESOURCE_OP_MSR_READ && e->u.cmd != XEN_RESOURCE_OP_MSR_WRITE)
		return (int)refuse(-EOPNOTSUPP, "there is no operation %u on registers", e->u.cmd);
	if (e->idx >> 32)
		return (int)refuse(-EINVAL, "there is no MSR %lx", e->idx);
	if (e->idx != MSR_TSC || e->u.cmd != XEN_RESOURCE_OP_MSR_READ)
		return (int)refuse(-EPERM, "MSR %lx is none of those that are open", e->idx);
	e->val = rdtsc();
	return 0;
}

/* Entries up to the first that fails, which says why; the result is how many were done. */
static long platform_resource_op(gptr_t arg)
{
	struct xenpf_resource_op x;
	struct xenpf_resource_entry e;
	uint32_t i;
	int rc = 0;

	if (guest_get_xenpf_resource_op(&x, arg, 0))
		return unreadable();
	if (x.nr_entries > RESOURCES_MAX)
		return refuse(-EINVAL, "%u registers at once, %u at most", x.nr_entries,
			      RESOURCES_MAX);
	for (i = 0; i < x.nr_entries && !rc; i++) {
		if (guest_get_xenpf_resource_entry(&e, guest_handle(x.entries), i))
			return unreadable();
		rc = read_resource(&e);
		if (!rc && x.cpu >= pcpu_count)
			return refuse(-ENODEV, "there is no pCPU %u", x.cpu);
		if (rc)
			e.u.ret = rc;
		if (guest_put_xenpf_resource_entry(guest_handle(x.entries), i, &e))
			return unwritable();
	}
	return rc ? (long)i - 1 : (long)i;
}

/* ---- names of our functions, for profilers ------------------------------------------------------- */

static long platform_get_symbol(gptr_t arg)
{
	struct xenpf_symdata x;
	uint32_t length;
	const char *name;

	if (guest_get_xenpf_symdata(&x, arg, 0))
		return unreadable();
	if (x.symnum > symbol_count())
		return refuse(-ERANGE, "there is no symbol %u", x.symnum);
	name = symbol_at(x.symnum, &x.address);
	length = (uint32_t)strlen(name) + 1;
	x.type = 't';
	if (copy_to_guest(guest_handle(x.name), name, min(length, x.namelen)))
		return unwritable();
	x.namelen = length;
	if (x.symnum < symbol_count())
		x.symnum++;
	return guest_put_xenpf_symdata(arg, 0, &x) ? unwritable() : 0;
}

/* ---- the table ---------------------------------------------------------------------------------- */

#define OP(name) [XENPF_##name] = platform_##name

static long (*const operations[])(gptr_t arg) = {
	OP(settime32),	   OP(settime64),	 OP(add_memtype),	   OP(del_memtype),
	OP(read_memtype),  OP(microcode_update), OP(platform_quirk),	   OP(efi_runtime_call),
	OP(firmware_info), OP(enter_acpi_sleep), OP(change_freq),	   OP(getidletime),
	OP(get_cpuinfo),   OP(get_cpu_version),	 OP(set_processor_pminfo), OP(cpu_online),
	OP(cpu_offline),   OP(cpu_hotadd),	 OP(mem_hotadd),	   OP(core_parking),
	OP(resource_op),   OP(get_symbol),
};

long do_platform_op(gptr_t op)
{
	uint32_t cmd, version;
	long rc;

	if (guest_get_u32(&cmd, op, 0) || guest_get_u32(&version, op, 1))
		return unreadable();
	if (version != XENPF_INTERFACE_VERSION)
		return refuse(-EACCES, "platform_op interface version %x, this hypervisor has %x",
			      version, XENPF_INTERFACE_VERSION);
	rc = privilege_check(__HYPERVISOR_platform_op, cmd, NULL);
	if (rc)
		return rc;
	if (cmd >= ARRAY_SIZE(operations) || !operations[cmd])
		return refuse(-ENOSYS, "there is no platform_op %u", cmd);
	return operations[cmd](gptr_add(op, offsetof(struct xen_platform_op, u)));
}
