/* SPDX-License-Identifier: MIT */
/*
 * leak COUNT: fork, exec, pipes, files and mappings, COUNT times; prints how much less memory is free
 * than before, in KB. The first rounds fill caches and pools and are not counted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

static long free_kb(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.freeram / 1024 * info.mem_unit;
}

static void round_trip(char *self, int n)
{
	int p[2], fd;
	char *m;

	if (pipe(p) < 0)
		perror("pipe");
	m = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(m, n, 65536);
	fd = open("leak-file", O_CREAT | O_RDWR, 0600);
	write(fd, m, 20000);
	if (fork() == 0) {
		memset(m, 1, 32768);
		write(p[1], m, 1000);
		if (n % 2)
			execl(self, self, "child", NULL);
		_exit(0);
	}
	close(p[0]);
	close(p[1]);
	wait(NULL);
	close(fd);
	unlink("leak-file");
	munmap(m, 65536);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100;
	long before;

	if (count == 0)
		return 0;
	for (int i = 0; i < 50; i++)
		round_trip(argv[0], i);
	before = free_kb();
	for (int i = 0; i < count; i++)
		round_trip(argv[0], i);
	printf("lost %ld KB in %d rounds\n", before - free_kb(), count);
	return 0;
}
