/* SPDX-License-Identifier: MIT */
/*
 * lwIP's headers on the host: what lib/lwip/include/arch/cc.h is in the kernel.
 */
#ifndef LWIP_PORT_CC_H
#define LWIP_PORT_CC_H

#define LWIP_PLATFORM_DIAG(x)	(void)0
#define LWIP_PLATFORM_ASSERT(x) (void)(x)
#define LWIP_CHKSUM_ALGORITHM	3

#endif
