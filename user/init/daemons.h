/* SPDX-License-Identifier: MIT */
/*
 * Daemons of domain 0 that must not be missing: see daemons.c.
 */
#ifndef INIT_DAEMONS_H
#define INIT_DAEMONS_H

#include <sys/types.h>

/* For each child that process 1 reaps. A daemon among them that did not mean to end is started anew. */
void daemon_ended(pid_t pid, int status);
/* From now on they may end: so does the machine. */
void daemons_let_go(void);

#endif
