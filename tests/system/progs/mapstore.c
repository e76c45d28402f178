/* SPDX-License-Identifier: MIT */
/*
 * mapstore FILE PAGES: fills a sparse file through two shared mappings, one in each of two processes, says "stored",
 * and kills both. With a third argument it stores again, 1 more in each byte, 5 times in 4 s, and syncs
 * before the last time. Otherwise nothing is synced. The byte at x is x / 7 + x / 4096, both in their lowest 8 bits.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul

static void fill(int fd, size_t from, size_t end, size_t step)
{
	unsigned char *p = mmap(NULL, end, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		exit(1);
	for (size_t at = from; at < end; at += step)
		for (size_t x = at; x < at + PAGE && x < end; x++)
			p[x] = (unsigned char)(x / 7 + x / PAGE);
}

static void add(int fd, size_t size)
{
	static unsigned char *p;

	/* Always the same mapping: one that is made anew would be told to the file anew. */
	if (!p)
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (size_t x = 0; x < size; x++)
		p[x]++;
}

int main(int argc, char **argv)
{
	int fd = argc >= 3 ? open(argv[1], O_RDWR | O_CREAT, 0644) : -1, up[2];
	size_t size = argc >= 3 ? strtoul(argv[2], NULL, 0) * PAGE : 0;
	pid_t child;
	char c;

	if (fd < 0 || ftruncate(fd, (off_t)size) || pipe(up))
		return 1;
	child = fork();
	fill(fd, child ? 0 : PAGE, size, 2 * PAGE);
	if (!child) {
		write(up[1], "", 1);
		for (;;)
			pause();
	}
	read(up[0], &c, 1);
	for (int i = 0; argc > 3 && i < 5; i++) {
		if (i == 4)
			fsync(fd); /* it is clean, and may be written all the same */
		else
			usleep(800000);
		add(fd, size);
	}
	printf("stored\n");
	fflush(stdout);
	kill(child, SIGKILL);
	kill(getpid(), SIGKILL);
	return 1;
}
