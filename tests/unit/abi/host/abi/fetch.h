/* SPDX-License-Identifier: MIT */
/*
 * The guest's memory for host tests: gptr_t is an offset into test_memory, and ends where it ends.
 */
#ifndef ABI_FETCH_H
#define ABI_FETCH_H

#include "domain/domain.h"

#include <string.h>

#define TEST_MEMORY 0x10000

extern uint8_t test_memory[TEST_MEMORY];

static inline bool fetch_from_guest(bool is_32bit, void *to, gptr_t from, size_t n)
{
	(void)is_32bit;
	if (from.va + n > TEST_MEMORY)
		return false;
	memcpy(to, test_memory + from.va, n);
	return true;
}

static inline bool fetch_to_guest(bool is_32bit, gptr_t to, const void *from, size_t n)
{
	(void)is_32bit;
	if (to.va + n > TEST_MEMORY)
		return false;
	memcpy(test_memory + to.va, from, n);
	return true;
}

#endif
