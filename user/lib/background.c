/* SPDX-License-Identifier: MIT */
/*
 * Into the background: see background.h.
 */
#include "background.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READY 3

void background_begin(void)
{
	int ready[2], null;
	char byte;

	if (pipe(ready) < 0)
		return;
	switch (fork()) {
	case -1:
		perror("fork");
		exit(1);
	case 0:
		close(ready[0]);
		setsid();
		break;
	default:
		close(ready[1]);
		_exit(read(ready[0], &byte, 1) == 1 ? 0 : 1);
	}
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, 0);
		if (null > 2)
			close(null);
	}
	dup2(ready[1], READY);
	if (ready[1] != READY)
		close(ready[1]);
}

/* For process 1, which starts us again (user/init/daemons.c), and for whoever wants to send a signal. */
static void write_note(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/run/%s.pid", slash ? slash + 1 : argv[0]);
	f = fopen(path, "w");
	if (!f)
		return;
	fprintf(f, "%d\n", (int)getpid());
	for (int i = 0; i < argc; i++)
		fprintf(f, "%s\n", argv[i]);
	fclose(f);
}

void background_ready(int argc, char **argv)
{
	write_note(argc, argv);
	if (write(READY, "", 1) == 1)
		close(READY);
}
