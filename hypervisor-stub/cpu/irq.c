/* SPDX-License-Identifier: MIT */
/*
 * Dispatch of external interrupts.
 *
 * The tables are filled while booting and only read afterwards. An interrupt that nobody asked for is
 * acknowledged, counted, and reported by a debug key: a device gone mad must not fill the log.
 */
#include "cpu/irq.h"
#include "console/console.h"
#include "cpu/entry.h"
#include "cpu/ioapic.h"
#include "cpu/pic.h"

static void (*handlers[256])(void);
static unsigned int unexpected[256], spurious_lines;
static bool (*device_handler)(unsigned int vector);
static bool isa_ours[16];

static void call(unsigned int vector)
{
	if (handlers[vector])
		handlers[vector]();
	else
		unexpected[vector]++;
}

void irq_dispatch(unsigned int vector)
{
	if (vector == VECTOR_SPURIOUS) {
		unexpected[vector]++; /* takes no acknowledgement */
	} else if (vector >= VECTOR_ISA && vector < VECTOR_ISA + 16) {
		if (pic_acknowledge(vector - VECTOR_ISA))
			call(vector);
		else
			spurious_lines++;
	} else if (vector >= VECTOR_DEVICE && vector <= VECTOR_DEVICE_LAST && device_handler) {
		/* It acknowledges by itself: a level-triggered line must be masked before. */
		if (!device_handler(vector))
			unexpected[vector]++;
	} else {
		if (lapic_present())
			lapic_eoi();
		call(vector);
	}
}

void irq_devices(bool (*handler)(unsigned int vector))
{
	device_handler = handler;
}

bool irq_isa_is_ours(unsigned int line)
{
	return isa_ours[line];
}

void irq_register(unsigned int vector, void (*handler)(void))
{
	handlers[vector] = handler;
}

void irq_isa_enable(unsigned int line, void (*handler)(void))
{
	irq_register(VECTOR_ISA + line, handler);
	isa_ours[line] = true;
	pic_unmask(line);
}

static void report(void)
{
	log_info("spurious 8259 interrupts: %u", spurious_lines);
	for (unsigned int v = 0; v < ARRAY_SIZE(unexpected); v++)
		if (unexpected[v])
			log_info("vector %#x: %u unexpected", v, unexpected[v]);
}

void irq_init(void)
{
	pic_init();
	lapic_init();
	ioapic_init();
	debug_key('i', "unexpected and spurious interrupts", report);
}
