/* SPDX-License-Identifier: MIT */
/* Mappings: anonymous, private and shared, of files, fixed, protected; and faults outside them. */
#include <setjmp.h>
#include <sys/mman.h>
#include "observe.h"

#define PAGE 4096
static jmp_buf back;
static volatile int fault_code;
static char *volatile fault_at;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	fault_code = sig * 100 + info->si_code;
	fault_at = info->si_addr;
	longjmp(back, 1);
}

/* 0 when the access works, else signal * 100 + si_code; the address must be the one we touched. */
static int probe(volatile char *p, int write)
{
	fault_code = 0;
	if (setjmp(back) == 0) {
		if (write)
			*p = 1;
		else
			(void)*p;
	} else if (fault_at != p) {
		puts("fault at the wrong address");
	}
	return fault_code;
}

int main(void)
{
	struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
	char *p, *q, *shared;
	int fd;

	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	HOLDS(p != MAP_FAILED && ((unsigned long)p & (PAGE - 1)) == 0);
	for (int i = 0; i < 16 * PAGE; i += 512)
		if (p[i])
			puts("not zero");
	memset(p, 'p', 16 * PAGE);
	TRY(munmap(p + 4 * PAGE, 4 * PAGE));
	printf("hole: %d %d %d %d\n", probe(p + 4 * PAGE - 1, 0), probe(p + 4 * PAGE, 0),
	       probe(p + 8 * PAGE - 1, 1), probe(p + 8 * PAGE, 1));
	TRY(mprotect(p, PAGE, PROT_READ));
	printf("read only: %d %d %d\n", probe(p, 0), probe(p, 1), probe(p + PAGE, 1));
	TRY(mprotect(p, PAGE, PROT_NONE));
	printf("none: %d %d\n", probe(p, 0), probe(p, 1));
	TRY(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	printf("again: %d %d, content %c\n", probe(p, 0), probe(p + 1, 1), p[2]);
	TRY(mprotect(p, 6 * PAGE, PROT_READ));
	TRY(mprotect(p + 1, PAGE, PROT_READ));
	TRY(munmap(p + 1, PAGE));
	TRY(munmap(p, 0));
	TRY((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	TRY((long)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
	TRY((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 77, 0));

	q = mmap(p + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	HOLDS(q == p + 4 * PAGE && *q == 0);

	/* Shared with a child: it writes, we read. Private: it does not reach us. */
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*q = 'q';
	if (fork() == 0) {
		strcpy(shared, "from the child");
		*q = 'c';
		_exit(0);
	}
	wait(NULL);
	printf("%s, private %c\n", shared, *q);

	/* A file, privately: its content, zeros up to the page's end, and our writes stay here. */
	fd = open("f", O_CREAT | O_RDWR, 0600);
	for (int i = 0; i < 5000; i++)
		write(fd, &"0123456789"[i % 10], 1);
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	printf("file: %.4s, at 4096 %.4s, last %c, beyond %d\n", p, p + PAGE, p[4999], p[5000]);
	memcpy(p, "XXXX", 4);
	char buffer[5] = "";
	pread(fd, buffer, 4, 0);
	puts(buffer);
	q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
	printf("second page: %.4s\n", q);
	close(fd);
	unlink("f");
	printf("after close: %.4s %.4s\n", p, q);
	return 0;
}
