/* SPDX-License-Identifier: MIT */
/* Pipes: order, end of file, broken pipe, capacity, atomic writes, a chain of processes. */
#include "observe.h"

static void broken_pipe(void)
{
	int p[2];

	pipe(p);
	close(p[0]);
	write(p[1], "x", 1);
	puts("not reached");
}

static void capacity(void)
{
	static char block[4096];
	int p[2];
	long total = 0, n;

	pipe(p);
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	TRY(read(p[0], block, 1));
	while ((n = write(p[1], block, sizeof(block))) > 0)
		total += n;
	TRY(n);
	SHOW(total);
	TRY(read(p[0], block, 10));
	TRY(write(p[1], block, sizeof(block)));
	TRY(read(p[0], block, sizeof(block)));
	while ((n = read(p[0], block, sizeof(block))) > 0)
		total -= n;
	TRY(n);
	SHOW(total);
	close(p[1]);
	TRY(read(p[0], block, sizeof(block)));
	close(p[0]);
}

/* Four writers of 512-byte records: none may be torn, since 512 <= PIPE_BUF. */
static void atomic_writes(void)
{
	char record[512];
	int p[2], torn = 0, count[4] = { 0 };
	FILE *in;

	pipe(p);
	for (int w = 0; w < 4; w++) {
		if (fork() == 0) {
			memset(record, 'a' + w, sizeof(record));
			for (int i = 0; i < 100; i++)
				write(p[1], record, sizeof(record));
			_exit(0);
		}
	}
	close(p[1]);
	in = fdopen(p[0], "r");
	while (fread(record, sizeof(record), 1, in) == 1) {
		for (unsigned i = 1; i < sizeof(record); i++)
			torn += record[i] != record[0];
		count[record[0] - 'a']++;
	}
	fclose(in);
	while (wait(NULL) > 0)
		;
	SHOW(torn);
	printf("records: %d %d %d %d\n", count[0], count[1], count[2], count[3]);
}

/* Each process adds one to every byte that passes. */
static void chain(void)
{
	int in, p[2], first;
	unsigned char c;
	unsigned long sum = 0, length = 0;

	pipe(p);
	first = p[1];
	in = p[0];
	for (int i = 0; i < 3; i++) {
		pipe(p);
		if (fork() == 0) {
			close(first);
			close(p[0]);
			while (read(in, &c, 1) == 1) {
				c++;
				write(p[1], &c, 1);
			}
			_exit(0);
		}
		close(p[1]);
		close(in);
		in = p[0];
	}
	for (int i = 0; i < 200; i++) {
		c = i;
		write(first, &c, 1);
	}
	close(first);
	while (read(in, &c, 1) == 1) {
		sum = sum * 31 + c;
		length++;
	}
	close(in);
	while (wait(NULL) > 0)
		;
	printf("chain: %lu bytes, %08lx\n", length, sum);
}

int main(void)
{
	int p[2];
	char buffer[16] = "";

	TRY(pipe(p));
	TRY(write(p[1], "hello", 5));
	TRY(read(p[0], buffer, 3));
	puts(buffer);
	TRY(read(p[0], buffer, 16));
	TRY(write(p[0], "x", 1));
	TRY(read(p[1], buffer, 1));
	TRY(lseek(p[0], 0, SEEK_SET));
	TRY(write(p[1], "x", 0));
	in_child("writer without reader", broken_pipe);
	signal(SIGPIPE, SIG_IGN);
	close(p[0]);
	TRY(write(p[1], "x", 1));
	capacity();
	atomic_writes();
	chain();
	return 0;
}
