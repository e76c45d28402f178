/* SPDX-License-Identifier: MIT */
/*
 * PCI functions as a domain 0 finds them, and how it gets their interrupts.
 *
 * By the ports 0xcf8 and 0xcfc, bus 0 only: QEMU's machines have what a test asks for there. A test says
 * pci_init() first: it raises the virtual IOPL, without which a port is a #GP.
 */
#ifndef PV_PCI_H
#define PV_PCI_H

#include "pv.h"

#include <xen/event_channel.h>
#include <xen/physdev.h>

#define PCI_COMMAND	   0x04
#define PCI_BAR(n)	   (0x10 + 4 * (n))
#define PCI_INTERRUPT_LINE 0x3c

#define PCI_COMMAND_IO	       1
#define PCI_COMMAND_MEMORY     2
#define PCI_COMMAND_MASTER     4
#define PCI_COMMAND_NO_INTX    0x400
#define PCI_CAP_MSI	       0x05
#define PCI_CAP_MSIX	       0x11
#define PCI_MSI_CONTROL_ENABLE 1
#define PCI_MSIX_ENABLE	       0x8000

static inline uint32_t port_in(unsigned int port, unsigned int bytes)
{
	uint32_t v = 0;

	if (bytes == 1)
		asm volatile("inb %w1, %b0" : "+a"(v) : "Nd"(port));
	else if (bytes == 2)
		asm volatile("inw %w1, %w0" : "+a"(v) : "Nd"(port));
	else
		asm volatile("inl %w1, %0" : "+a"(v) : "Nd"(port));
	return v;
}

static inline void port_out(unsigned int port, unsigned int bytes, uint32_t v)
{
	if (bytes == 1)
		asm volatile("outb %b0, %w1" : : "a"(v), "Nd"(port));
	else if (bytes == 2)
		asm volatile("outw %w0, %w1" : : "a"(v), "Nd"(port));
	else
		asm volatile("outl %0, %w1" : : "a"(v), "Nd"(port));
}

void pci_init(void);
uint32_t pci_get(unsigned int devfn, unsigned int reg, unsigned int bytes);
void pci_set(unsigned int devfn, unsigned int reg, unsigned int bytes, uint32_t v);
/* The function of bus 0 with these numbers, announced to the hypervisor; -1: none. */
int pci_find(uint16_t vendor, uint16_t device);
/* Where the capability is; 0: it has none. */
unsigned int pci_capability(unsigned int devfn, unsigned int id);
/* Machine address in a memory BAR. */
uint64_t pci_bar(unsigned int devfn, unsigned int n);

/* PHYSDEVOP_map_pirq; the number goes to *pirq, which may be NULL. */
int map_pirq(struct physdev_map_pirq op, int *pirq);
int unmap_pirq(int pirq);
int pirq_eoi(int pirq);
/* The port, or an error. */
int bind_pirq(int pirq, unsigned int flags);

/* Until *count is at least `want`, but not for ever; upcalls must be open. False: it did not come. */
bool wait_for(const volatile unsigned int *count, unsigned int want);

#endif
