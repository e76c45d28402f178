/* SPDX-License-Identifier: MIT */
/*
 * Daemons: the program that was started returns when its copy in the background is ready to serve.
 */
#ifndef USER_LIB_BACKGROUND_H
#define USER_LIB_BACKGROUND_H

/* Goes on in a new process, in a session of its own; descriptor 3 is used until background_ready(). */
void background_begin(void);
/*
 * Whoever started us may go on; if the process ends before, they learn of the failure. The arguments are main()'s: they
 * and our number are left in /run/NAME.pid.
 */
void background_ready(int argc, char **argv);

#endif
