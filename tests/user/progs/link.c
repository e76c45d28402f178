/* SPDX-License-Identifier: MIT */
/* Hard and symbolic links: counts, targets, loops, what follows a link and what does not. */
#include "observe.h"

int main(void)
{
	char buffer[64];
	struct stat a, b;
	int fd;

	fd = open("file", O_CREAT | O_RDWR, 0640);
	write(fd, "content", 7);
	TRY(link("file", "hard"));
	TRY(link("file", "hard"));
	TRY(link("missing", "x"));
	TRY(link(".", "x"));
	stat("file", &a);
	stat("hard", &b);
	HOLDS(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	SHOW(b.st_nlink);
	TRY(unlink("file"));
	fstat(fd, &a);
	SHOW(a.st_nlink);
	TRY(pread(fd, buffer, 7, 0));
	rename("hard", "file");

	TRY(symlink("file", "soft"));
	TRY(symlink("file", "soft"));
	memset(buffer, 0, sizeof(buffer));
	TRY(readlink("soft", buffer, sizeof(buffer)));
	puts(buffer);
	memset(buffer, 0, sizeof(buffer));
	TRY(readlink("soft", buffer, 2));
	puts(buffer);
	TRY(readlink("file", buffer, sizeof(buffer)));
	TRY(readlink("missing", buffer, sizeof(buffer)));
	lstat("soft", &a);
	stat("soft", &b);
	printf("lstat: link %d, size %lld; stat: file %d, size %lld\n", S_ISLNK(a.st_mode),
	       (long long)a.st_size, S_ISREG(b.st_mode), (long long)b.st_size);
	TRY(open("soft", O_RDONLY | O_NOFOLLOW));
	HOLDS(open("soft", O_RDONLY) >= 0);
	TRY(open("soft", O_CREAT | O_EXCL | O_RDWR, 0600));

	symlink("dangling-target", "dangling");
	TRY(open("dangling", O_RDONLY));
	HOLDS(open("dangling", O_CREAT | O_RDWR, 0600) >= 0);
	TRY(access("dangling-target", F_OK));

	symlink("loop-b", "loop-a");
	symlink("loop-a", "loop-b");
	TRY(open("loop-a", O_RDONLY));
	TRY(stat("loop-a", &a));
	TRY(lstat("loop-a", &a));

	mkdir("dir", 0755);
	symlink("dir", "dirlink");
	symlink("../file", "dir/up");
	TRY(stat("dirlink/up", &a));
	SHOW(a.st_size);
	TRY(rmdir("dirlink"));
	TRY(unlink("dirlink/up"));
	TRY(unlink("dirlink"));
	TRY(rmdir("dir"));
	symlink("file/", "slash");
	TRY(open("slash", O_RDONLY));
	for (const char *const *n =
		     (const char *const[]){ "slash", "loop-a", "loop-b", "dangling",
					    "dangling-target", "soft", "file", NULL };
	     *n; n++)
		if (unlink(*n) < 0)
			printf("unlink %s: %s\n", *n, strerror(errno));
	return 0;
}
