/* SPDX-License-Identifier: MIT */
/* A set of signals as the rt_sig* calls pass it: bit n-1 stands for signal n, 64 signals. */
#ifndef _SYS__SIGSET_H_
#define _SYS__SIGSET_H_

typedef unsigned long long __sigset_t;

#endif
