/* SPDX-License-Identifier: MIT */
/*
 * What lwIP asks of a compiler and of the kernel around it.
 */
#ifndef LWIP_PORT_CC_H
#define LWIP_PORT_CC_H

#include "lib/string.h"
#include <machine.h>
#include <stddef.h>
#include <stdint.h>

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_LIMITS_H   1
#define LWIP_NO_UNISTD_H   1
#define LWIP_NO_CTYPE_H	   1
#define INT_MAX		   0x7fffffff
typedef int ssize_t;
#define SSIZE_MAX INT_MAX
#define X8_F	  "02x"
#define U16_F	  "u"
#define S16_F	  "d"
#define X16_F	  "x"
#define U32_F	  "u"
#define S32_F	  "d"
#define X32_F	  "x"
#define SZT_F	  "u"

/* kernel/net/stack.c */
uint32_t lwip_port_random(void);

#define LWIP_RAND()		lwip_port_random()
#define LWIP_PLATFORM_DIAG(x)	printk x
#define LWIP_PLATFORM_ASSERT(x) panic("lwip: %s", x)
#define BYTE_ORDER		LITTLE_ENDIAN
#define LWIP_CHKSUM_ALGORITHM	3

#endif
