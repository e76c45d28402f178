/* SPDX-License-Identifier: MIT */
/*
 * Our command line: words and NAME=value pairs, with Xen's names where Xen has them.
 *
 * The last of several settings counts. An option's value is looked up when it is asked for: there is no
 * table of options to keep in step.
 */
#ifndef BOOT_OPTIONS_H
#define BOOT_OPTIONS_H

/* Remember the command line (copied). */
void options_init(const char *cmdline);
/* Is the bare word there, or NAME=yes/on/true/1? "no-NAME" and NAME=no/off/false/0 say no. */
bool option_flag(const char *name);
/* Copies the value of NAME=value; false if there is none. */
bool option_string(const char *name, char *value, size_t size);
uint64_t option_number(const char *name, uint64_t otherwise);
/* "64M", "2G", "512k", "max:..." is not known; a bare number counts kilobytes, as in Xen. */
uint64_t option_size(const char *text);
uint64_t option_size_or(const char *name, uint64_t otherwise);
/* The whole command line, for XENVER_commandline. */
const char *options_text(void);

#endif
