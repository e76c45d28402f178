/* SPDX-License-Identifier: MIT */
/*
 * The 8254 timer, channel 0: measures the TSC where there is no ACPI timer, and is the timer interrupt
 * where there is no local APIC. Channel 2 is left alone: its gate is a port that not every machine has.
 */
#include "cpu/asm.h"
#include "time/clock.h"

/* clang-format off */
#define CHANNEL0	0x40
#define COMMAND		0x43
#define CMD_LATCH	0x00	/* channel 0: the next two reads give its count, low then high */
#define CMD_ONESHOT	0x30	/* channel 0, low then high byte, mode 0 (down to 0, once), binary */
/* clang-format on */

#define COUNT_FROM 0xffff
#define STUCK	   100000 /* readings without any change */

void pit_oneshot(uint16_t pit_ticks)
{
	outb(COMMAND, CMD_ONESHOT);
	outb(CHANNEL0, (uint8_t)pit_ticks);
	outb(CHANNEL0, (uint8_t)(pit_ticks >> 8));
}

/* Mode 0 with its count not yet loaded: no edge, and the firmware's periodic ticks end. */
void pit_stop(void)
{
	outb(COMMAND, CMD_ONESHOT);
}

static uint16_t read_count(void)
{
	uint8_t low;

	outb(COMMAND, CMD_LATCH);
	low = inb(CHANNEL0);
	return (uint16_t)(inb(CHANNEL0) << 8 | low);
}

uint64_t pit_measure_tsc(uint16_t pit_ticks)
{
	uint16_t first, count;
	uint64_t start, end;

	pit_oneshot(COUNT_FROM);
	first = read_count();
	start = rdtsc();
	for (unsigned int i = 0;; i++) {
		count = read_count();
		end = rdtsc();
		if ((uint16_t)(first - count) >= pit_ticks)
			break;
		if (i == STUCK && count == first)
			return 0;
	}
	pit_stop();
	return (end - start) * pit_ticks / (uint16_t)(first - count);
}
