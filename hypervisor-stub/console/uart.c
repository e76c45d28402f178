/* SPDX-License-Identifier: MIT */
/*
 * The serial line: a 16550 at com1, written by polling, read by interrupt.
 *
 * Writing waits for room in the transmitter, but not for ever: a line that nobody drives must not stop
 * the machine.
 */
#include "console/internal.h"
#include "cpu/asm.h"
#include "lib/string.h"

/* clang-format off */
#define COM1	      0x3f8
#define UART_DATA     0	/* with DLAB: divisor, low */
#define UART_IER      1	/* with DLAB: divisor, high */
#define UART_FCR      2
#define UART_LCR      3
#define UART_MCR      4
#define UART_LSR      5
#define UART_SCRATCH  7

#define IER_RX_READY  0x01
#define FCR_ENABLE    0x07	/* on, both FIFOs cleared */
#define LCR_8N1	      0x03
#define LCR_DLAB      0x80
#define MCR_RTS_DTR   0x03
#define MCR_OUT2      0x08	/* lets the interrupt reach its line */
#define LSR_RX_READY  0x01
#define LSR_TX_EMPTY  0x20
/* clang-format on */

#define BASE_SPEED  115200
#define TX_PATIENCE 100000

static bool present;

static uint8_t uart_read(unsigned int reg)
{
	return inb((uint16_t)(COM1 + reg));
}

static void uart_write(unsigned int reg, uint8_t v)
{
	outb((uint16_t)(COM1 + reg), v);
}

/* Xen's syntax: SPEED[,DPS[,...]]; only 8n1 exists here, and "auto" keeps the speed. */
bool uart_init(const char *settings)
{
	unsigned long speed = settings ? strtoul(settings, NULL, 10) : 0;

	uart_write(UART_SCRATCH, 0x5a);
	if (uart_read(UART_SCRATCH) != 0x5a)
		return false;
	uart_write(UART_IER, 0);
	if (speed && speed <= BASE_SPEED) {
		unsigned long divisor = BASE_SPEED / speed;

		uart_write(UART_LCR, LCR_DLAB | LCR_8N1);
		uart_write(UART_DATA, (uint8_t)divisor);
		uart_write(UART_IER, (uint8_t)(divisor >> 8));
	}
	uart_write(UART_LCR, LCR_8N1);
	uart_write(UART_FCR, FCR_ENABLE);
	uart_write(UART_MCR, MCR_RTS_DTR | MCR_OUT2);
	present = true;
	return true;
}

void uart_putc(char c)
{
	if (!present)
		return;
	for (unsigned int i = 0; i < TX_PATIENCE && !(uart_read(UART_LSR) & LSR_TX_EMPTY); i++)
		cpu_relax();
	uart_write(UART_DATA, (uint8_t)c);
}

bool uart_getc(char *c)
{
	if (!present || !(uart_read(UART_LSR) & LSR_RX_READY))
		return false;
	*c = (char)uart_read(UART_DATA);
	return true;
}

void uart_interrupts_on(void)
{
	if (present)
		uart_write(UART_IER, IER_RX_READY);
}
