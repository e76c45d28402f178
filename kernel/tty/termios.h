/* SPDX-License-Identifier: MIT */
/*
 * Terminal settings: the bits and control characters of Linux's i386 `struct termios`.
 *
 * The values are the user ABI, so that TCGETS and TCSETS copy the structure as it stands.
 */
#ifndef KERNEL_TTY_TERMIOS_H
#define KERNEL_TTY_TERMIOS_H

#include <stdint.h>

enum {
	VINTR,
	VQUIT,
	VERASE,
	VKILL,
	VEOF,
	VTIME,
	VMIN,
	VSWTC,
	VSTART,
	VSTOP,
	VSUSP,
	VEOL,
	VREPRINT,
	VDISCARD,
	VWERASE,
	VLNEXT,
	VEOL2,
	NCCS = 19
};

/* c_iflag */
enum {
	IGNBRK = 0000001,
	BRKINT = 0000002,
	IGNPAR = 0000004,
	PARMRK = 0000010,
	INPCK = 0000020,
	ISTRIP = 0000040,
	INLCR = 0000100,
	IGNCR = 0000200,
	ICRNL = 0000400,
	IUCLC = 0001000,
	IXON = 0002000,
	IXANY = 0004000,
	IXOFF = 0010000,
	IMAXBEL = 0020000,
	IUTF8 = 0040000,
};

/* c_oflag */
enum {
	OPOST = 0000001,
	OLCUC = 0000002,
	ONLCR = 0000004,
	OCRNL = 0000010,
	ONOCR = 0000020,
	ONLRET = 0000040,
	TABDLY = 0014000,
	XTABS = 0014000,
};

/* c_cflag */
enum {
	B38400 = 0000017,
	CS8 = 0000060,
	CREAD = 0000200,
	HUPCL = 0002000,
};

/* c_lflag */
enum {
	ISIG = 0000001,
	ICANON = 0000002,
	ECHO = 0000010,
	ECHOE = 0000020,
	ECHOK = 0000040,
	ECHONL = 0000100,
	NOFLSH = 0000200,
	TOSTOP = 0000400,
	ECHOCTL = 0001000,
	ECHOPRT = 0002000,
	ECHOKE = 0004000,
	IEXTEN = 0100000,
};

struct termios {
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line;
	uint8_t c_cc[NCCS];
};

/* struct termios2 follows it with the two speeds in bits a second. */
struct termios2 {
	struct termios t;
	uint32_t c_ispeed, c_ospeed;
};

struct winsize {
	uint16_t rows, cols, xpixels, ypixels;
};

_Static_assert(sizeof(struct termios) == 36, "TCGETS copies 36 bytes");
_Static_assert(sizeof(struct termios2) == 44, "TCGETS2 copies 44 bytes");

#endif
