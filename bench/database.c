/* SPDX-License-Identifier: MIT */
/*
 * A load like a database's: transactions that read four random pages of a file and change two, each of them on the
 * medium (fsync) before the next begins.
 *
 *	database FILE MEGABYTES SECONDS		prints how many a second, and the slowest in milliseconds
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define PAGE 4096

static uint32_t page[PAGE / 4];
static uint32_t seed = 1;

static uint32_t next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static void at(int fd, uint32_t number, int out)
{
	long n;

	lseek(fd, (off_t)number * PAGE, SEEK_SET);
	n = out ? write(fd, page, PAGE) : read(fd, page, PAGE);
	if (n != PAGE) {
		perror("database");
		exit(1);
	}
}

static double now(void)
{
	struct timeval t;

	gettimeofday(&t, NULL);
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	uint32_t pages = argc == 4 ? (uint32_t)atoi(argv[2]) * 256 : 0;
	double began, last, slowest = 0;
	unsigned done = 0;
	int fd;

	if (!pages || (fd = open(argv[1], O_RDWR | O_CREAT, 0600)) < 0) {
		fprintf(stderr, "usage: database FILE MEGABYTES SECONDS\n");
		return 2;
	}
	for (uint32_t n = 0; n < pages; n++)
		at(fd, n, 1);
	fsync(fd);
	for (began = last = now(); last - began < atoi(argv[3]); done++) {
		double then = last;

		for (int i = 0; i < 4; i++)
			at(fd, next() % pages, 0);
		for (int i = 0; i < 2; i++) {
			page[0] = done;
			at(fd, next() % pages, 1);
		}
		if (fsync(fd))
			return 1;
		last = now();
		slowest = last - then > slowest ? last - then : slowest;
	}
	printf("transactions %u slowest %u\n", (unsigned)(done / (last - began)),
	       (unsigned)(slowest * 1000));
	return 0;
}
