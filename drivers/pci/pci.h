/* SPDX-License-Identifier: MIT */
/*
 * PCI functions of the machine and their drivers, in the domain that owns them.
 *
 * Found once, at boot; nothing is plugged in later. A driver names the functions that it knows; what it
 * needs of one is here, the rest is its own affair.
 */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include "kernel.h"
#include <machine_device.h>

#define PCI_BARS 6

struct pci_bar {
	uint64_t address, size; /* size 0: there is none */
	bool is_port;
};

struct pci_device {
	struct list link;
	struct pci_address at;
	uint16_t vendor, device;
	uint32_t class; /* class, subclass, programming interface */
	struct pci_bar bar[PCI_BARS];
	uint64_t msix_table; /* bus address; 0: no MSI-X */
	unsigned msix_entries, msix_capability;
};

struct pci_driver {
	const char *name;
	bool (*knows)(const struct pci_device *d);
	int (*probe)(struct pci_device *d); /* 0, or -errno with a word in the log; may sleep */
};

/* Where a capability of this kind is after `from` (0: the first); 0: no more. */
unsigned pci_capability(const struct pci_device *d, unsigned kind, unsigned from);
uint32_t pci_read(const struct pci_device *d, unsigned offset, unsigned size);
void pci_write(const struct pci_device *d, unsigned offset, unsigned size, uint32_t value);
/* It answers in memory and may write to memory itself. */
void pci_enable(const struct pci_device *d);
/* MSI-X on, all vectors through machine_msix_bind(). -ENODEV: it has none. */
int pci_msix_enable(const struct pci_device *d);
/* `length` bytes of a BAR from `offset` on, mapped for good. NULL: it has no such memory. */
void *pci_map(const struct pci_device *d, unsigned bar, uint64_t offset, size_t length);

/* Find all functions and give them to the drivers. Once, in a thread. */
void pci_init(const struct pci_driver *const drivers[]); /* NULL at the end */

#endif
