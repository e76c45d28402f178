/* SPDX-License-Identifier: MIT */
/* A heap under stress: random sizes, grown and freed in random order, contents always intact. */
#include "observe.h"

#define SLOTS 256
static unsigned int seed = 12345;

static unsigned int next(void)
{
	return (seed = seed * 1664525 + 1013904223) >> 8;
}

int main(void)
{
	struct {
		unsigned char *p;
		size_t size;
		unsigned char mark;
	} slot[SLOTS] = { 0 };
	unsigned long bad = 0, operations = 0;
	size_t total = 0;

	for (int i = 0; i < 20000; i++) {
		unsigned int n = next() % SLOTS;

		for (size_t j = 0; j < slot[n].size; j += 97)
			bad += slot[n].p[j] != slot[n].mark;
		if (next() % 3 == 0) {
			free(slot[n].p);
			total -= slot[n].size;
			slot[n].p = NULL;
			slot[n].size = 0;
		} else {
			size_t size = next() % 100 == 0 ? next() % 200000 : next() % 2000;
			unsigned char *p = realloc(slot[n].p, size + 1);

			if (!p) {
				puts("no memory");
				return 1;
			}
			for (size_t j = 0; j < slot[n].size && j < size; j += 97)
				bad += p[j] != slot[n].mark;
			total += size - slot[n].size;
			slot[n].p = p;
			slot[n].size = size;
			slot[n].mark = next();
			memset(p, slot[n].mark, size);
		}
		operations++;
	}
	printf("%lu operations, %lu bad, %zu bytes live\n", operations, bad, total);
	HOLDS(malloc(0x7fffffff) == NULL || malloc(0x7fffffff) == NULL);
	return bad != 0;
}
