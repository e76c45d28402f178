/* SPDX-License-Identifier: MIT */
/*
 * The 8254 timer: channel 2 measures the TSC where there is no ACPI timer, channel 0 is the timer
 * interrupt where there is no local APIC.
 */
#include "cpu/asm.h"
#include "time/clock.h"

/* clang-format off */
#define CHANNEL0	0x40
#define CHANNEL2	0x42
#define COMMAND		0x43
#define CMD_ONESHOT(ch)	((ch) << 6 | 0x30)	/* low then high byte, mode 0, binary */
#define SPEAKER		0x61
#define SPEAKER_GATE2	0x01
#define SPEAKER_DATA	0x02
#define SPEAKER_OUT2	0x20
/* clang-format on */

static void load(uint16_t port, uint16_t ticks)
{
	outb(port, (uint8_t)ticks);
	outb(port, (uint8_t)(ticks >> 8));
}

uint64_t pit_measure_tsc(uint16_t pit_ticks)
{
	uint8_t speaker = inb(SPEAKER);
	uint64_t start, end;

	outb(SPEAKER, (uint8_t)((speaker & ~SPEAKER_DATA) | SPEAKER_GATE2));
	outb(COMMAND, CMD_ONESHOT(2));
	load(CHANNEL2, pit_ticks);
	start = rdtsc();
	while (!(inb(SPEAKER) & SPEAKER_OUT2))
		;
	end = rdtsc();
	outb(SPEAKER, speaker);
	return end - start;
}

void pit_oneshot(uint16_t pit_ticks)
{
	outb(COMMAND, CMD_ONESHOT(0));
	load(CHANNEL0, pit_ticks);
}

/* Mode 0 with its count not yet loaded: no edge, and the firmware's periodic ticks end. */
void pit_stop(void)
{
	outb(COMMAND, CMD_ONESHOT(0));
}
