/* SPDX-License-Identifier: MIT */
/* What the kernel tells a new program beside its arguments. */
#ifndef _SYS_AUXV_H
#define _SYS_AUXV_H

#define AT_NULL	  0
#define AT_PHDR	  3
#define AT_PHENT  4
#define AT_PHNUM  5
#define AT_PAGESZ 6
#define AT_ENTRY  9
#define AT_UID	  11
#define AT_CLKTCK 17
#define AT_RANDOM 25
#define AT_EXECFN 31

unsigned long getauxval(unsigned long type);

#endif
