/* SPDX-License-Identifier: MIT */
/*
 * physdev_op, the part about PCI: a domain that enumerates functions tells the hypervisor of them.
 *
 * A function is named in four ways, as the ABI grew; all end in segment, bus, and device with function.
 * Locks: those of the functions called.
 */
#include "abi/abi.h"
#include "console/console.h"
#include "control/physdev.h"
#include "cpu/acpi.h"
#include "irq/irq.h"
#include "lib/string.h"

#include <xen/physdev.h>

#define MCFG_ENTRIES 44 /* offset of the first entry of ACPI's table */

struct mcfg_entry {
	uint64_t address;
	uint16_t segment;
	uint8_t start_bus, end_bus;
	uint32_t reserved;
} __attribute__((packed));

static long unreadable(void)
{
	return refuse(-EFAULT, "the argument cannot be read");
}

static long manage(gptr_t arg, bool add)
{
	struct physdev_manage_pci op;

	if (guest_get_physdev_manage_pci(&op, arg, 0))
		return unreadable();
	return add ? pci_function_add(0, op.bus, op.devfn)
		   : pci_function_remove(0, op.bus, op.devfn);
}

static long manage_ext(gptr_t arg)
{
	struct physdev_manage_pci_ext op;

	if (guest_get_physdev_manage_pci_ext(&op, arg, 0))
		return unreadable();
	if (op.is_extfn > 1 || op.is_virtfn > 1)
		return refuse(-EINVAL, "is_extfn %u, is_virtfn %u: yes is 1", op.is_extfn,
			      op.is_virtfn);
	return pci_function_add(0, op.bus, op.devfn);
}

static long device_add(gptr_t arg)
{
	struct physdev_pci_device_add op;

	if (guest_get_physdev_pci_device_add(&op, arg, 0))
		return unreadable();
	return pci_function_add(op.seg, op.bus, op.devfn);
}

/* Operations on one function that is named by the newest structure. */
static long on_device(unsigned int cmd, gptr_t arg)
{
	struct physdev_pci_device op;

	if (guest_get_physdev_pci_device(&op, arg, 0))
		return unreadable();
	switch (cmd) {
	case PHYSDEVOP_pci_device_remove:
		return pci_function_remove(op.seg, op.bus, op.devfn);
	case PHYSDEVOP_restore_msi_ext:
		return pci_msi_restore(op.seg, op.bus, op.devfn);
	default:
		return pci_msix_prepare(op.seg, op.bus, op.devfn, cmd == PHYSDEVOP_release_msix);
	}
}

static long restore_msi(gptr_t arg)
{
	struct physdev_restore_msi op;

	if (guest_get_physdev_restore_msi(&op, arg, 0))
		return unreadable();
	return pci_msi_restore(0, op.bus, op.devfn);
}

/*
 * A domain that can read the firmware's list of reserved memory confirms where configuration space is
 * mapped. We use the ports, so it is enough to know that ACPI says the same.
 */
static bool in_mcfg(const struct physdev_pci_mmcfg_reserved *op)
{
	const struct acpi_header *h = acpi_table("MCFG");
	struct mcfg_entry e;

	for (uint32_t at = MCFG_ENTRIES; h && at + sizeof(e) <= h->length; at += sizeof(e)) {
		memcpy(&e, (const uint8_t *)h + at, sizeof(e));
		if (e.address == op->address && e.segment == op->segment &&
		    e.start_bus == op->start_bus && e.end_bus == op->end_bus)
			return true;
	}
	return false;
}

static long mmcfg_reserved(gptr_t arg)
{
	struct physdev_pci_mmcfg_reserved op;

	if (guest_get_physdev_pci_mmcfg_reserved(&op, arg, 0))
		return unreadable();
	return in_mcfg(&op) ? 0
			    : refuse(-ENODEV, "ACPI's MCFG has no segment %u, buses %u-%u at %lx",
				     op.segment, op.start_bus, op.end_bus, op.address);
}

/* A debug port is about to be reset with its controller: our console is none. */
static long debug_port(gptr_t arg)
{
	struct physdev_dbgp_op op;

	return guest_get_physdev_dbgp_op(&op, arg, 0) ? unreadable() : 0;
}

long physdev_pci_op(unsigned int cmd, gptr_t arg)
{
	switch (cmd) {
	case PHYSDEVOP_manage_pci_add:
	case PHYSDEVOP_manage_pci_remove:
		return manage(arg, cmd == PHYSDEVOP_manage_pci_add);
	case PHYSDEVOP_manage_pci_add_ext:
		return manage_ext(arg);
	case PHYSDEVOP_pci_device_add:
		return device_add(arg);
	case PHYSDEVOP_pci_device_remove:
	case PHYSDEVOP_restore_msi_ext:
	case PHYSDEVOP_prepare_msix:
	case PHYSDEVOP_release_msix:
		return on_device(cmd, arg);
	case PHYSDEVOP_restore_msi:
		return restore_msi(arg);
	case PHYSDEVOP_pci_mmcfg_reserved:
		return mmcfg_reserved(arg);
	case PHYSDEVOP_dbgp_op:
		return debug_port(arg);
	default:
		return refuse(-ENOSYS, "there is no physdev_op %u", cmd);
	}
}
