/* SPDX-License-Identifier: MIT */
/* lwIP's own sources include the C library's headers by name: the kernel's functions stand behind them. */
#include "lib/string.h"
