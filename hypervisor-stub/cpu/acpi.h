/* SPDX-License-Identifier: MIT */
/*
 * The little of ACPI that a hypervisor needs: tables by signature, a clock, power off, reset.
 *
 * The firmware's tables are trusted for what is in them but not for where: every length is checked.
 */
#ifndef CPU_ACPI_H
#define CPU_ACPI_H

#include "mm/addr.h"

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision, creator_id, creator_revision;
} __attribute__((packed));

/* Find the tables; without them the machine is an old PC, which is said once. */
void acpi_init(void);
/* The first table with this signature; NULL if there is none. At any time. */
const struct acpi_header *acpi_table(const char *signature);
/* A number of 1 to 8 bytes in a table; 0 if there is no table or it ends before. */
uint64_t acpi_field(const struct acpi_header *h, unsigned int offset, unsigned int bytes);

/* I/O port of the power-management timer (3.579545 MHz, 24 bits at least); 0: none. */
uint16_t acpi_pm_timer_port(void);

/* acpi_power.c, when the tables are known. */
void acpi_power_init(void);
/* False, or no return: the machine is off (or needs a moment to be). */
bool acpi_poweroff(void);
/* Write the FADT's reset register, if it has one. */
void acpi_reset(void);

#endif
