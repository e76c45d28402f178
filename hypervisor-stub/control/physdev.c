/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: a guest's I/O privilege, and what domain 0 asks about interrupts.
 *
 * Devices are not handed out yet: operations that prepare one answer as observed32.md 3.13 shows for a
 * machine without it. What is refused is refused alike for both forms of the call. Locks: none.
 */
#include "abi/abi.h"
#include "abi/ops.h"
#include "abi/shared.h"
#include "abi/width.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "cpu/hvmap.h"
#include "cpu/irq.h"
#include "domain/domain.h"
#include "domain/privilege.h"
#include "mm/mm.h"
#include "pv/pv.h"

#define IRQ_LINES 256 /* nr_irqs of a guest */

/* An I/O APIC has two registers of its own, as 32-bit words: which one, and its value. */
#define IOAPIC_SELECT 0
#define IOAPIC_WINDOW 4

static long unreadable(void)
{
	return refuse(-EFAULT, "the argument cannot be read");
}

static bool for_hardware_domain(unsigned int cmd, long *rc)
{
	*rc = privilege_check(__HYPERVISOR_physdev_op, cmd, NULL);
	return !*rc;
}

static long set_iopl(gptr_t arg)
{
	struct physdev_set_iopl op;

	if (guest_get_physdev_set_iopl(&op, arg, 0))
		return unreadable();
	return pv_set_iopl(op.iopl);
}

static long set_iobitmap(gptr_t arg)
{
	struct physdev_set_iobitmap op;

	if (guest_get_physdev_set_iobitmap(&op, arg, 0))
		return unreadable();
	return pv_set_iobitmap(guest_handle(op.bitmap), op.nr_ports);
}

static long irq_status_query(gptr_t arg)
{
	struct physdev_irq_status_query op;

	if (guest_get_physdev_irq_status_query(&op, arg, 0))
		return unreadable();
	if (op.irq >= IRQ_LINES)
		return refuse(-EINVAL, "there is no interrupt line %u", op.irq);
	op.flags = XENIRQSTAT_needs_eoi;
	return guest_put_physdev_irq_status_query(arg, 0, &op)
		       ? refuse(-EFAULT, "the answer cannot be written")
		       : 0;
}

static long end_of_interrupt(gptr_t arg)
{
	struct physdev_eoi op;

	if (guest_get_physdev_eoi(&op, arg, 0))
		return unreadable();
	return op.irq < IRQ_LINES ? refuse(-EINVAL, "line %u has no event channel", op.irq)
				  : refuse(-EINVAL, "there is no interrupt line %u", op.irq);
}

/* The old way to choose a vector: ours are our own business, the guest gets its line back. */
static long alloc_irq_vector(gptr_t arg)
{
	struct physdev_irq op;

	if (guest_get_physdev_irq(&op, arg, 0))
		return unreadable();
	if (op.irq >= IRQ_LINES)
		return refuse(-EINVAL, "there is no interrupt line %u", op.irq);
	op.vector = op.irq;
	return guest_put_physdev_irq(arg, 0, &op) ? refuse(-EFAULT, "the answer cannot be written")
						  : 0;
}

/* Our own view of an I/O APIC, mapped when somebody first asks; NULL if there is none there. */
static volatile uint32_t *find_ioapic(uint64_t address)
{
	static volatile uint32_t *mapped[IOAPICS_MAX];

	for (unsigned int i = 0; i < ioapic_count; i++) {
		if (ioapic_address[i] != address)
			continue;
		if (!mapped[i])
			mapped[i] = device_map(_maddr(address), PAGE_SIZE, DEVICE_UNCACHED);
		return mapped[i];
	}
	return NULL;
}

/*
 * A kernel reads how many pins there are. What it writes has no effect: a pin's entry names a vector
 * and a pCPU, which are the hypervisor's, and the answer is success as no kernel reads it back.
 */
static long apic_access(gptr_t arg, bool write)
{
	volatile uint32_t *base;
	struct physdev_apic op;

	if (guest_get_physdev_apic(&op, arg, 0))
		return unreadable();
	base = find_ioapic(op.apic_physbase);
	if (!base)
		return refuse(-EINVAL, "there is no I/O APIC at %lx", op.apic_physbase);
	if (write) {
		log_guest(current, LOG_DEBUG, "I/O APIC register %x: %x not written", op.reg,
			  op.value);
		return 0;
	}
	base[IOAPIC_SELECT] = op.reg;
	op.value = base[IOAPIC_WINDOW];
	return guest_put_physdev_apic(arg, 0, &op) ? refuse(-EFAULT, "the answer cannot be written")
						   : 0;
}

static long no_device(unsigned int cmd)
{
	return refuse(-ENODEV, "physdev_op %u: there is no such device", cmd);
}

static long hardware_op(unsigned int cmd, gptr_t arg)
{
	uint8_t first;

	if (copy_from_guest(&first, arg, sizeof(first)))
		return unreadable();
	switch (cmd) {
	case PHYSDEVOP_apic_read:
	case PHYSDEVOP_apic_write:
		return apic_access(arg, cmd == PHYSDEVOP_apic_write);
	case PHYSDEVOP_alloc_irq_vector:
		return alloc_irq_vector(arg);
	case PHYSDEVOP_manage_pci_add:
	case PHYSDEVOP_manage_pci_remove:
	case PHYSDEVOP_manage_pci_add_ext:
	case PHYSDEVOP_pci_device_add:
	case PHYSDEVOP_pci_device_remove:
	case PHYSDEVOP_dbgp_op:
		/* A notice about a device: nothing here needs to know yet. */
		return 0;
	case PHYSDEVOP_restore_msi:
	case PHYSDEVOP_pci_mmcfg_reserved:
	case PHYSDEVOP_restore_msi_ext:
	case PHYSDEVOP_prepare_msix:
	case PHYSDEVOP_release_msix:
		return no_device(cmd);
	default:
		return refuse(-EINVAL, "physdev_op %u: interrupts are not handed out", cmd);
	}
}

long do_physdev_op(unsigned int cmd, gptr_t arg)
{
	long rc;

	switch (cmd) {
	case PHYSDEVOP_set_iopl:
		return set_iopl(arg);
	case PHYSDEVOP_set_iobitmap:
		return set_iobitmap(arg);
	case PHYSDEVOP_irq_status_query:
		return irq_status_query(arg);
	case PHYSDEVOP_eoi:
		return end_of_interrupt(arg);
	case PHYSDEVOP_IRQ_UNMASK_NOTIFY:
		return 0;
	case PHYSDEVOP_apic_read:
	case PHYSDEVOP_apic_write:
	case PHYSDEVOP_alloc_irq_vector:
	case PHYSDEVOP_map_pirq:
	case PHYSDEVOP_unmap_pirq:
	case PHYSDEVOP_manage_pci_add:
	case PHYSDEVOP_manage_pci_remove:
	case PHYSDEVOP_pirq_eoi_gmfn_v1:
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
	case PHYSDEVOP_restore_msi:
	case PHYSDEVOP_manage_pci_add_ext:
	case PHYSDEVOP_setup_gsi:
	case PHYSDEVOP_get_free_pirq:
	case PHYSDEVOP_pci_mmcfg_reserved:
	case PHYSDEVOP_pci_device_add:
	case PHYSDEVOP_pci_device_remove:
	case PHYSDEVOP_restore_msi_ext:
	case PHYSDEVOP_dbgp_op:
	case PHYSDEVOP_prepare_msix:
	case PHYSDEVOP_release_msix:
		return for_hardware_domain(cmd, &rc) ? hardware_op(cmd, arg) : rc;
	default:
		return refuse(-ENOSYS, "there is no physdev_op %u", cmd);
	}
}

/* The first form: one structure with the command in front; it knew the first ten commands. */
long do_physdev_op_compat(gptr_t op)
{
	uint32_t cmd;

	if (guest_get_u32(&cmd, op, 0))
		return unreadable();
	if (cmd >= PHYSDEVOP_alloc_irq_vector)
		return refuse(-ENOSYS, "there is no old physdev_op %u", cmd);
	return do_physdev_op(cmd, gptr_add(op, guest_is_32bit() ? (size_t)OFF32_physdev_op_u
								: offsetof(struct physdev_op, u)));
}
