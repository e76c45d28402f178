/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: a guest's I/O privilege, and what a domain with devices asks about interrupts.
 *
 * Each operation reads its structure, asks irq/ or pv/, and writes its results. Unknown PCI functions,
 * commands and answers are those of real Xen (observed32.md 3.13). What is refused is refused alike for
 * both forms of the call. Locks: those of the functions called.
 */
#include "abi/abi.h"
#include "abi/ops.h"
#include "abi/shared.h"
#include "abi/width.h"
#include "console/console.h"
#include "control/physdev.h"
#include "cpu/cpu.h"
#include "cpu/ioapic.h"
#include "domain/domain.h"
#include "domain/privilege.h"
#include "irq/irq.h"
#include "pv/pv.h"

static long unreadable(void)
{
	return refuse(-EFAULT, "the argument cannot be read");
}

static long unwritable(void)
{
	return refuse(-EFAULT, "the answer cannot be written");
}

/* ---- a vCPU's right to use ports ------------------------------------------------------------------ */

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

/* ---- PIRQs ------------------------------------------------------------------------------------------ */

/* "Needs an end of interrupt" is always said: who wants to know better registers the bitmap. */
static long irq_status_query(gptr_t arg)
{
	struct physdev_irq_status_query op;

	if (guest_get_physdev_irq_status_query(&op, arg, 0))
		return unreadable();
	if (op.irq >= PIRQ_COUNT)
		return refuse(-EINVAL, "there is no PIRQ %u", op.irq);
	op.flags = XENIRQSTAT_needs_eoi;
	if (pirq_is_shared(current->domain, op.irq))
		op.flags |= XENIRQSTAT_shared;
	return guest_put_physdev_irq_status_query(arg, 0, &op) ? unwritable() : 0;
}

static long end_of_interrupt(gptr_t arg)
{
	struct physdev_eoi op;

	if (guest_get_physdev_eoi(&op, arg, 0))
		return unreadable();
	return pirq_eoi(current->domain, op.irq);
}

static long eoi_page(gptr_t arg, bool auto_unmask)
{
	struct physdev_pirq_eoi_gmfn op;

	if (guest_get_physdev_pirq_eoi_gmfn(&op, arg, 0))
		return unreadable();
	return pirq_set_eoi_page(current->domain, _mfn(op.gmfn), auto_unmask);
}

static long map_message(struct domain *d, struct physdev_map_pirq *op, unsigned int segment)
{
	struct msi_request msi = { .segment = segment,
				   .bus = (uint32_t)op->bus & 0xff,
				   .devfn = (uint32_t)op->devfn & 0xff,
				   .msix = op->table_base != 0 };

	/* Real Xen lets a kernel of the beginnings name its own line; all have said "any" since. */
	if (op->type != MAP_PIRQ_TYPE_MULTI_MSI && op->index != -1)
		return refuse(-EINVAL, "index %d of a message: only -1, any, is offered",
			      op->index);
	if (msi.msix)
		msi.entry = (uint32_t)op->entry_nr;
	return pirq_map_msi(d, &msi, &op->pirq);
}

/* Several messages of one MSI capability need consecutive vectors on one pCPU: not without an IOMMU. */
static long map_several(struct domain *d, struct physdev_map_pirq *op)
{
	if (op->table_base)
		return refuse(-EINVAL, "several messages are of MSI, not of MSI-X");
	if (op->entry_nr <= 0 || op->entry_nr > 32)
		return refuse(-EDOM, "%d messages: MSI has 1 to 32", op->entry_nr);
	if (op->entry_nr > 1)
		return refuse(-EOPNOTSUPP, "%d messages: one a function is offered", op->entry_nr);
	return map_message(d, op, (uint32_t)op->bus >> 16);
}

static long map_for(struct domain *d, struct physdev_map_pirq *op)
{
	switch (op->type) {
	case MAP_PIRQ_TYPE_GSI:
		return pirq_map_gsi(d, op->index, &op->pirq);
	case MAP_PIRQ_TYPE_MSI:
		return map_message(d, op, 0);
	case MAP_PIRQ_TYPE_MSI_SEG:
		return map_message(d, op, (uint32_t)op->bus >> 16);
	case MAP_PIRQ_TYPE_MULTI_MSI:
		return map_several(d, op);
	default:
		return refuse(-EINVAL, "there is no kind %d of interrupt", op->type);
	}
}

/* Written back also when it failed, as real Xen does: some kernels look at entry_nr then. */
static long map_pirq(gptr_t arg)
{
	struct physdev_map_pirq op;
	struct domain *d;
	long rc;

	if (guest_get_physdev_map_pirq(&op, arg, 0))
		return unreadable();
	d = domain_get_or_self(op.domid);
	if (!d)
		return refuse(-ESRCH, "there is no domain %u", op.domid);
	rc = map_for(d, &op);
	if (guest_put_physdev_map_pirq(arg, 0, &op)) {
		if (!rc)
			(void)pirq_unmap(d, op.pirq);
		rc = unwritable();
	}
	domain_put(d);
	return rc;
}

static long unmap_pirq(gptr_t arg)
{
	struct physdev_unmap_pirq op;
	struct domain *d;
	long rc;

	if (guest_get_physdev_unmap_pirq(&op, arg, 0))
		return unreadable();
	d = domain_get_or_self(op.domid);
	if (!d)
		return refuse(-ESRCH, "there is no domain %u", op.domid);
	rc = pirq_unmap(d, op.pirq);
	domain_put(d);
	return rc;
}

static long get_free_pirq(gptr_t arg)
{
	struct physdev_get_free_pirq op;
	long rc;

	if (guest_get_physdev_get_free_pirq(&op, arg, 0))
		return unreadable();
	rc = pirq_reserve(current->domain, op.type == MAP_PIRQ_TYPE_GSI);
	if (rc < 0)
		return rc;
	op.pirq = (uint32_t)rc;
	return guest_put_physdev_get_free_pirq(arg, 0, &op) ? unwritable() : 0;
}

static long setup_gsi(gptr_t arg)
{
	struct physdev_setup_gsi op;
	long rc;

	if (guest_get_physdev_setup_gsi(&op, arg, 0))
		return unreadable();
	rc = gsi_setup(op.gsi, op.triggering, op.polarity);
	if (rc == -EINVAL)
		return refuse(rc, "there is no interrupt line %d", op.gsi);
	/* A kernel goes through all entries of ACPI's routing, several of which name one pin. */
	return rc;
}

/* ---- I/O APICs ---------------------------------------------------------------------------------------- */

/* The old way to choose a vector: ours are our own business, the guest gets its line back. */
static long alloc_irq_vector(gptr_t arg)
{
	struct physdev_irq op;

	if (guest_get_physdev_irq(&op, arg, 0))
		return unreadable();
	if (op.irq >= PIRQ_COUNT)
		return refuse(-EINVAL, "there is no interrupt line %u", op.irq);
	op.vector = op.irq;
	return guest_put_physdev_irq(arg, 0, &op) ? unwritable() : 0;
}

/*
 * A pin's entry holds a vector and a pCPU, which are the hypervisor's. What a kernel of the old kind means
 * by writing one is: how the line asks, and, if it is not masked, that the number which
 * PHYSDEVOP_alloc_irq_vector gave as the vector shall be its PIRQ.
 */
static long write_pin(unsigned int gsi, uint32_t low)
{
	int pirq = low & 0xff;

	if ((low & PIN_DELIVERY) > 1u << 8)
		return refuse(-EINVAL, "line %u: %x is no ordinary delivery", gsi, low);
	(void)gsi_setup((int)gsi, low & PIN_LEVEL, low & PIN_LOW_ACTIVE);
	if (low & PIN_MASKED)
		return 0;
	return pirq_map_gsi(current->domain, (int)gsi, &pirq);
}

static long apic_access(gptr_t arg, bool write)
{
	struct physdev_apic op;
	int apic, gsi;

	if (guest_get_physdev_apic(&op, arg, 0))
		return unreadable();
	apic = ioapic_find(op.apic_physbase);
	if (apic < 0)
		return refuse(-EINVAL, "there is no I/O APIC at %lx", op.apic_physbase);
	if (write) {
		gsi = ioapic_gsi_of_register((unsigned int)apic, op.reg);
		/* Other registers, and the half with the destination: no effect, and nobody reads it back. */
		return gsi < 0 || op.reg & 1 ? 0 : write_pin((unsigned int)gsi, op.value);
	}
	op.value = ioapic_read((unsigned int)apic, op.reg);
	return guest_put_physdev_apic(arg, 0, &op) ? unwritable() : 0;
}

/* ---- which operation ---------------------------------------------------------------------------------- */

static long dispatch(unsigned int cmd, gptr_t arg)
{
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
		pirq_eoi_unmasked(current->domain);
		return 0;
	case PHYSDEVOP_pirq_eoi_gmfn_v1:
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
		return eoi_page(arg, cmd == PHYSDEVOP_pirq_eoi_gmfn_v1);
	case PHYSDEVOP_map_pirq:
		return map_pirq(arg);
	case PHYSDEVOP_unmap_pirq:
		return unmap_pirq(arg);
	case PHYSDEVOP_get_free_pirq:
		return get_free_pirq(arg);
	case PHYSDEVOP_setup_gsi:
		return setup_gsi(arg);
	case PHYSDEVOP_alloc_irq_vector:
		return alloc_irq_vector(arg);
	case PHYSDEVOP_apic_read:
	case PHYSDEVOP_apic_write:
		return apic_access(arg, cmd == PHYSDEVOP_apic_write);
	default:
		return physdev_pci_op(cmd, arg);
	}
}

static bool exists(unsigned int cmd)
{
	return cmd >= PHYSDEVOP_IRQ_UNMASK_NOTIFY && cmd <= PHYSDEVOP_release_msix &&
	       cmd != PHYSDEVOP_free_irq_vector && cmd != 18 && cmd != 22;
}

long do_physdev_op(unsigned int cmd, gptr_t arg)
{
	long rc;

	if (!exists(cmd))
		return refuse(-ENOSYS, "there is no physdev_op %u", cmd);
	rc = privilege_check(__HYPERVISOR_physdev_op, cmd, NULL);
	return rc ? rc : dispatch(cmd, arg);
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
