/* SPDX-License-Identifier: MIT */
/* As string.h here; lwIP prints by LWIP_PLATFORM_DIAG only. */
