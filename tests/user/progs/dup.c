/* SPDX-License-Identifier: MIT */
/* Descriptors: lowest free number, shared offsets, flags that are the descriptor's or the file's. */
#include "observe.h"

int main(void)
{
	int fd, copy, status;
	char c;

	fd = open("f", O_CREAT | O_RDWR, 0600);
	write(fd, "abcdef", 6);
	lseek(fd, 0, SEEK_SET);
	copy = dup(fd);
	SHOW(copy - fd);
	read(fd, &c, 1);
	printf("%c", c);
	read(copy, &c, 1);
	printf("%c", c);
	if (fork() == 0) {
		read(fd, &c, 1);
		_exit(c);
	}
	wait(&status);
	printf("%c", WEXITSTATUS(status));
	read(copy, &c, 1);
	printf("%c\n", c);

	TRY(dup2(fd, 50));
	TRY(dup2(fd, fd) - fd);
	TRY(dup2(99, 51));
	TRY(dup2(fd, -1));
	TRY(dup2(fd, 1 << 28));
	TRY(dup3(fd, fd, 0));
	TRY(dup3(fd, 52, O_CLOEXEC));
	TRY(fcntl(52, F_GETFD));
	TRY(dup3(fd, 52, 0x40));
	TRY(fcntl(fd, F_DUPFD, 60));
	TRY(fcntl(fd, F_DUPFD, 60));
	TRY(fcntl(fd, F_DUPFD_CLOEXEC, 60));
	TRY(fcntl(60, F_GETFD));
	TRY(fcntl(62, F_GETFD));
	TRY(fcntl(62, F_SETFD, 0));
	TRY(fcntl(62, F_GETFD));
	TRY(fcntl(fd, F_DUPFD, -1));
	TRY(dup(1000));

	/* Status flags belong to the open file, so both descriptors see them. */
	SHOW(fcntl(copy, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	TRY(fcntl(fd, F_SETFL, O_APPEND));
	SHOW(fcntl(copy, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	close(fd);
	SHOW(dup(copy) - fd);
	TRY(write(copy, "Z", 1));
	TRY(lseek(fd, 0, SEEK_CUR));
	unlink("f");

	/* Standard output moved away and back. */
	copy = dup(1);
	fd = open("out", O_CREAT | O_RDWR, 0600);
	dup2(fd, 1);
	puts("into the file");
	dup2(copy, 1);
	TRY(lseek(fd, 0, SEEK_END));
	unlink("out");
	return 0;
}
