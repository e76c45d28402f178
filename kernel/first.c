/* SPDX-License-Identifier: MIT */
/*
 * What the first thread becomes when all is set up: process 1. An image that holds a program inside itself has
 * another file in the place of this one (lib/kit/first.c).
 */
#include "kernel.h"
#include "proc.h"

/* Names of the first program, the first that exists: init= on the command line wins. */
_Noreturn void run_first_program(void)
{
	static const char *const env[] = { "HOME=/", "PATH=/bin:/sbin:/usr/bin:/usr/sbin",
					   "TERM=linux", NULL };
	static const char *const paths[] = { "/init", "/sbin/init", "/bin/init", "/bin/sh" };
	char option[128];
	unsigned i;

	if (cmdline_option("init", option, sizeof(option))) {
		const char *argv[] = { option, NULL };

		panic("init=%s: error %ld", option, proc_exec_kernel(option, argv, env));
	}
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *argv[] = { paths[i], NULL };
		long rc = proc_exec_kernel(paths[i], argv, env);

		if (rc != -ENOENT)
			printk("%s: error %ld\n", paths[i], rc);
	}
	panic("no program to start: the ramdisk holds none of /init /sbin/init /bin/init /bin/sh");
}
