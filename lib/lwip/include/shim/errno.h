/* SPDX-License-Identifier: MIT */
/* As string.h here. */
#include <uapi/errno.h>
