/* SPDX-License-Identifier: MIT */
/* Names come and go while files stay: rename in all its cases, unlink of an open file. */
#include "observe.h"

static void put(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	write(fd, text, strlen(text));
	close(fd);
}

static void get(const char *name)
{
	char buffer[32] = "";
	int fd = open(name, O_RDONLY);

	if (fd < 0) {
		printf("%s: %s\n", name, strerror(errno));
		return;
	}
	read(fd, buffer, sizeof(buffer) - 1);
	close(fd);
	printf("%s: \"%s\"\n", name, buffer);
}

int main(void)
{
	char buffer[16] = "";
	struct stat st;
	int fd;

	put("a", "text of a");
	put("b", "text of b");
	TRY(rename("a", "c"));
	get("a");
	get("c");
	fd = open("b", O_RDWR);
	TRY(rename("c", "b"));
	get("b");
	TRY(read(fd, buffer, 15));
	puts(buffer);
	fstat(fd, &st);
	SHOW(st.st_nlink);
	close(fd);
	TRY(rename("b", "b"));
	TRY(rename("missing", "x"));

	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	mkdir("e", 0755);
	put("d/sub/f", "deep");
	TRY(rename("b", "d"));
	TRY(rename("d", "b"));
	TRY(rename("e", "d"));
	TRY(rename("d", "e"));
	get("e/sub/f");
	TRY(rename("e", "e/sub/inside"));
	TRY(rename("e/sub", "sub"));
	get("sub/f");
	TRY(rename("sub/f", "./sub/../top"));
	get("top");
	TRY(rename("sub", "e/"));
	TRY(rename(".", "x"));
	TRY(rename("e", ".."));

	/* The file lives until the last descriptor goes. */
	fd = open("top", O_RDWR);
	TRY(unlink("top"));
	get("top");
	TRY(pread(fd, buffer, 4, 0));
	TRY(pwrite(fd, "still here", 10, 0));
	fstat(fd, &st);
	printf("links %d, size %lld\n", st.st_nlink, (long long)st.st_size);
	put("top", "another");
	memset(buffer, 0, sizeof(buffer));
	pread(fd, buffer, 10, 0);
	puts(buffer);
	get("top");
	TRY(unlink("e"));
	TRY(rmdir("top"));
	unlink("top");
	unlink("b");
	TRY(rmdir("e"));
	TRY(rmdir("e"));
	return 0;
}
