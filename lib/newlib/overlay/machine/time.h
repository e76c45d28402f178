/* SPDX-License-Identifier: MIT */
/* newlib's clock() returns what times() counts, and that is USER_HZ = 100 on Linux i386. */
#ifndef _MACHTIME_H_
#define _MACHTIME_H_

#define _CLOCKS_PER_SEC_ 100

#endif
