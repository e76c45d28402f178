/* SPDX-License-Identifier: MIT */
/*
 * Which of the two ABIs the running guest speaks. Only abi/ and pv/'s frames ask (law 7).
 */
#ifndef ABI_WIDTH_H
#define ABI_WIDTH_H

#include "cpu/cpu.h"
#include "domain/domain.h"

static inline bool guest_is_32bit(void)
{
	return current->domain->is_32bit;
}

#endif
