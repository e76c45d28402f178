/* SPDX-License-Identifier: MIT */
/* newlib's visibility rules, and the POSIX options that it leaves to the system to announce. */
#ifndef _RINGLET_FEATURES_H
#define _RINGLET_FEATURES_H

#include_next <sys/features.h>

#define _POSIX_TIMERS		1
#define _POSIX_MONOTONIC_CLOCK	200112L
#define _POSIX_CLOCK_SELECTION	200112L
#define _POSIX_REALTIME_SIGNALS 1

#endif
