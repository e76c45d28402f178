/* SPDX-License-Identifier: MIT */
/* As string.h here; of <stdlib.h> lwIP uses atoi(). */
#include "lib/string.h"

static inline int atoi(const char *s)
{
	return (int)strtoul(s, NULL, 10);
}
