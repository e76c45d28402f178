/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space of segment 0, by the ports that every PC has.
 *
 * An address is what belongs in port 0xcf8: bus, device, function and register in one number. Index and
 * data are two accesses, so a lock with interrupts off is around them: domain 0's accesses and our own
 * go through the same functions and cannot mix.
 */
#ifndef CPU_PCI_H
#define CPU_PCI_H

#define PCI_PORT_INDEX 0xcf8
#define PCI_PORT_DATA  0xcfc
#define PCI_ENABLE     (1u << 31)

/* devfn: device number times eight plus function. */
#define PCI_ADDRESS(bus, devfn, reg) \
	(PCI_ENABLE | (uint32_t)(bus) << 16 | (uint32_t)(devfn) << 8 | ((reg)&0xfcu))

/* `bytes` is 1, 2 or 4 and does not cross a double word; lane: which byte of the data port, 0 to 3. */
uint32_t pci_access_read(uint32_t address, unsigned int lane, unsigned int bytes);
void pci_access_write(uint32_t address, unsigned int lane, unsigned int bytes, uint32_t value);

static inline uint32_t pci_read(unsigned int bus, unsigned int devfn, unsigned int reg,
				unsigned int bytes)
{
	return pci_access_read(PCI_ADDRESS(bus, devfn, reg), reg & 3, bytes);
}

static inline void pci_write(unsigned int bus, unsigned int devfn, unsigned int reg,
			     unsigned int bytes, uint32_t value)
{
	pci_access_write(PCI_ADDRESS(bus, devfn, reg), reg & 3, bytes, value);
}

#endif
