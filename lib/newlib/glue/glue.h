/* SPDX-License-Identifier: MIT */
/*
 * What the port's files share: the structures in which 32-bit Linux passes times. The library's own
 * time_t has 64 bits, so every time is converted on its way in or out.
 */
#ifndef NEWLIB_GLUE_H
#define NEWLIB_GLUE_H

struct kernel_timespec {
	long sec, nsec;
};

struct kernel_timeval {
	long sec, usec;
};

#endif
