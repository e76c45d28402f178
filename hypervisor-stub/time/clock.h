/* SPDX-License-Identifier: MIT */
/*
 * The clock's scale, and the chips that it is measured by.
 */
#ifndef TIME_CLOCK_H
#define TIME_CLOCK_H

/* Nanoseconds are (tsc << shift) * mul >> 32, or >> -shift: what the ABI tells guests, word for word. */
struct clock_scale {
	uint32_t mul;
	int8_t shift;
};

extern struct clock_scale clock_scale;
extern uint64_t clock_tsc_base; /* TSC at time 0 */

/* Measure the TSC. */
void clock_init(void);
uint64_t clock_tsc_hz(void);
/* ns of a TSC value. */
uint64_t clock_from_tsc(uint64_t tsc);
/* Wait, by the TSC. */
void clock_wait_us(unsigned int us);

/* pit.c: a stop watch, then a one-shot timer. */
#define PIT_HZ 1193182
/* TSC ticks during `pit_ticks`; 0: it does not count. */
uint64_t pit_measure_tsc(uint16_t pit_ticks);
void pit_oneshot(uint16_t pit_ticks);
void pit_stop(void);

/* cmos.c: seconds since 1970, UTC. */
uint64_t cmos_read(void);

#endif
