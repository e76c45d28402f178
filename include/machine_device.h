/* SPDX-License-Identifier: MIT */
/*
 * What the driver of a real device needs of the machine, beside machine.h.
 *
 * Only a kernel with machine_info.privileged set may call these: another one has no devices. Memory that
 * a device reads or writes is named by its address on the bus (an uint64_t `dma`), which is not the
 * page's pfn and is consecutive within one page only: no DMA structure may cross a page.
 */
#ifndef MACHINE_DEVICE_H
#define MACHINE_DEVICE_H

#include <machine.h>

/* ---- Ports ---- */
uint8_t machine_in8(uint16_t port);
uint16_t machine_in16(uint16_t port);
uint32_t machine_in32(uint16_t port);
void machine_out8(uint16_t port, uint8_t value);
void machine_out16(uint16_t port, uint16_t value);
void machine_out32(uint16_t port, uint32_t value);

/* ---- Memory ---- */

/* Registers of a device, mapped uncached for good; NULL: refused, or no room. Need not be page aligned. */
void *machine_map_device(uint64_t address, size_t size);

/* Where a device finds the byte at va, which is in the kernel's own pages. */
uint64_t machine_dma(const void *va);

/* ---- PCI ---- */

struct pci_address {
	uint8_t bus, slot, function;
};

/* Configuration space; offset is aligned to size, which is 1, 2 or 4. Absent functions read as all ones. */
uint32_t machine_pci_read(struct pci_address at, unsigned offset, unsigned size);
void machine_pci_write(struct pci_address at, unsigned offset, unsigned size, uint32_t value);

/* The machine below us should know of this function before it is asked for interrupts. 0 or -errno. */
int machine_pci_announce(struct pci_address at);

/*
 * Interrupts by MSI-X: vector `entry` of the function's table (which begins at bus address `table`) calls
 * fn(data), interrupts masked. Returns a number for the function below, or -errno. The machine programs the
 * table; the driver sets the enable bit of the capability before it asks.
 */
int machine_msix_bind(struct pci_address at, unsigned entry, uint64_t table, void (*fn)(void *data),
		      void *data);
void machine_msix_unbind(int handle);

#endif
