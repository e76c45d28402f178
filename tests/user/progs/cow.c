/* SPDX-License-Identifier: MIT */
/* Copy on write: a tree of processes writes to the same pages, and none sees another's words. */
#include "observe.h"

#define WORDS (512 * 1024)
static unsigned int data[WORDS];

static unsigned int checksum(void)
{
	unsigned int sum = 0;

	for (int i = 0; i < WORDS; i++)
		sum = sum * 33 + data[i];
	return sum;
}

static void level(int depth, unsigned int mark)
{
	int status;

	if (depth == 0)
		return;
	for (int child = 0; child < 2; child++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int i = mark % 97; i < WORDS; i += 4096 + mark % 13)
				data[i] ^= mark * 2654435761u + child;
			level(depth - 1, mark * 2 + child);
			printf("process %u: %08x\n", mark * 2 + child, checksum());
			exit(mark % 7 + child);
		}
		waitpid(pid, &status, 0);
		if (WEXITSTATUS(status) != (int)(mark % 7 + child))
			puts("wrong exit value");
	}
}

int main(void)
{
	int p[2];
	char buffer[4096];

	for (int i = 0; i < WORDS; i++)
		data[i] = i * 2246822519u;
	printf("before: %08x\n", checksum());
	level(3, 1);
	printf("after: %08x\n", checksum());

	/* The kernel too must copy before it writes into a shared page for us. */
	memset(buffer, 'o', sizeof(buffer));
	pipe(p);
	if (fork() == 0) {
		read(p[0], buffer, sizeof(buffer));
		printf("child read: %c%c\n", buffer[0], buffer[4095]);
		exit(0);
	}
	char *text = malloc(4096);
	memset(text, 'n', 4096);
	write(p[1], text, 4096);
	wait(NULL);
	printf("parent keeps: %c%c\n", buffer[0], buffer[4095]);
	return 0;
}
