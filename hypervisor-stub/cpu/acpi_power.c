/* SPDX-License-Identifier: MIT */
/*
 * What ACPI offers to end a machine: sleep state S5, and the reset register; and its clock.
 *
 * The sleep state is a package named _S5_ in the DSDT (or a table like it); its first two numbers go into
 * the two control registers. They are found by their bytes, as every small system does: running AML is
 * domain 0's business. A kernel that does run it may also ask for the state by XENPF_enter_acpi_sleep, and
 * gets the same end. No locks: found while booting, used when everything else has stopped.
 */
#include "cpu/acpi.h"
#include "cpu/asm.h"
#include "cpu/hvmap.h"
#include "cpu/pci.h"
#include "lib/string.h"

/* clang-format off */
/* Offsets in the FADT. Blocks are I/O ports, or in newer tables generic addresses. */
#define FADT_SMI_CMD	  48
#define FADT_ACPI_ENABLE  52
#define FADT_PM1A_CNT	  64
#define FADT_PM1B_CNT	  68
#define FADT_PM_TMR	  76
#define FADT_FLAGS	 112
#define FADT_RESET_REG	 116
#define FADT_RESET_VALUE 128
#define FADT_X_PM1A_CNT	 172
#define FADT_X_PM1B_CNT	 184

/* A generic address: space, width, offset, access size, then 64 bits of address. */
#define GAS_SPACE	 0
#define GAS_ADDRESS	 4
#define SPACE_MEMORY	 0
#define SPACE_IO	 1
#define SPACE_PCI	 2	/* bus 0: device, function and register, 16 bits each from bit 32 down */

#define FADT_FLAG_RESET	 (1u << 10)
#define PM1_SCI_EN	 (1u << 0)
#define PM1_SLP_TYP(n)	 ((n) << 10)
#define PM1_SLP_TYP_MASK PM1_SLP_TYP(7u)
#define PM1_SLP_EN	 (1u << 13)

#define AML_ZERO	 0x00
#define AML_ONE		 0x01
#define AML_NAME	 0x08
#define AML_BYTE	 0x0a
#define AML_WORD	 0x0b
#define AML_DWORD	 0x0c
#define AML_PACKAGE	 0x12
#define AML_ROOT	 '\\'
/* clang-format on */

static const struct acpi_header *fadt;
static int sleep_a = -1, sleep_b; /* what to write for S5; -1: not known */
static volatile uint8_t *reset_memory;

static uint32_t field(unsigned int offset, unsigned int bytes)
{
	return (uint32_t)acpi_field(fadt, offset, bytes);
}

/* ---- _S5_ ------------------------------------------------------------------------------------------ */

/* One number of a package; where the next begins, or NULL if this is no number. */
static const uint8_t *read_number(const uint8_t *p, const uint8_t *end, int *value)
{
	unsigned int bytes;

	if (p >= end)
		return NULL;
	switch (*p) {
	case AML_ZERO:
	case AML_ONE:
		*value = *p;
		return p + 1;
	case AML_BYTE:
		bytes = 1;
		break;
	case AML_WORD:
		bytes = 2;
		break;
	case AML_DWORD:
		bytes = 4;
		break;
	default:
		return NULL;
	}
	if (p + 1 + bytes > end)
		return NULL;
	*value = p[1] & 7;
	return p + 1 + bytes;
}

/* p is at the name: then the package's opcode, its length in 1 to 4 bytes, how many elements, these. */
static bool read_package(const uint8_t *p, const uint8_t *end)
{
	int a, b;

	p += 4;
	if (p + 3 > end || *p++ != AML_PACKAGE)
		return false;
	p += 1 + (*p >> 6) + 1;
	p = read_number(p, end, &a);
	if (!p || !read_number(p, end, &b))
		return false;
	sleep_a = a;
	sleep_b = b;
	return true;
}

/* The name is defined here, not merely mentioned: NameOp before it, perhaps with the root in between. */
static bool is_definition(const uint8_t *p)
{
	return p[-1] == AML_NAME || (p[-1] == AML_ROOT && p[-2] == AML_NAME);
}

static void find_s5(const struct acpi_header *table)
{
	const uint8_t *p, *end;

	if (!table)
		return;
	end = (const uint8_t *)table + table->length;
	for (p = (const uint8_t *)(table + 1) + 1; p + 8 < end; p++)
		if (!memcmp(p, "_S5_", 4) && is_definition(p) && read_package(p, end))
			return;
}

void acpi_power_init(void)
{
	fadt = acpi_table("FACP");
	find_s5(acpi_table("DSDT"));
	if (sleep_a < 0)
		find_s5(acpi_table("SSDT"));
	/* There is no time to map anything when it is needed. */
	if (field(FADT_FLAGS, 4) & FADT_FLAG_RESET &&
	    field(FADT_RESET_REG + GAS_SPACE, 1) == SPACE_MEMORY)
		reset_memory = device_map(_maddr(acpi_field(fadt, FADT_RESET_REG + GAS_ADDRESS, 8)),
					  1, DEVICE_UNCACHED);
}

/* ---- registers ------------------------------------------------------------------------------------- */

uint16_t acpi_pm_timer_port(void)
{
	return (uint16_t)field(FADT_PM_TMR, 4);
}

static uint16_t control_port(unsigned int old, unsigned int generic)
{
	if (!field(old, 4) && field(generic + GAS_SPACE, 1) == SPACE_IO)
		return (uint16_t)field(generic + GAS_ADDRESS, 4);
	return (uint16_t)field(old, 4);
}

/* The chip set obeys only after the firmware has handed it over. */
static void enable(uint16_t control)
{
	uint16_t smi = (uint16_t)field(FADT_SMI_CMD, 4);
	uint8_t command = (uint8_t)field(FADT_ACPI_ENABLE, 1);

	if ((inw(control) & PM1_SCI_EN) || !smi || !command)
		return;
	outb(smi, command);
	for (unsigned int i = 0; i < 1000000 && !(inw(control) & PM1_SCI_EN); i++)
		cpu_relax();
}

/* The type first and then with the enable bit, as the specification has it; other bits stay. */
static void sleep(uint16_t port, int type)
{
	uint16_t v = inw(port) & (uint16_t) ~(PM1_SLP_TYP_MASK | PM1_SLP_EN);

	v |= (uint16_t)PM1_SLP_TYP((unsigned int)type);
	outw(port, v);
	outw(port, v | PM1_SLP_EN);
}

bool acpi_poweroff(void)
{
	uint16_t a = control_port(FADT_PM1A_CNT, FADT_X_PM1A_CNT);
	uint16_t b = control_port(FADT_PM1B_CNT, FADT_X_PM1B_CNT);

	if (sleep_a < 0 || !a)
		return false;
	enable(a);
	sleep(a, sleep_a);
	if (b)
		sleep(b, sleep_b);
	return true;
}

void acpi_reset(void)
{
	uint64_t address = acpi_field(fadt, FADT_RESET_REG + GAS_ADDRESS, 8);
	uint8_t value = (uint8_t)field(FADT_RESET_VALUE, 1);

	if (!(field(FADT_FLAGS, 4) & FADT_FLAG_RESET))
		return;
	switch (field(FADT_RESET_REG + GAS_SPACE, 1)) {
	case SPACE_MEMORY:
		*reset_memory = value;
		break;
	case SPACE_IO:
		outb((uint16_t)address, value);
		break;
	case SPACE_PCI:
		pci_write(0, (uint32_t)(address >> 32 & 0x1f) << 3 | (address >> 16 & 7),
			  address & 0xff, 1, value);
		break;
	default:
		break;
	}
}
