/* SPDX-License-Identifier: MIT */
/* The current directory: where we are, by every way of getting there, and when it is gone. */
#include "observe.h"

static char base[1024];

static void where(void)
{
	char path[1024];

	if (!getcwd(path, sizeof(path)))
		printf("getcwd: %s\n", strerror(errno));
	else if (strncmp(path, base, strlen(base)) == 0)
		printf("at <base>%s\n", path + strlen(base));
	else
		printf("at %s\n", path);
}

int main(void)
{
	char small[4];
	int here;

	getcwd(base, sizeof(base));
	where();
	here = open(".", O_RDONLY | O_DIRECTORY);
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("a/b/c", 0755);
	TRY(chdir("a/b/c"));
	where();
	TRY(chdir(".."));
	where();
	TRY(chdir("./c/../../b//c/."));
	where();
	HOLDS(getcwd(small, sizeof(small)) == NULL && errno == ERANGE);
	TRY(chdir("nowhere"));
	close(open("file", O_CREAT | O_WRONLY, 0600));
	TRY(chdir("file"));
	where();
	TRY(fchdir(here));
	where();
	symlink("a/b", "s");
	TRY(chdir("s"));
	where();
	TRY(chdir("/"));
	where();
	TRY(chdir("../.."));
	where();
	TRY(fchdir(here));
	TRY(fchdir(1000));
	unlink("a/b/c/file");

	/* A child's move is its own. */
	if (fork() == 0) {
		chdir("a");
		where();
		exit(0);
	}
	wait(NULL);
	where();

	chdir("a/b/c");
	rmdir("../c");
	TRY(open("x", O_CREAT | O_WRONLY, 0600));
	HOLDS(getcwd(small, sizeof(small)) == NULL && errno == ENOENT);
	TRY(chdir(".."));
	where();
	fchdir(here);
	unlink("s");
	rmdir("a/b");
	TRY(rmdir("a"));
	return 0;
}
