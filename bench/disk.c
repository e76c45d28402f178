/* SPDX-License-Identifier: MIT */
/*
 * A disk in figures: MB/s of reading and writing all of it in pieces of 1 MB, and microseconds of a random page's read.
 *
 *	disk FILE MEGABYTES	writes over it; it should be larger than the memory that could cache it
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define MB    (1 << 20)
#define PAGE  4096
#define READS 2000

static char buffer[MB];

static double now(void)
{
	struct timeval t;

	gettimeofday(&t, NULL);
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void all(int fd, long (*move)(int fd, int megabytes), int megabytes, const char *name)
{
	double began = now();

	lseek(fd, 0, SEEK_SET);
	if (move(fd, megabytes)) {
		perror(name);
		exit(1);
	}
	printf("%s %.1f MB/s\n", name, megabytes * 1.048576 / (now() - began));
}

static long read_all(int fd, int megabytes)
{
	while (megabytes--)
		for (long n, done = 0; done < MB; done += n)
			if ((n = read(fd, buffer, (size_t)(MB - done))) <= 0)
				return -1;
	return 0;
}

static long write_all(int fd, int megabytes)
{
	while (megabytes--)
		for (long n, done = 0; done < MB; done += n)
			if ((n = write(fd, buffer, (size_t)(MB - done))) <= 0)
				return -1;
	return fsync(fd);
}

static void pages(int fd, uint32_t count)
{
	uint32_t seed = 1;
	double began = now();

	for (int i = 0; i < READS; i++) {
		seed = seed * 1664525u + 1013904223u;
		lseek(fd, (off_t)(seed >> 8) % count * PAGE, SEEK_SET);
		if (read(fd, buffer, PAGE) != PAGE)
			exit(1);
	}
	printf("page %.1f us\n", (now() - began) * 1e6 / READS);
}

int main(int argc, char **argv)
{
	int megabytes = argc == 3 ? atoi(argv[2]) : 0, fd = megabytes ? open(argv[1], O_RDWR) : -1;

	if (fd < 0) {
		fprintf(stderr, "usage: disk FILE MEGABYTES\n");
		return 2;
	}
	all(fd, write_all, megabytes, "write");
	all(fd, read_all, megabytes, "read");
	pages(fd, (uint32_t)megabytes * 256);
	return 0;
}
