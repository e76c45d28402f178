/* SPDX-License-Identifier: MIT */
/*
 * What every file of the hypervisor may take for granted; the compiler includes it first.
 *
 * Everything is hidden: the image runs where the Xen ABI leaves it room (level-4 slots 256-271), so
 * all addressing is relative to the instruction pointer and no symbol may go through a table.
 */
#ifndef BASE_H
#define BASE_H

#ifndef __ASSEMBLER__

#pragma GCC visibility push(hidden)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Error numbers, by their plain names: <xen/errno.h> lets us choose how each is declared. */
enum {
#define XEN_ERRNO(name, value) name = value,
#include <xen/errno.h>
	ERESTART = 85, /* <xen/errno.h> shows it to Xen alone: it never reaches a guest */
};

#include <xen/xen.h>

#define ARRAY_SIZE(a)	  (sizeof(a) / sizeof((a)[0]))
#define likely(x)	  __builtin_expect(!!(x), 1)
#define unlikely(x)	  __builtin_expect(!!(x), 0)
#define min(a, b)	  ((a) < (b) ? (a) : (b))
#define max(a, b)	  ((a) > (b) ? (a) : (b))
#define barrier()	  asm volatile("" : : : "memory")
#define READ_ONCE(x)	  (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)  (*(volatile __typeof__(x) *)&(x) = (v))
#define noreturn	  __attribute__((noreturn))
#define printf_like(a, b) __attribute__((format(printf, a, b)))

/* An impossible state of the hypervisor's own: report it and stop. Never for guest input. */
noreturn void panic(const char *fmt, ...) printf_like(1, 2);
noreturn void bug(const char *file, int line, const char *what);
#define BUG()	     bug(__FILE__, __LINE__, "reached")
#define BUG_ON(cond) ((void)(unlikely(cond) ? bug(__FILE__, __LINE__, #cond) : (void)0))

/* Debug builds only: finds bugs sooner, is never error handling. */
#ifdef DEBUG
#define ASSERT(cond) BUG_ON(!(cond))
#else
#define ASSERT(cond) ((void)sizeof(cond))
#endif

#endif /* __ASSEMBLER__ */

#define PAGE_SHIFT 12
#ifdef __ASSEMBLER__
#define PAGE_SIZE 4096
#else
#define PAGE_SIZE 4096UL
#endif
#define PAGE_MASK (~(PAGE_SIZE - 1))

#endif
