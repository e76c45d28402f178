/* SPDX-License-Identifier: MIT */
/* newlib's descriptor sets have Linux's layout; only their size differs. */
#ifndef _RINGLET_SELECT_H
#define _RINGLET_SELECT_H

#ifndef FD_SETSIZE
#define FD_SETSIZE 1024
#endif

#include_next <sys/select.h>

#endif
