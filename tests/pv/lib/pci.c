/* SPDX-License-Identifier: MIT */
#include "pci.h"

#define CONFIG_INDEX 0xcf8
#define CONFIG_DATA  0xcfc
#define PATIENCE     200000 /* yields */

void pci_init(void)
{
	struct physdev_set_iopl op = { .iopl = 1 };

	expect(hv_physdev_op(PHYSDEVOP_set_iopl, &op), 0, "set_iopl");
}

static void select(unsigned int devfn, unsigned int reg)
{
	port_out(CONFIG_INDEX, 4, 0x80000000 | devfn << 8 | (reg & 0xfc));
}

uint32_t pci_get(unsigned int devfn, unsigned int reg, unsigned int bytes)
{
	select(devfn, reg);
	return port_in(CONFIG_DATA + reg % 4, bytes);
}

void pci_set(unsigned int devfn, unsigned int reg, unsigned int bytes, uint32_t v)
{
	select(devfn, reg);
	port_out(CONFIG_DATA + reg % 4, bytes, v);
}

int pci_find(uint16_t vendor, uint16_t device)
{
	for (unsigned int devfn = 0; devfn < 256; devfn += 8) {
		struct physdev_manage_pci op = { .bus = 0, .devfn = (uint8_t)devfn };

		if (pci_get(devfn, 0, 4) != ((uint32_t)device << 16 | vendor))
			continue;
		expect(hv_physdev_op(PHYSDEVOP_manage_pci_add, &op), 0, "manage_pci_add");
		return (int)devfn;
	}
	return -1;
}

unsigned int pci_capability(unsigned int devfn, unsigned int id)
{
	unsigned int at = pci_get(devfn, 0x34, 1);

	while (at && pci_get(devfn, at, 1) != id)
		at = pci_get(devfn, at + 1, 1);
	return at;
}

uint64_t pci_bar(unsigned int devfn, unsigned int n)
{
	uint64_t bar = pci_get(devfn, PCI_BAR(n), 4);

	if (bar & 4)
		bar |= (uint64_t)pci_get(devfn, PCI_BAR(n + 1), 4) << 32;
	return bar & ~15ull;
}

int map_pirq(struct physdev_map_pirq op, int *pirq)
{
	int rc;

	op.domid = DOMID_SELF;
	rc = hv_physdev_op(PHYSDEVOP_map_pirq, &op);
	if (pirq)
		*pirq = op.pirq;
	return rc;
}

int unmap_pirq(int pirq)
{
	struct physdev_unmap_pirq op = { .domid = DOMID_SELF, .pirq = pirq };

	return hv_physdev_op(PHYSDEVOP_unmap_pirq, &op);
}

int pirq_eoi(int pirq)
{
	struct physdev_eoi op = { .irq = (uint32_t)pirq };

	return hv_physdev_op(PHYSDEVOP_eoi, &op);
}

int bind_pirq(int pirq, unsigned int flags)
{
	struct evtchn_bind_pirq op = { .pirq = (uint32_t)pirq, .flags = flags };
	int rc = hv_event_channel_op(EVTCHNOP_bind_pirq, &op);

	return rc ? rc : (int)op.port;
}

bool wait_for(const volatile unsigned int *count, unsigned int want)
{
	for (unsigned int i = 0; i < PATIENCE && *count < want; i++)
		hv_sched_op(SCHEDOP_yield, NULL);
	return *count >= want;
}
