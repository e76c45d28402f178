/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables: found through the RSDP in the BIOS area, mapped read-only in the device area.
 *
 * The sleep state for "off" is a package named _S5_ in the DSDT; its first two numbers are looked for by
 * their bytes, which is what every small system does: interpreting AML is domain 0's business.
 */
#include "cpu/acpi.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/hvmap.h"
#include "lib/string.h"

/* clang-format off */
#define EBDA_SEGMENT	 0x40e	/* BIOS data area: where the extended one begins, in paragraphs */
#define BIOS_AREA	 0xe0000
#define BIOS_AREA_END	 0x100000
#define TABLE_MAX	 (1u << 20)

/* Offsets in the FADT. */
#define FADT_DSDT	  40
#define FADT_SMI_CMD	  48
#define FADT_ACPI_ENABLE  52
#define FADT_PM1A_CNT	  64
#define FADT_PM1B_CNT	  68
#define FADT_PM_TMR	  76
#define FADT_FLAGS	 112
#define FADT_RESET_REG	 116	/* generic address: space, width, offset, size, 64-bit address */
#define FADT_RESET_VALUE 128

#define FADT_FLAG_RESET	 (1u << 10)
#define SPACE_IO	 1
#define PM1_SCI_EN	 (1u << 0)
#define PM1_SLP_TYP(n)	 ((n) << 10)
#define PM1_SLP_EN	 (1u << 13)

#define AML_BYTE	 0x0a
#define AML_PACKAGE	 0x12
/* clang-format on */

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
} __attribute__((packed));

static const struct acpi_header *root; /* RSDT or XSDT */
static unsigned int entry_size;
static const uint8_t *fadt;
static int sleep_a = -1, sleep_b = -1; /* SLP_TYP of S5 */

static bool sums_to_zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *b++);
	return !sum;
}

static uint32_t read32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t read64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static const struct rsdp *find_rsdp(const uint8_t *p, size_t bytes)
{
	for (size_t i = 0; i + sizeof(struct rsdp) <= bytes; i += 16)
		if (!memcmp(p + i, "RSD PTR ", 8) && sums_to_zero(p + i, 20))
			return (const void *)(p + i);
	return NULL;
}

/* Twice: the first time to learn how long it is. */
static const struct acpi_header *map_table(uint64_t at)
{
	const struct acpi_header *h = device_map(_maddr(at), sizeof(*h), DEVICE_CACHED_RO);

	if (h->length < sizeof(*h) || h->length > TABLE_MAX)
		return NULL;
	h = device_map(_maddr(at), h->length, DEVICE_CACHED_RO);
	return sums_to_zero(h, h->length) ? h : NULL;
}

static const struct acpi_header *find_table(const char *signature)
{
	unsigned int count;

	if (!root)
		return NULL;
	count = (root->length - sizeof(*root)) / entry_size;
	for (unsigned int i = 0; i < count; i++) {
		const uint8_t *e = (const uint8_t *)(root + 1) + i * entry_size;
		uint64_t at = entry_size == 8 ? read64(e) : read32(e);
		const char *h = device_map(_maddr(at), 4, DEVICE_CACHED_RO);

		if (!memcmp(h, signature, 4))
			return map_table(at);
	}
	return NULL;
}

const struct acpi_header *acpi_table(const char *signature)
{
	return find_table(signature);
}

/* Name, package opcode, length (1 to 4 bytes), count, then numbers as 0, 1, or BYTE n. */
static void find_s5(const struct acpi_header *dsdt)
{
	const uint8_t *p = (const uint8_t *)(dsdt + 1), *end = (const uint8_t *)dsdt + dsdt->length;
	int value[2];

	for (; p + 16 < end; p++)
		if (!memcmp(p, "_S5_", 4) && p[4] == AML_PACKAGE)
			break;
	if (p + 16 >= end)
		return;
	p += 5;
	p += 1 + (*p >> 6) + 1; /* the length's own size, and the count of elements */
	for (unsigned int i = 0; i < 2; i++) {
		if (*p == AML_BYTE)
			p++;
		value[i] = *p++ & 7;
	}
	sleep_a = value[0];
	sleep_b = value[1];
}

void acpi_init(void)
{
	const uint16_t *ebda = device_map(_maddr(EBDA_SEGMENT), 2, DEVICE_CACHED_RO);
	const uint8_t *bios =
		device_map(_maddr(BIOS_AREA), BIOS_AREA_END - BIOS_AREA, DEVICE_CACHED_RO);
	const struct rsdp *r = NULL;
	const struct acpi_header *h;

	if (*ebda)
		r = find_rsdp(device_map(_maddr((uint64_t)*ebda << 4), 1024, DEVICE_CACHED_RO),
			      1024);
	if (!r)
		r = find_rsdp(bios, BIOS_AREA_END - BIOS_AREA);
	if (!r) {
		log_info("acpi: no tables");
		return;
	}
	entry_size = r->revision >= 2 && r->xsdt ? 8 : 4;
	root = map_table(entry_size == 8 ? r->xsdt : r->rsdt);
	h = find_table("FACP");
	if (h && h->length >= FADT_FLAGS + 4)
		fadt = (const uint8_t *)h;
	if (fadt && (h = map_table(read32(fadt + FADT_DSDT))))
		find_s5(h);
	log_info("acpi: revision %u%s%s", r->revision, fadt ? ", FADT" : "",
		 sleep_a >= 0 ? ", S5" : "");
}

uint16_t acpi_pm_timer_port(void)
{
	return fadt ? (uint16_t)read32(fadt + FADT_PM_TMR) : 0;
}

/* The chip set obeys only after the firmware has handed it over. */
static void enable(uint16_t control)
{
	uint16_t smi = (uint16_t)read32(fadt + FADT_SMI_CMD);

	if ((inw(control) & PM1_SCI_EN) || !smi || !fadt[FADT_ACPI_ENABLE])
		return;
	outb(smi, fadt[FADT_ACPI_ENABLE]);
	for (unsigned int i = 0; i < 1000000 && !(inw(control) & PM1_SCI_EN); i++)
		cpu_relax();
}

bool acpi_poweroff(void)
{
	uint16_t a, b;

	if (!fadt || sleep_a < 0)
		return false;
	a = (uint16_t)read32(fadt + FADT_PM1A_CNT);
	b = (uint16_t)read32(fadt + FADT_PM1B_CNT);
	if (!a)
		return false;
	enable(a);
	outw(a, (uint16_t)(PM1_SLP_TYP((unsigned int)sleep_a) | PM1_SLP_EN));
	if (b)
		outw(b, (uint16_t)(PM1_SLP_TYP((unsigned int)sleep_b) | PM1_SLP_EN));
	return true;
}

void acpi_reset(void)
{
	const struct acpi_header *h = (const void *)fadt;

	if (!fadt || h->length <= FADT_RESET_VALUE ||
	    !(read32(fadt + FADT_FLAGS) & FADT_FLAG_RESET))
		return;
	if (fadt[FADT_RESET_REG] == SPACE_IO)
		outb((uint16_t)read64(fadt + FADT_RESET_REG + 4), fadt[FADT_RESET_VALUE]);
}
