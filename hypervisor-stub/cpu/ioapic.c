/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs: found in ACPI's MADT, silenced, and then programmed a pin at a time.
 *
 * A pin that the firmware left open would raise a vector that means something else here. Domains may
 * read the registers (a kernel that counts pins goes on) but never write them (boot/main.c): a pin's
 * entry names a vector and a pCPU, which are the hypervisor's.
 *
 * The tables are written while booting and only read afterwards. Lock: registers, with interrupts off,
 * around each pair of accesses; taken here.
 */
#include "cpu/ioapic.h"
#include "console/console.h"
#include "cpu/acpi.h"
#include "cpu/asm.h"
#include "cpu/hvmap.h"
#include "cpu/spinlock.h"
#include "lib/string.h"

/* clang-format off */
#define MADT_ENTRIES	 44	/* offset of the first entry */
#define MADT_IOAPIC	 1	/* type: id, reserved, 32-bit address, first GSI */
#define MADT_OVERRIDE	 2	/* type: bus, ISA line, 32-bit GSI, 16-bit flags */
#define OVERRIDE_LOW	 3	/* flags, bits 0-1: polarity; 0 as the bus has it, 1 high, 3 low */
#define OVERRIDE_LEVEL	 3	/* bits 2-3: trigger; 0 as the bus has it, 1 edge, 3 level */
#define IOAPIC_SELECT	 0x00
#define IOAPIC_WINDOW	 0x10
#define IOAPIC_VERSION	 1	/* register: bits 16-23, the last pin */
#define IOAPIC_PIN(n)	 (0x10 + 2 * (n))
#define ISA_LINES	 16
/* clang-format on */

struct ioapic {
	volatile uint32_t *base;
	uint32_t address, first_gsi, pins;
};

static struct ioapic ioapics[IOAPICS_MAX];
unsigned int ioapic_count, gsi_count;

/* Of an ISA line: where it comes in and how it asks. */
static struct {
	uint32_t gsi;
	struct gsi_mode mode;
} isa[ISA_LINES];

static struct spinlock lock = SPINLOCK_INIT(LOCK_REGISTERS);

static uint32_t read_register(const struct ioapic *a, unsigned int reg)
{
	uint64_t flags = irq_save();
	uint32_t v;

	spin_lock(&lock);
	a->base[IOAPIC_SELECT / 4] = reg;
	v = a->base[IOAPIC_WINDOW / 4];
	spin_unlock(&lock);
	irq_restore(flags);
	return v;
}

static void write_register(const struct ioapic *a, unsigned int reg, uint32_t v)
{
	uint64_t flags = irq_save();

	spin_lock(&lock);
	a->base[IOAPIC_SELECT / 4] = reg;
	a->base[IOAPIC_WINDOW / 4] = v;
	spin_unlock(&lock);
	irq_restore(flags);
}

static void add_ioapic(uint32_t address, uint32_t first_gsi)
{
	struct ioapic *a = &ioapics[ioapic_count];

	if (ioapic_count == IOAPICS_MAX || first_gsi >= GSI_MAX) {
		log_warning("I/O APIC at %x, GSI %u: not used", address, first_gsi);
		return;
	}
	a->base = device_map(_maddr(address), PAGE_SIZE, DEVICE_UNCACHED);
	a->address = address;
	a->first_gsi = first_gsi;
	a->pins = (read_register(a, IOAPIC_VERSION) >> 16 & 0xff) + 1;
	if (a->pins > GSI_MAX - first_gsi)
		a->pins = GSI_MAX - first_gsi;
	for (unsigned int pin = 0; pin < a->pins; pin++)
		write_register(a, IOAPIC_PIN(pin), PIN_MASKED);
	if (first_gsi + a->pins > gsi_count)
		gsi_count = first_gsi + a->pins;
	ioapic_count++;
	log_debug("I/O APIC at %x: GSI %u to %u masked", address, first_gsi,
		  first_gsi + a->pins - 1);
}

static void add_override(unsigned int line, uint32_t gsi, uint16_t flags)
{
	if (line >= ISA_LINES)
		return;
	isa[line].gsi = gsi;
	isa[line].mode = (struct gsi_mode){ .level = (flags >> 2 & 3) == OVERRIDE_LEVEL,
					    .low = (flags & 3) == OVERRIDE_LOW };
}

static void read_entry(const uint8_t *p)
{
	uint32_t words[2];
	uint16_t flags;

	if (p[0] == MADT_IOAPIC && p[1] >= 12) {
		memcpy(words, p + 4, sizeof(words));
		add_ioapic(words[0], words[1]);
	} else if (p[0] == MADT_OVERRIDE && p[1] >= 10) {
		memcpy(words, p + 4, sizeof(words[0]));
		memcpy(&flags, p + 8, sizeof(flags));
		add_override(p[3], words[0], flags);
	}
}

void ioapic_init(void)
{
	const struct acpi_header *madt = acpi_table("APIC");
	const uint8_t *p, *end;

	for (unsigned int line = 0; line < ISA_LINES; line++)
		isa[line].gsi = line;
	if (!madt)
		return;
	p = (const uint8_t *)madt + MADT_ENTRIES;
	end = (const uint8_t *)madt + madt->length;
	/* Type, length, contents; a length of 0 would never end. */
	for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1])
		read_entry(p);
}

uint32_t ioapic_address(unsigned int nr)
{
	return ioapics[nr].address;
}

int ioapic_find(uint64_t address)
{
	for (unsigned int i = 0; i < ioapic_count; i++)
		if (ioapics[i].address == address)
			return (int)i;
	return -1;
}

uint32_t ioapic_read(unsigned int nr, unsigned int reg)
{
	return read_register(&ioapics[nr], reg);
}

int ioapic_gsi_of_register(unsigned int nr, unsigned int reg)
{
	const struct ioapic *a = &ioapics[nr];

	if (reg < IOAPIC_PIN(0) || reg >= IOAPIC_PIN(a->pins))
		return -1;
	return (int)(a->first_gsi + (reg - IOAPIC_PIN(0)) / 2);
}

static const struct ioapic *ioapic_of(unsigned int gsi)
{
	for (unsigned int i = 0; i < ioapic_count; i++)
		if (gsi >= ioapics[i].first_gsi && gsi < ioapics[i].first_gsi + ioapics[i].pins)
			return &ioapics[i];
	return NULL;
}

bool gsi_exists(unsigned int gsi)
{
	return ioapic_of(gsi) != NULL;
}

int gsi_isa_line(unsigned int gsi)
{
	for (unsigned int line = 0; line < ISA_LINES; line++)
		if (isa[line].gsi == gsi)
			return (int)line;
	return -1;
}

/* ISA lines rise once and are high; PCI lines stay low until they are served. */
struct gsi_mode gsi_default_mode(unsigned int gsi)
{
	int line = gsi_isa_line(gsi);

	return line >= 0 ? isa[line].mode : (struct gsi_mode){ .level = true, .low = true };
}

void gsi_write_low(unsigned int gsi, uint32_t low)
{
	const struct ioapic *a = ioapic_of(gsi);

	write_register(a, IOAPIC_PIN(gsi - a->first_gsi), low);
}

void gsi_write_destination(unsigned int gsi, uint32_t apic_id)
{
	const struct ioapic *a = ioapic_of(gsi);

	write_register(a, IOAPIC_PIN(gsi - a->first_gsi) + 1, apic_id << 24);
}
