/* SPDX-License-Identifier: MIT */
/*
 * Real devices, for the domain that owns them: ports, registers, addresses on the bus, interrupts.
 *
 * The hypervisor lets domain 0 at ports and at memory that is not RAM; interrupts stay its own. It programs
 * the vectors of MSI-X tables and hands each interrupt on as an event channel (PHYSDEVOP_map_pirq, then
 * EVTCHNOP_bind_pirq), so what a driver gets is a function called like any other event.
 *
 * Ports need an I/O privilege of 1 in our own flags: asked for once, at the first use.
 */
#include "xen-x86.h"
#include <machine_device.h>

#define PCI_ADDRESS 0xcf8
#define PCI_DATA    0xcfc
#define PCI_ENABLE  0x80000000u

static void need_ports(void)
{
	static bool asked;
	struct physdev_set_iopl op = { .iopl = 1 };

	if (asked)
		return;
	asked = true;
	if (hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &op))
		panic("devices: the hypervisor gives this domain no I/O ports");
}

/* clang-format off */
#define PORT_ACCESS(bits, type)                                        \
	type machine_in##bits(uint16_t port)                                  \
	{                                                                     \
		type value;                                                   \
		need_ports();                                                 \
		asm volatile("in %1, %0" : "=a"(value) : "Nd"(port));         \
		return value;                                                 \
	}                                                                     \
	void machine_out##bits(uint16_t port, type value)                     \
	{                                                                     \
		need_ports();                                                 \
		asm volatile("out %0, %1" : : "a"(value), "Nd"(port));        \
	}
/* clang-format on */

PORT_ACCESS(8, uint8_t)
PORT_ACCESS(16, uint16_t)
PORT_ACCESS(32, uint32_t)

void *machine_map_device(uint64_t address, size_t size)
{
	unsigned long offset = address & (PAGE_SIZE - 1);
	unsigned pages = (offset + size + PAGE_SIZE - 1) / PAGE_SIZE;
	char *va = special_map(mfn_of(address >> PAGE_SHIFT), pages, true);

	return va ? va + offset : NULL;
}

uint64_t machine_dma(const void *va)
{
	return va_to_maddr(va);
}

/* ---- PCI ---- */

/* Address and data are two accesses: nothing may come between them. */
static uint16_t select(struct pci_address at, unsigned offset)
{
	machine_out32(PCI_ADDRESS, PCI_ENABLE | (uint32_t)at.bus << 16 | (uint32_t)at.slot << 11 |
					   (uint32_t)at.function << 8 | (offset & 0xfc));
	return PCI_DATA + (offset & 3);
}

uint32_t machine_pci_read(struct pci_address at, unsigned offset, unsigned size)
{
	unsigned long state = irq_save();
	uint16_t port = select(at, offset);
	uint32_t value;

	if (size == 4)
		value = machine_in32(port);
	else
		value = size == 2 ? machine_in16(port) : machine_in8(port);
	irq_restore(state);
	return value;
}

void machine_pci_write(struct pci_address at, unsigned offset, unsigned size, uint32_t value)
{
	unsigned long state = irq_save();
	uint16_t port = select(at, offset);

	if (size == 4)
		machine_out32(port, value);
	else if (size == 2)
		machine_out16(port, value);
	else
		machine_out8(port, value);
	irq_restore(state);
}

static uint8_t devfn(struct pci_address at)
{
	return (uint8_t)(at.slot << 3 | at.function);
}

int machine_pci_announce(struct pci_address at)
{
	struct physdev_pci_device_add op = { .seg = 0, .bus = at.bus, .devfn = devfn(at) };

	return hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add, &op);
}

/* ---- interrupts ---- */

/* The event port is the handle; the PIRQ behind it is found again when it is given back. */
static int pirq_of_port(unsigned port)
{
	struct evtchn_status op = { .dom = DOMID_SELF, .port = port };

	if (hypercall_event_channel_op(EVTCHNOP_status, &op) || op.status != EVTCHNSTAT_pirq)
		return -EINVAL;
	return op.u.pirq;
}

static void unmap_pirq(int pirq)
{
	struct physdev_unmap_pirq op = { .domid = DOMID_SELF, .pirq = pirq };

	(void)hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq, &op);
}

int machine_msix_bind(struct pci_address at, unsigned entry, uint64_t table, void (*fn)(void *data),
		      void *data)
{
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_MSI_SEG,
		.index = -1,
		.pirq = -1,
		.bus = at.bus,
		.devfn = devfn(at),
		.entry_nr = entry,
		.table_base = table,
	};
	struct evtchn_bind_pirq bind = { .flags = 0 };
	long rc = hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, &map);

	if (rc)
		return (int)rc;
	bind.pirq = map.pirq;
	rc = hypercall_event_channel_op(EVTCHNOP_bind_pirq, &bind);
	if (rc) {
		unmap_pirq(map.pirq);
		return (int)rc;
	}
	event_bind(bind.port, fn, data);
	return (int)bind.port;
}

void machine_msix_unbind(int handle)
{
	struct evtchn_close op = { .port = handle };
	int pirq = pirq_of_port(handle);

	event_unbind(handle);
	(void)hypercall_event_channel_op(EVTCHNOP_close, &op);
	if (pirq >= 0)
		unmap_pirq(pirq);
}
