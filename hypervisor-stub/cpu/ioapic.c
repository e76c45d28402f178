/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs: found in ACPI's MADT, and silenced.
 *
 * A pin that the firmware left open would raise a vector that means something else here. Domains may
 * read the registers (a kernel that counts pins goes on) but never write them (boot/main.c): a pin's
 * entry names a vector and a pCPU, which are the hypervisor's.
 */
#include "console/console.h"
#include "cpu/acpi.h"
#include "cpu/hvmap.h"
#include "cpu/irq.h"
#include "lib/string.h"

/* clang-format off */
#define MADT_ENTRIES	 44	/* offset of the first entry */
#define MADT_IOAPIC	 1	/* type: id, reserved, 32-bit address, first interrupt */
#define IOAPIC_ADDRESS	 4
#define IOAPIC_SELECT	 0x00
#define IOAPIC_WINDOW	 0x10
#define IOAPIC_VERSION	 1	/* register: bits 16-23, the last pin */
#define IOAPIC_PIN(n)	 (0x10 + 2 * (n))
#define PIN_MASKED	 (1u << 16)
/* clang-format on */

static uint32_t read_register(volatile uint32_t *base, unsigned int reg)
{
	base[IOAPIC_SELECT / 4] = reg;
	return base[IOAPIC_WINDOW / 4];
}

static void write_register(volatile uint32_t *base, unsigned int reg, uint32_t v)
{
	base[IOAPIC_SELECT / 4] = reg;
	base[IOAPIC_WINDOW / 4] = v;
}

uint32_t ioapic_address[IOAPICS_MAX];
unsigned int ioapic_count;

static void silence(uint32_t address)
{
	volatile uint32_t *base = device_map(_maddr(address), PAGE_SIZE, DEVICE_UNCACHED);
	unsigned int last = read_register(base, IOAPIC_VERSION) >> 16 & 0xff;

	for (unsigned int pin = 0; pin <= last; pin++)
		write_register(base, IOAPIC_PIN(pin), PIN_MASKED);
	if (ioapic_count < IOAPICS_MAX)
		ioapic_address[ioapic_count++] = address;
	log_debug("I/O APIC at %x: %u pins masked", address, last + 1);
}

void ioapic_init(void)
{
	const struct acpi_header *madt = acpi_table("APIC");
	const uint8_t *p, *end;

	if (!madt)
		return;
	p = (const uint8_t *)madt + MADT_ENTRIES;
	end = (const uint8_t *)madt + madt->length;
	/* Type, length, contents; a length of 0 would never end. */
	for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1]) {
		uint32_t address;

		if (p[0] != MADT_IOAPIC || p[1] < IOAPIC_ADDRESS + sizeof(address))
			continue;
		memcpy(&address, p + IOAPIC_ADDRESS, sizeof(address));
		silence(address);
	}
}
