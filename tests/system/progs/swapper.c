/* SPDX-License-Identifier: MIT */
/*
 * swapper KB [ROUNDS]: uses so much memory that some must be elsewhere, together with a child: private pages that both
 * change after the fork, and shared ones in which each sees what the other stores. Every word is checked.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096u
#define WORDS (PAGE / 4)

static uint32_t *private, *shared;
static size_t pages, shared_pages;

static uint32_t word(size_t page, unsigned n, uint32_t version)
{
	return (uint32_t)(page * 2654435761u + n * 40503u + version * 97u);
}

static void store(uint32_t *area, size_t page, uint32_t version)
{
	for (unsigned n = 0; n < WORDS; n++)
		area[page * WORDS + n] = word(page, n, version);
}

static void check(const char *who, const uint32_t *area, size_t page, uint32_t version)
{
	for (unsigned n = 0; n < WORDS; n++)
		if (area[page * WORDS + n] != word(page, n, version)) {
			printf("swapper: %s: page %zu word %u is %x, not %x\n", who, page, n,
			       area[page * WORDS + n], word(page, n, version));
			_exit(1);
		}
}

/* Each process changes its pages of one parity, and the shared pages of that parity; then looks at all. */
static void work(const char *who, unsigned parity, uint32_t round)
{
	for (size_t p = parity; p < pages; p += 2)
		store(private, p, 1000 + round * 2 + parity);
	for (size_t p = parity; p < shared_pages; p += 2)
		store(shared, p, round);
	for (size_t p = 0; p < pages; p++)
		check(who, private, p, p % 2 == parity ? 1000 + round * 2 + parity : round);
}

static void *take(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED) {
		printf("swapper: mmap refused %zu bytes\n", size);
		exit(1);
	}
	return p;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	int status;

	pages = (argc > 1 ? strtoul(argv[1], NULL, 0) : 1024) / 4;
	shared_pages = pages / 8;
	private = take(pages * PAGE, MAP_PRIVATE);
	shared = take(shared_pages * PAGE, MAP_SHARED);
	for (uint32_t round = 0; round < rounds; round++) {
		pid_t child;

		for (size_t p = 0; p < pages; p++)
			store(private, p, round);
		child = fork();
		if (child < 0) {
			perror("swapper: fork");
			return 1;
		}
		work(child ? "parent" : "child", child != 0, round);
		if (!child)
			_exit(0);
		if (wait(&status) != child || status)
			return 1;
		for (size_t p = 0; p < shared_pages; p++)
			check("shared", shared, p, round);
	}
	printf("swapper: %zu KiB: ok\n", pages * 4);
	return 0;
}
