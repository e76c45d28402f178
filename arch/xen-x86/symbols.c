/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses in the kernel: the table that symbols.sh put at the end of the image.
 */
#include "xen-x86.h"

struct symbol {
	uint32_t address, name;
};

/* Weak: the image is linked once without the table. */
extern const uint32_t symbol_count __attribute__((weak));
extern const struct symbol symbol_table[] __attribute__((weak));
extern const char symbol_names[] __attribute__((weak));
extern const char image_start[], rodata_end[];

const char *symbol_name(unsigned long address, unsigned long *offset)
{
	uint32_t lo = 0, hi;

	if (!&symbol_count || address < (unsigned long)image_start ||
	    address >= (unsigned long)rodata_end)
		return NULL;
	for (hi = symbol_count; hi - lo > 1;) {
		uint32_t mid = (lo + hi) / 2;

		if (symbol_table[mid].address <= address)
			lo = mid;
		else
			hi = mid;
	}
	*offset = address - symbol_table[lo].address;
	return symbol_names + symbol_table[lo].name;
}
