/* SPDX-License-Identifier: MIT */
/*
 * ELF executables, 32 bits: what the loader finds out, and what it does.
 */
#ifndef PROC_ELF_H
#define PROC_ELF_H

#include "kernel.h"
#include "vm.h"

struct elf_image {
	unsigned long entry, bias;
	unsigned long phdr_va; /* where the program finds its headers */
	unsigned phdr_count;
	unsigned long interp_base; /* 0: static */
	unsigned long start;	   /* first instruction: the interpreter's if there is one */
	unsigned long end;	   /* of the highest segment */
	unsigned long code_start, code_end, data_start, data_end;
};

/* Is it worth trying? 0 or -ENOEXEC. `head` are the first bytes of the file. */
int elf_check(const void *head, size_t n);

/*
 * Puts the regions of the program and its interpreter into mm, which is nobody's current one yet.
 * Pages come on demand.
 */
int elf_load(struct mm *mm, struct file *f, const void *head, size_t n, struct elf_image *image);

/* Fills the auxiliary vector: pairs, AT_NULL last; returns the number of words. */
unsigned elf_auxv(uint32_t *auxv, const struct elf_image *image, unsigned long execfn,
		  unsigned long random);
#define AUXV_WORDS_MAX 48

#endif
