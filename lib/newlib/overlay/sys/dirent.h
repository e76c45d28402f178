/* SPDX-License-Identifier: MIT */
/*
 * Directories: the record of getdents64, and the stream that newlib's libc/posix sources keep
 * (they want the members dd_fd, dd_loc, dd_seek, dd_buf, dd_len, dd_size).
 */
#ifndef _SYS_DIRENT_H
#define _SYS_DIRENT_H

#include <sys/types.h>

#define MAXNAMLEN 255
#define DIRBLKSIZ 4096

#define DT_UNKNOWN 0
#define DT_FIFO	   1
#define DT_CHR	   2
#define DT_DIR	   4
#define DT_BLK	   6
#define DT_REG	   8
#define DT_LNK	   10
#define DT_SOCK	   12

struct dirent {
	unsigned long long d_ino;
	long long d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[MAXNAMLEN + 1];
};

typedef struct {
	int dd_fd;
	long dd_loc;
	long dd_seek;
	char *dd_buf;
	int dd_len;
	int dd_size;
} DIR;

#define __dirfd(dir) ((dir)->dd_fd)

int getdents(int fd, void *buffer, int size);

#endif
