/* SPDX-License-Identifier: MIT */
/*
 * /proc: a tree that is described by tables, and made when someone looks.
 */
#ifndef KERNEL_FS_PROCFS_H
#define KERNEL_FS_PROCFS_H

#include "fs/text.h"
#include "fs/vfs.h"

/*
 * One name. What it is follows from which function is there: show makes a file's text, children a
 * directory, link the text of a symbolic link, follow a link to an open object. pid is that of the
 * directory it is in, or 0. They return -ESRCH when that process is gone.
 */
struct proc_node {
	const char *name; /* NULL ends a table */
	uint32_t mode;	  /* permission bits */
	int (*show)(struct text *t, int pid);
	const struct proc_node *children;
	int (*link)(struct text *t, int pid, int fd);
	int (*follow)(int pid, int fd, struct path *to);
	int (*store)(const char *text, size_t n);
	bool fds; /* a directory of the process's descriptors */
};

extern const struct proc_node proc_system_nodes[], proc_pid_nodes[], proc_fd_node;

#endif
