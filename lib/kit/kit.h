/* SPDX-License-Identifier: MIT */
/*
 * The unikernel kit: a program's main() and the kernel as one image of ring 1.
 *
 *	program, newlib, its glue	as for a ring-3 program, unchanged
 *	app.c, network.c		the glue's doors: system calls are function calls, the heap is the kernel's
 *	--------------------------------  kit_call(): the C calling convention of the ABI
 *	call.c, first.c, usercopy.c,
 *	dhcp.c				the kernel's side
 *	kernel/, arch/xen-x86, drivers/	as in the kernel for processes, unchanged
 *
 * Kernel and program use functions of the same names (memcpy, printf's family) in different calling conventions, so
 * the kernel is linked by itself first and shows nothing but what stands here. Both sides include this file.
 */
#ifndef LIB_KIT_H
#define LIB_KIT_H

#define KIT_ABI __attribute__((regparm(0)))

/* The kernel's: Linux's system call of this number; a value or -errno. v: six words. */
KIT_ABI long kit_call(long number, const long *v);
/* Memory for the heap: one piece, at most this much; *size is what it is. */
KIT_ABI void *kit_memory(unsigned long *size);
/* The kernel's: an address for an interface that is up, from a server, from now on. 0 or -errno. May take minutes. */
KIT_ABI long kit_dhcp(const char *name);

/* The program's: never returns. */
KIT_ABI void kit_main(const char *command_line);

#endif
