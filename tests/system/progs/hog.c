/* SPDX-License-Identifier: MIT */
/* Takes memory and touches it until there is no more: the kernel has to end this, and only this. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK (1 << 20)

int main(void)
{
	for (int megabytes = 0;; megabytes++) {
		char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		if (p == MAP_FAILED) {
			printf("hog: refused after %d MB\n", megabytes);
			return 1;
		}
		memset(p, megabytes, CHUNK);
	}
}
