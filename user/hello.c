/* SPDX-License-Identifier: MIT */
/* The smallest program: `build/ringlet-cc user/hello.c -o hello` makes one; it runs on Linux too. */
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(void)
{
	struct utsname u;

	uname(&u);
	printf("Hello from process %d in ring 3 of %s %s.\n", getpid(), u.sysname, u.release);
	return 0;
}
