/* SPDX-License-Identifier: MIT */
/*
 * The console's input, from the machine to kernel/tty.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

void console_start(void); /* after tty_init */

#endif
