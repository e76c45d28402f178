/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals: what the two halves of the implementation, pty.c and devpts.c, know of each other.
 */
#ifndef KERNEL_TTY_PTY_H
#define KERNEL_TTY_PTY_H

#include "tty/tty.h"

#define PTY_MOST 256

/* The inode of /dev/pts/N, with a reference, or NULL while there is no master N. No lock. */
struct inode *pty_inode(unsigned n);

/* A new one, owned by current; NULL: no memory. The pair holds it as long as its master is open. */
struct inode *devpts_new(unsigned n);

#endif
