/* SPDX-License-Identifier: MIT */
/*
 * Configuration mechanism 1: an index port and a data port of four bytes.
 *
 * Lock: registers, with interrupts off; taken here.
 */
#include "cpu/pci.h"
#include "cpu/asm.h"
#include "cpu/spinlock.h"

static struct spinlock lock = SPINLOCK_INIT(LOCK_REGISTERS);

uint32_t pci_access_read(uint32_t address, unsigned int lane, unsigned int bytes)
{
	uint16_t port = (uint16_t)(PCI_PORT_DATA + lane);
	uint64_t flags = irq_save();
	uint32_t value;

	spin_lock(&lock);
	outl(PCI_PORT_INDEX, address);
	value = bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
	spin_unlock(&lock);
	irq_restore(flags);
	return value;
}

void pci_access_write(uint32_t address, unsigned int lane, unsigned int bytes, uint32_t value)
{
	uint16_t port = (uint16_t)(PCI_PORT_DATA + lane);
	uint64_t flags = irq_save();

	spin_lock(&lock);
	outl(PCI_PORT_INDEX, address);
	if (bytes == 1)
		outb(port, (uint8_t)value);
	else if (bytes == 2)
		outw(port, (uint16_t)value);
	else
		outl(port, value);
	spin_unlock(&lock);
	irq_restore(flags);
}
