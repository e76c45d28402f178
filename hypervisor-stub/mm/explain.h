/* SPDX-License-Identifier: MIT */
/*
 * Words for reports: how the parts of mm/ name what they refuse.
 */
#ifndef MM_EXPLAIN_H
#define MM_EXPLAIN_H

#include "mm/types.h"

/* "an L2 table", "writable memory". */
const char *type_name(enum frame_type type);

#endif
