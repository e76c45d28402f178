/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables: found through the RSDP in the BIOS area, mapped read-only in the device area.
 *
 * All are mapped once, while booting: who asks for one later gets a pointer, and no room is used up.
 * Trusted: what is in them. Not trusted: where they are, how long, and that they are there.
 */
#include "cpu/acpi.h"
#include "console/console.h"
#include "cpu/hvmap.h"
#include "lib/string.h"

/* clang-format off */
#define EBDA_SEGMENT	 0x40e	/* BIOS data area: where the extended one begins, in paragraphs */
#define BIOS_AREA	 0xe0000
#define BIOS_AREA_END	 0x100000
#define TABLE_MAX	 (1u << 20)
#define TABLES_MAX	 48

/* Where the FADT names the DSDT, which is in no list: 32 bits, and in newer ones 64. */
#define FADT_DSDT	  40
#define FADT_X_DSDT	 140
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

static const struct acpi_header *tables[TABLES_MAX];
static unsigned int table_count;

static bool sums_to_zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *b++);
	return !sum;
}

static uint64_t number(const void *p, size_t bytes)
{
	uint64_t v = 0;

	memcpy(&v, p, bytes);
	return v;
}

uint64_t acpi_field(const struct acpi_header *h, unsigned int offset, unsigned int bytes)
{
	return h && offset + bytes <= h->length ? number((const uint8_t *)h + offset, bytes) : 0;
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
	const struct acpi_header *h;

	if (!at)
		return NULL;
	h = device_map(_maddr(at), sizeof(*h), DEVICE_CACHED_RO);
	if (h->length < sizeof(*h) || h->length > TABLE_MAX)
		return NULL;
	h = device_map(_maddr(at), h->length, DEVICE_CACHED_RO);
	return sums_to_zero(h, h->length) ? h : NULL;
}

static void add_table(uint64_t at)
{
	const struct acpi_header *h = map_table(at);

	if (h && table_count < TABLES_MAX)
		tables[table_count++] = h;
}

static void read_root(const struct acpi_header *root, unsigned int entry_size)
{
	const struct acpi_header *fadt;
	uint64_t dsdt;

	for (uint32_t at = sizeof(*root); root && at + entry_size <= root->length; at += entry_size)
		add_table(acpi_field(root, at, entry_size));
	fadt = acpi_table("FACP");
	dsdt = acpi_field(fadt, FADT_X_DSDT, 8);
	add_table(dsdt ? dsdt : acpi_field(fadt, FADT_DSDT, 4));
}

const struct acpi_header *acpi_table(const char *signature)
{
	for (unsigned int i = 0; i < table_count; i++)
		if (!memcmp(tables[i]->signature, signature, 4))
			return tables[i];
	return NULL;
}

void acpi_init(void)
{
	const uint16_t *ebda = device_map(_maddr(EBDA_SEGMENT), 2, DEVICE_CACHED_RO);
	const uint8_t *bios =
		device_map(_maddr(BIOS_AREA), BIOS_AREA_END - BIOS_AREA, DEVICE_CACHED_RO);
	const struct rsdp *r = NULL;

	if (*ebda)
		r = find_rsdp(device_map(_maddr((uint64_t)*ebda << 4), 1024, DEVICE_CACHED_RO),
			      1024);
	if (!r)
		r = find_rsdp(bios, BIOS_AREA_END - BIOS_AREA);
	if (!r) {
		log_info("acpi: no tables");
		return;
	}
	if (r->revision >= 2 && r->xsdt)
		read_root(map_table(r->xsdt), 8);
	else
		read_root(map_table(r->rsdt), 4);
	acpi_power_init();
	log_info("acpi: revision %u, %u tables", r->revision, table_count);
}
