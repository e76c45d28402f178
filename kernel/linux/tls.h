/* SPDX-License-Identifier: MIT */
/*
 * The user_desc structure with which i386 programs describe their thread-local storage.
 */
#ifndef KERNEL_LINUX_TLS_H
#define KERNEL_LINUX_TLS_H

#include "kernel.h"

int tls_get(const void *user, struct machine_tls *tls); /* 0 or -EFAULT */

#endif
