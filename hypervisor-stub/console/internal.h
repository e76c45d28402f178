/* SPDX-License-Identifier: MIT */
/*
 * What the files of the console share: devices below, the log's text in the middle.
 */
#ifndef CONSOLE_INTERNAL_H
#define CONSOLE_INTERNAL_H

#include "console/console.h"

/* uart.c: com1 as the boot loader or firmware set it, at the speed that console options ask for. */
bool uart_init(const char *settings);
void uart_putc(char c);
bool uart_getc(char *c);
void uart_interrupts_on(void);

/* vga.c: the 80 by 25 text screen, until a domain may use it. */
void vga_init(void);
void vga_putc(char c);

/* log.c */
/* The panicking pCPU needs no lock any more, and gets every level. */
void console_break_lock(void);

#endif
