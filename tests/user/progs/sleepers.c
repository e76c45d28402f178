/* SPDX-License-Identifier: MIT */
/* Sleepers wake in the order of their time, whatever the order in which they went to sleep. */
#include "observe.h"

int main(void)
{
	static const int ms[] = { 1000, 200, 1600, 600, 400, 1400, 1200, 800 };
	enum { COUNT = sizeof(ms) / sizeof(ms[0]) };
	int p[2], last = 0, n;

	pipe(p);
	for (int i = 0; i < COUNT; i++) {
		if (fork() == 0) {
			sleep_ms(ms[i]);
			write(p[1], &ms[i], sizeof(int));
			_exit(0);
		}
	}
	close(p[1]);
	while (read(p[0], &n, sizeof(n)) == sizeof(n)) {
		printf("%d ms%s\n", n, n > last ? "" : ", out of order");
		last = n;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
