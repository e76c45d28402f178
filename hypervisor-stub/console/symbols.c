/* SPDX-License-Identifier: MIT */
/*
 * Names of our functions, from the table that the second link put into the image.
 */
#include "console/console.h"

struct hv_symbol {
	uint32_t offset; /* from the image's start */
	uint32_t name;	 /* in hv_symbol_names */
};

extern const uint32_t hv_symbol_count;
extern const struct hv_symbol hv_symbols[];
extern const char hv_symbol_names[];
extern const uint8_t image_start[], image_text_end[];

const char *symbol_name(uint64_t address, uint64_t *offset)
{
	uint32_t low = 0, high = hv_symbol_count,
		 want = (uint32_t)(address - (uint64_t)image_start);

	*offset = 0;
	if (address < (uint64_t)image_start || address >= (uint64_t)image_text_end || !high ||
	    want < hv_symbols[0].offset)
		return "?";
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (hv_symbols[middle].offset <= want)
			low = middle;
		else
			high = middle;
	}
	*offset = want - hv_symbols[low].offset;
	return hv_symbol_names + hv_symbols[low].name;
}

uint32_t symbol_count(void)
{
	return hv_symbol_count;
}

const char *symbol_at(uint32_t i, uint64_t *address)
{
	*address = 0;
	if (i >= hv_symbol_count)
		return "";
	*address = (uint64_t)image_start + hv_symbols[i].offset;
	return hv_symbol_names + hv_symbols[i].name;
}
