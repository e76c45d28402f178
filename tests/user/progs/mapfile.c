/* SPDX-License-Identifier: MIT */
/* Shared mappings of a file: what is stored is in the file, for everybody, and the file's end is the mapping's. */
#include <setjmp.h>
#include <sys/mman.h>
#include "observe.h"

#define PAGE	  4096
#define MAP(n, f) mmap(NULL, (n)*PAGE, PROT_READ | PROT_WRITE, (f), fd, 0)
static jmp_buf back;
static volatile int fault;
static char *map, *other;
static int fd;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	fault = sig * 100 + info->si_code;
	longjmp(back, 1);
}

static int probe(volatile char *p, int write)
{
	fault = 0;
	if (setjmp(back) == 0) {
		if (write)
			*p = 'w';
		else
			(void)*p;
	}
	return fault;
}

static void show(const char *when, long at)
{
	char b[9] = "";

	lseek(fd, at, SEEK_SET);
	if (read(fd, b, 8) < 0)
		printf("read failed\n");
	for (int i = 0; i < 8; i++)
		b[i] = b[i] ? b[i] : '.';
	printf("%s: %s\n", when, b);
}

/* The child ends without a word to the kernel. */
static void store_and_die(void)
{
	memcpy(map + 3 * PAGE, "child", 5);
	map[0] = 'C';
	kill(getpid(), SIGKILL);
}

static void write_behind_the_end(void)
{
	map[4 * PAGE] = 1;
}

static void two_processes(void)
{
	int up[2], down[2];
	char c = 0;

	pipe(up);
	pipe(down);
	if (!fork()) {
		char *mine = MAP(4, MAP_SHARED);

		for (int i = 0; i < 3; i++) {
			read(down[0], &c, 1);
			mine[PAGE + i]++;
			other[i] = mine[2 * PAGE + i];
			write(up[1], &c, 1);
		}
		_exit(0);
	}
	for (int i = 0; i < 3; i++) {
		map[PAGE + i] = (char)('a' + i);
		map[2 * PAGE + i] = (char)('x' + i);
		write(down[1], &c, 1);
		read(up[0], &c, 1);
	}
	wait(NULL);
	show("changed by both", PAGE);
	printf("seen there: %.3s\n", other);
}

static void sizes(void)
{
	printf("in the file: %d %d, behind its last page: %d\n", probe(map + 3 * PAGE + 4000, 0),
	       probe(map + 3 * PAGE + 4000, 1), probe(map + 4 * PAGE, 1));
	in_child("behind the end", write_behind_the_end);
	map[2 * PAGE + 100] = 'z';
	TRY(ftruncate(fd, 2 * PAGE + 100));
	printf("shrunk: %d %d %d\n", probe(map + 2 * PAGE, 1), probe(map + 3 * PAGE, 0),
	       probe(map + 3 * PAGE, 1));
	printf("the rest of the last page: %d\n", map[2 * PAGE + 100]);
	TRY(ftruncate(fd, 6 * PAGE));
	printf("grown: %d %d, content %d %d\n", probe(map + 3 * PAGE, 0), probe(map + 4 * PAGE, 1),
	       map[2 * PAGE + 100], map[3 * PAGE]);
	show("a hole that was written to", 4 * PAGE);
	TRY(ftruncate(fd, 0));
	printf("empty: %d %d\n", probe(map, 0), probe(map + 4 * PAGE, 1));
	TRY(ftruncate(fd, 6 * PAGE));
	show("and back", 0);
}

static void private_copies(void)
{
	char *copy = MAP(2, MAP_PRIVATE);

	pwrite(fd, "12345678", 8, 0);
	pwrite(fd, "12345678", 8, PAGE);
	copy[0] = 'p';
	show("not in the file", 0);
	pwrite(fd, "abcdefgh", 8, 0);
	printf("not in the copy: %.8s\n", copy);
	TRY(ftruncate(fd, PAGE));
	printf("copies end as well: %d %d\n", probe(copy, 1), probe(copy + PAGE, 0));
	munmap(copy, 2 * PAGE);
	TRY(ftruncate(fd, 6 * PAGE));
}

static void rights(void)
{
	char *p;
	int ro = open("mapped", O_RDONLY);

	TRY((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
	TRY(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	printf("read only: %d %d\n", probe(p, 0), probe(p, 1));
	map[0] = 'R';
	printf("through the other: %c\n", *p);
	TRY(mprotect(map, PAGE, PROT_READ));
	printf("protected: %d %d\n", probe(map, 0), probe(map, 1));
	TRY(mprotect(map, PAGE, PROT_READ | PROT_WRITE));
	printf("and not: %d %c\n", probe(map + 1, 1), *p);
	show("both", 0);
	TRY(msync(map, 4 * PAGE, MS_SYNC));
	TRY(msync(map, 4 * PAGE, MS_ASYNC | MS_INVALIDATE));
	TRY(msync(map, 4 * PAGE, MS_ASYNC | MS_SYNC));
	TRY(msync(map, 4 * PAGE, 64));
	TRY(msync(map + 1, PAGE, MS_SYNC));
	TRY(msync(map, 0, MS_SYNC));
	TRY(munmap(map + PAGE, PAGE));
	TRY(msync(map, 3 * PAGE, MS_SYNC));
	TRY(msync(map, PAGE, MS_SYNC));
}

int main(void)
{
	struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	fd = open("mapped", O_RDWR | O_CREAT, 0644);
	TRY(ftruncate(fd, 4 * PAGE));
	map = MAP(6, MAP_SHARED);
	other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(map + 10, "stored", 6);
	show("stored", 10);
	pwrite(fd, "WRITTEN", 7, 10);
	printf("written: %.8s\n", map + 10);
	in_child("killed", store_and_die);
	show("by the dead", 3 * PAGE);
	printf("its other: %c\n", map[0]);
	two_processes();
	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	sizes();
	private_copies();
	rights();
	TRY(munmap(map, 6 * PAGE));
	fsync(fd);
	show("at the end", 0);
	close(fd);
	return 0;
}
