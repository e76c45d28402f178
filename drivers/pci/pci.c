/* SPDX-License-Identifier: MIT */
/*
 * PCI: what is there, and who drives it.
 *
 * Buses are walked from 0 through the bridges that the firmware has numbered; its assignment of addresses is
 * kept. A BAR's size is learned by writing ones, with the function's decoding off meanwhile. (PCI Local
 * Bus Specification 3.0, chapter 6; MSI-X: 6.8.2.)
 */
#include "pci.h"

/* clang-format off */
enum {
	PCI_VENDOR = 0x00, PCI_DEVICE = 0x02, PCI_COMMAND = 0x04, PCI_STATUS = 0x06, PCI_CLASS = 0x08,
	PCI_HEADER_TYPE = 0x0e, PCI_BAR = 0x10, PCI_SECONDARY_BUS = 0x19, PCI_CAPABILITIES = 0x34,
};
/* clang-format on */

#define COMMAND_PORTS	      (1u << 0)
#define COMMAND_MEMORY	      (1u << 1)
#define COMMAND_MASTER	      (1u << 2)
#define COMMAND_NO_INTX	      (1u << 10)
#define STATUS_CAPABILITIES   (1u << 4)
#define HEADER_MULTI_FUNCTION 0x80
#define HEADER_BRIDGE	      1
#define BAR_PORT	      1u
#define BAR_TYPE	      6u
#define BAR_64BIT	      4u
#define CAP_MSIX	      0x11
#define MSIX_ENABLE	      (1u << 15)
#define MSIX_SIZE	      0x7ffu

static struct list devices = LIST_INIT(devices);

uint32_t pci_read(const struct pci_device *d, unsigned offset, unsigned size)
{
	return machine_pci_read(d->at, offset, size);
}

void pci_write(const struct pci_device *d, unsigned offset, unsigned size, uint32_t value)
{
	machine_pci_write(d->at, offset, size, value);
}

unsigned pci_capability(const struct pci_device *d, unsigned kind, unsigned from)
{
	unsigned at, hops = 48; /* that many fit: a longer list is a circle */

	if (!(pci_read(d, PCI_STATUS, 2) & STATUS_CAPABILITIES))
		return 0;
	at = from ? pci_read(d, from + 1, 1) : pci_read(d, PCI_CAPABILITIES, 1);
	for (at &= 0xfc; at >= 0x40 && hops--; at = pci_read(d, at + 1, 1) & 0xfc)
		if (pci_read(d, at, 1) == kind)
			return at;
	return 0;
}

/* ---- base addresses ---- */

/* Returns how many registers it takes. */
static unsigned size_bar(struct pci_device *d, unsigned n)
{
	unsigned offset = PCI_BAR + 4 * n;
	uint32_t low = pci_read(d, offset, 4), mask_low, high = 0, mask_high = ~0u;
	bool wide = !(low & BAR_PORT) && (low & BAR_TYPE) == BAR_64BIT && n + 1 < PCI_BARS;
	struct pci_bar *b = &d->bar[n];
	uint64_t mask;

	pci_write(d, offset, 4, ~0u);
	mask_low = pci_read(d, offset, 4);
	pci_write(d, offset, 4, low);
	if (wide) {
		high = pci_read(d, offset + 4, 4);
		pci_write(d, offset + 4, 4, ~0u);
		mask_high = pci_read(d, offset + 4, 4);
		pci_write(d, offset + 4, 4, high);
	}
	if (!mask_low)
		return wide ? 2 : 1;
	b->is_port = low & BAR_PORT;
	mask = (uint64_t)mask_high << 32 | (mask_low & (b->is_port ? ~3u : ~15u));
	b->address = (uint64_t)high << 32 | (low & (b->is_port ? ~3u : ~15u));
	b->size = ~mask + 1;
	if (b->is_port)
		b->size &= 0xffff;
	return wide ? 2 : 1;
}

static void size_bars(struct pci_device *d)
{
	uint32_t command = pci_read(d, PCI_COMMAND, 2);

	pci_write(d, PCI_COMMAND, 2, command & ~(COMMAND_PORTS | COMMAND_MEMORY));
	for (unsigned n = 0; n < PCI_BARS;)
		n += size_bar(d, n);
	pci_write(d, PCI_COMMAND, 2, command);
}

void *pci_map(const struct pci_device *d, unsigned bar, uint64_t offset, size_t length)
{
	const struct pci_bar *b = &d->bar[bar];

	if (bar >= PCI_BARS || b->is_port || offset > b->size || length > b->size - offset)
		return NULL;
	return machine_map_device(b->address + offset, length);
}

/* ---- interrupts and command bits ---- */

static void find_msix(struct pci_device *d)
{
	unsigned at = pci_capability(d, CAP_MSIX, 0);
	uint32_t table;

	if (!at)
		return;
	table = pci_read(d, at + 4, 4);
	if ((table & 7) >= PCI_BARS || !d->bar[table & 7].size)
		return;
	d->msix_capability = at;
	d->msix_entries = (pci_read(d, at + 2, 2) & MSIX_SIZE) + 1;
	d->msix_table = d->bar[table & 7].address + (table & ~7u);
}

void pci_enable(const struct pci_device *d)
{
	uint32_t command = pci_read(d, PCI_COMMAND, 2);

	pci_write(d, PCI_COMMAND, 2, command | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTX);
}

int pci_msix_enable(const struct pci_device *d)
{
	unsigned at = d->msix_capability;

	if (!at)
		return -ENODEV;
	pci_write(d, at + 2, 2, pci_read(d, at + 2, 2) | MSIX_ENABLE);
	return 0;
}

/* ---- the walk ---- */

static struct pci_device *look(struct pci_address at)
{
	uint32_t id = machine_pci_read(at, PCI_VENDOR, 4);
	struct pci_device *d;

	if ((id & 0xffff) == 0xffff)
		return NULL;
	d = kzalloc(sizeof(*d));
	if (!d)
		return NULL;
	d->at = at;
	d->vendor = (uint16_t)id;
	d->device = (uint16_t)(id >> 16);
	d->class = pci_read(d, PCI_CLASS, 4) >> 8;
	if (!(pci_read(d, PCI_HEADER_TYPE, 1) & ~HEADER_MULTI_FUNCTION)) {
		size_bars(d);
		find_msix(d);
	}
	list_add_tail(&devices, &d->link);
	return d;
}

/* A bridge's buses have higher numbers than its own, so the walk ends. */
static void walk_bus(unsigned bus);

static unsigned look_at_function(unsigned bus, unsigned slot, unsigned function)
{
	struct pci_address at = { (uint8_t)bus, (uint8_t)slot, (uint8_t)function };
	struct pci_device *d = look(at);
	unsigned header, below;

	if (!d)
		return 0;
	header = pci_read(d, PCI_HEADER_TYPE, 1);
	if ((header & ~HEADER_MULTI_FUNCTION) == HEADER_BRIDGE) {
		below = pci_read(d, PCI_SECONDARY_BUS, 1);
		if (below > bus)
			walk_bus(below);
	}
	return header;
}

static void walk_bus(unsigned bus)
{
	for (unsigned slot = 0; slot < 32; slot++) {
		unsigned header = look_at_function(bus, slot, 0);

		for (unsigned f = 1; f < 8 && (header & HEADER_MULTI_FUNCTION); f++)
			look_at_function(bus, slot, f);
	}
}

static void attach(struct pci_device *d, const struct pci_driver *const drivers[])
{
	for (unsigned i = 0; drivers[i]; i++) {
		int rc;

		if (!drivers[i]->knows(d))
			continue;
		rc = machine_pci_announce(d->at);
		if (!rc || rc == -EEXIST)
			rc = drivers[i]->probe(d);
		if (rc)
			printk("pci %02x:%02x.%u: %s: error %d\n", d->at.bus, d->at.slot,
			       d->at.function, drivers[i]->name, -rc);
		return;
	}
}

void pci_init(const struct pci_driver *const drivers[])
{
	struct pci_device *d;

	walk_bus(0);
	list_for_each (d, &devices, link)
		attach(d, drivers);
}
