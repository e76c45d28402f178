/* SPDX-License-Identifier: MIT */
/*
 * The wall clock's beginning: date and time from the battery-backed clock, taken as UTC.
 */
#include "cpu/asm.h"
#include "lib/string.h"
#include "time/clock.h"

/* clang-format off */
#define INDEX	   0x70
#define DATA	   0x71
#define STATUS_A   0x0a
#define STATUS_B   0x0b
#define A_UPDATING 0x80
#define B_BINARY   0x04
#define B_24_HOURS 0x02
#define HOUR_PM	   0x80
/* clang-format on */

#define CENTURY_TURN 70 /* two digits below this are of the years 20xx */
#define READ_TRIES   1000000

struct date {
	uint8_t second, minute, hour, day, month, year;
};

static uint8_t cmos(uint8_t reg)
{
	outb(INDEX, reg);
	return inb(DATA);
}

static struct date read_once(void)
{
	for (unsigned int i = 0; i < READ_TRIES && (cmos(STATUS_A) & A_UPDATING); i++)
		;
	return (struct date){ cmos(0), cmos(2), cmos(4), cmos(7), cmos(8), cmos(9) };
}

static uint8_t binary(uint8_t v, bool already)
{
	return already ? v : (uint8_t)((v >> 4) * 10 + (v & 15));
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar; years begin in March for this. */
static uint64_t days_from_civil(unsigned int year, unsigned int month, unsigned int day)
{
	unsigned int y = year - (month <= 2), era = y / 400, yoe = y - era * 400;
	unsigned int doy = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
	unsigned int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return (uint64_t)era * 146097 + doe - 719468;
}

uint64_t cmos_read(void)
{
	struct date d = read_once(), again = read_once();
	uint8_t status = cmos(STATUS_B);
	bool bin = status & B_BINARY, pm = false;
	unsigned int year, hour;

	/* Two equal readings: no update fell between the registers. */
	while (memcmp(&d, &again, sizeof(d))) {
		d = again;
		again = read_once();
	}
	if (!(status & B_24_HOURS))
		pm = d.hour & HOUR_PM;
	hour = binary(d.hour & (uint8_t) ~(status & B_24_HOURS ? 0 : HOUR_PM), bin);
	if (!(status & B_24_HOURS))
		hour = hour % 12 + (pm ? 12 : 0);
	year = binary(d.year, bin);
	year += year < CENTURY_TURN ? 2000 : 1900;
	return days_from_civil(year, binary(d.month, bin), binary(d.day, bin)) * 86400 +
	       hour * 3600 + binary(d.minute, bin) * 60u + binary(d.second, bin);
}
