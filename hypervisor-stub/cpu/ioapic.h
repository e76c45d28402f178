/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs: the pins by which interrupt lines reach the local APICs.
 *
 * A line is named by its global system interrupt (GSI): each I/O APIC's pins have numbers of their own,
 * one after the other, as ACPI's MADT says. The 16 lines of a PC keep their old numbers except where the
 * MADT overrides them.
 */
#ifndef CPU_IOAPIC_H
#define CPU_IOAPIC_H

#define IOAPICS_MAX 32
#define GSI_MAX	    256

/* Lower half of a pin's entry; the upper half is the destination, an APIC's number in its last byte. */
#define PIN_LOW_ACTIVE (1u << 13)
#define PIN_LEVEL      (1u << 15)
#define PIN_MASKED     (1u << 16)
#define PIN_DELIVERY   (7u << 8) /* 0: fixed, 1: lowest priority */

/* How a line asks. */
struct gsi_mode {
	bool level, low;
};

extern unsigned int ioapic_count;
extern unsigned int gsi_count; /* GSIs are 0 .. gsi_count - 1, perhaps with gaps */

/*
 * Find them and mask every pin: what the firmware left there is not ours, and the lines that we use come
 * by the 8259s.
 */
void ioapic_init(void);
uint32_t ioapic_address(unsigned int nr);

/* A register; `nr` as found by ioapic_find(), -1 if no I/O APIC is at that address. */
int ioapic_find(uint64_t address);
uint32_t ioapic_read(unsigned int nr, unsigned int reg);
/* Which line the register belongs to: that of a pin; -1 if it is no pin's. */
int ioapic_gsi_of_register(unsigned int nr, unsigned int reg);

/* Is there a pin for this line? How the line asks, as far as firmware tells. */
bool gsi_exists(unsigned int gsi);
struct gsi_mode gsi_default_mode(unsigned int gsi);
/* The ISA line that comes in at this pin, or -1. */
int gsi_isa_line(unsigned int gsi);

/* Halves of the pin's entry. The lower one last when both change: it holds the mask. */
void gsi_write_low(unsigned int gsi, uint32_t low);
void gsi_write_destination(unsigned int gsi, uint32_t apic_id);

#endif
