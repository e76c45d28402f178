/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader left: modules, and our own command line.
 *
 * A module's string under QEMU begins with its file name, under GRUB it does not; main.c tells them
 * apart by the loader's name, so `args` is what follows the file name in either case.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "mm/addr.h"

#define BOOT_MODULES 160

struct boot_module {
	maddr_t start, end; /* end: first byte behind it */
	const char *string; /* all of it, for messages */
	const char *args;
};

struct boot_modules {
	unsigned int count;
	struct boot_module module[BOOT_MODULES];
};

/* build.c: domain 0 and the domu domains. Returns how many were built and started. */
unsigned int build_domains(const struct boot_modules *modules);

#endif
