/* SPDX-License-Identifier: MIT */
/* Many descriptors: up to the limit and no further, the lowest number first, all gone at exit. */
#include <sys/resource.h>
#include "observe.h"

int main(void)
{
	struct rlimit limit = { 256, 256 };
	int first, last = -1, fd, p[2], count = 0;
	char c;

	TRY(setrlimit(RLIMIT_NOFILE, &limit));
	first = open("/dev/null", O_RDONLY);
	while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
		last = fd;
		count++;
	}
	TRY(fd);
	SHOW(last);
	SHOW(count + first);
	TRY(pipe(p));
	TRY(dup(0));
	TRY(dup2(0, 256));
	close(100);
	TRY(pipe(p));
	close(50);
	TRY(open("/dev/null", O_RDONLY));
	TRY(open("/dev/null", O_RDONLY));
	close(200);
	for (fd = first; fd < 256; fd++)
		close(fd);
	TRY(pipe(p) + first);

	/* A child's end of the pipe closes when the child is gone, however it goes. */
	if (fork() == 0) {
		for (int i = 0; i < 50; i++)
			dup(p[1]);
		raise(SIGKILL);
	}
	close(p[1]);
	TRY(read(p[0], &c, 1));
	wait(NULL);
	for (int i = 0; i < 3000; i++)
		if (close(open("/dev/null", O_RDONLY)) < 0) {
			puts("leak");
			return 1;
		}
	return 0;
}
