/* SPDX-License-Identifier: MIT */
/* One file: flags of open, offsets, holes, truncation, append; and the errors of each. */
#include "observe.h"

static void size_is(int fd)
{
	struct stat st;

	fstat(fd, &st);
	printf("size %lld, regular %d, links %d\n", (long long)st.st_size, S_ISREG(st.st_mode),
	       st.st_nlink);
}

int main(void)
{
	char buffer[64] = "";
	int fd, other;

	fd = open("f", O_CREAT | O_EXCL | O_RDWR, 0644);
	HOLDS(fd >= 0);
	TRY(open("f", O_CREAT | O_EXCL | O_RDWR, 0644));
	TRY(open("missing", O_RDONLY));
	TRY(open("missing/x", O_CREAT | O_RDWR, 0644));
	TRY(open("f/x", O_RDONLY));
	TRY(open(".", O_WRONLY));
	TRY(open("f", O_RDONLY | O_DIRECTORY));
	TRY(open("", O_RDONLY));
	TRY(open((char *)16, O_RDONLY));

	TRY(write(fd, "0123456789", 10));
	TRY(lseek(fd, 4, SEEK_SET));
	TRY(read(fd, buffer, 3));
	puts(buffer);
	TRY(lseek(fd, -2, SEEK_CUR));
	TRY(lseek(fd, -1, SEEK_END));
	TRY(lseek(fd, -100, SEEK_CUR));
	TRY(lseek(fd, 0, 99));
	TRY(read(fd, buffer, 10));
	TRY(read(fd, buffer, 10));
	TRY(read(fd, (char *)16, 10));
	lseek(fd, 0, SEEK_SET);
	TRY(read(fd, (char *)16, 10));
	TRY(write(fd, (char *)16, 10));
	TRY(pwrite(fd, "AB", 2, 2));
	memset(buffer, 0, sizeof(buffer));
	TRY(pread(fd, buffer, 6, 0));
	puts(buffer);
	TRY(pread(fd, buffer, 6, -1));
	TRY(lseek(fd, 0, SEEK_CUR));

	/* A hole reads as zeros. */
	TRY(lseek(fd, 100000, SEEK_SET));
	TRY(write(fd, "end", 3));
	size_is(fd);
	memset(buffer, 'x', sizeof(buffer));
	pread(fd, buffer, 20, 50000);
	HOLDS(memcmp(buffer, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20) == 0);
	TRY(ftruncate(fd, 5));
	size_is(fd);
	TRY(ftruncate(fd, 12));
	memset(buffer, 'x', sizeof(buffer));
	TRY(pread(fd, buffer, 20, 0));
	HOLDS(memcmp(buffer, "01AB4\0\0\0\0\0\0\0x", 13) == 0);
	TRY(truncate("f", 3));
	size_is(fd);
	TRY(ftruncate(fd, -1));

	/* Two appenders never overwrite each other; a seek does not help. */
	close(fd);
	fd = open("f", O_WRONLY | O_APPEND);
	other = open("f", O_WRONLY | O_APPEND);
	write(fd, "a", 1);
	write(other, "b", 1);
	lseek(fd, 0, SEEK_SET);
	write(fd, "c", 1);
	TRY(lseek(fd, 0, SEEK_CUR));
	TRY(read(fd, buffer, 1));
	close(other);
	close(fd);
	fd = open("f", O_RDONLY);
	memset(buffer, 0, sizeof(buffer));
	TRY(read(fd, buffer, sizeof(buffer)));
	puts(buffer);
	TRY(write(fd, "x", 1));
	TRY(ftruncate(fd, 0));
	close(fd);
	fd = open("f", O_WRONLY | O_TRUNC);
	size_is(fd);
	TRY(close(fd));
	TRY(close(fd));
	TRY(read(-1, buffer, 1));
	TRY(write(77, buffer, 1));
	TRY(fcntl(77, F_GETFL));
	TRY(unlink("f"));
	TRY(unlink("f"));

	fd = open("/dev/null", O_RDWR);
	TRY(read(fd, buffer, 8));
	TRY(write(fd, buffer, 8));
	close(fd);
	fd = open("/dev/zero", O_RDONLY);
	TRY(read(fd, buffer, 8));
	HOLDS(buffer[0] == 0 && buffer[7] == 0);
	return 0;
}
