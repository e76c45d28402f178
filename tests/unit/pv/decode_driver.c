/* SPDX-License-Identifier: MIT */
/*
 * The decoder as a filter, for fuzz_decode.py: a line "BITS HEXBYTES" in, the length out; 0 if the
 * instruction is unknown, -1 if bytes are missing.
 */
#include "pv/decode.h"

#include <stdio.h>

int main(void)
{
	unsigned int bits;
	char hex[64];

	while (scanf("%u %63s", &bits, hex) == 2) {
		uint8_t bytes[32];
		struct insn in;
		size_t n = 0;

		while (n < sizeof(bytes) && sscanf(hex + 2 * n, "%2hhx", &bytes[n]) == 1)
			n++;
		switch (insn_decode(bytes, n, bits, &in)) {
		case INSN_OK:
			printf("%u\n", in.length);
			break;
		case INSN_SHORT:
			printf("-1\n");
			break;
		case INSN_UNKNOWN:
			printf("0\n");
			break;
		}
	}
	return 0;
}
