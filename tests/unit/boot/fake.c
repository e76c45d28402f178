/* SPDX-License-Identifier: MIT */
/*
 * What boot/ calls outside itself. See fake.h.
 */
#include "console/console.h"
#include "lib/string.h"
#include "mm/mm.h"

uint8_t fake_ram[FAKE_RAM_BYTES] __attribute__((aligned(4096)));
jmp_buf fake_panic;

void log_hv(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	(void)fmt;
	longjmp(fake_panic, 1);
}

void machine_map_add(maddr_t start, uint64_t bytes, uint32_t type)
{
	(void)start;
	(void)bytes;
	(void)type;
}

size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		memcpy(dst, src, min(n, size - 1));
		dst[min(n, size - 1)] = '\0';
	}
	return n;
}
