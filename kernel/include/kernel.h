/* SPDX-License-Identifier: MIT */
/*
 * What every file of the kernel may use: messages, assertions, memory, small arithmetic.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine.h>
#include <uapi/errno.h>
#include "lib/list.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
#define min(a, b) ({ __typeof__(a) min_a_ = (a); __typeof__(b) min_b_ = (b); min_a_ < min_b_ ? min_a_ : min_b_; })
#define max(a, b) ({ __typeof__(a) max_a_ = (a); __typeof__(b) max_b_ = (b); max_a_ > max_b_ ? max_a_ : max_b_; })
/* clang-format on */

#define align_up(x, a)	 (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define align_down(x, a) ((x) & ~((__typeof__(x))(a)-1))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MS  1000000ull
#define NSEC_PER_US  1000ull

/* Errors in pointers: the last page of the address space holds no object. */
static inline void *err_ptr(long err)
{
	return (void *)err;
}

static inline bool is_err(const void *p)
{
	return (unsigned long)p >= -4095ul;
}

static inline long ptr_err(const void *p)
{
	return (long)p;
}

/*
 * Errors that never reach a program: kernel_return_to_user turns them into a repeated system call or
 * EINTR. ERESTARTSYS: repeat when the handler has SA_RESTART or when there is none. ERESTARTNOHAND:
 * repeat only when there is no handler. ERESTART_BLOCK: continue by restart_syscall.
 */
#define ERESTARTSYS    512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_BLOCK 516
#define SYS_RESTART    0 /* number of restart_syscall on i386 */

/* ---- kernel/printk.c: from any context ---- */
void vprintk(const char *fmt, va_list ap);
size_t printk_copy(char *buf, size_t size); /* the newest of what was said (syslog, dmesg) */
void printk_clock_ready(void);		    /* from here on lines carry the time */
/* printk and panic are declared in machine.h, since the machine uses them too. */

#define bug_on(cond)                                                   \
	do {                                                           \
		if (unlikely(cond))                                    \
			panic("%s:%d: %s", __FILE__, __LINE__, #cond); \
	} while (0)

/* ---- kernel/mm/kmalloc.c: any size; do not sleep, safe in interrupts; NULL when short ---- */
/* void *kmalloc(size_t size), *kzalloc(size_t size), kfree(const void *p): in machine.h */
void *krealloc(void *p, size_t size);
char *kstrdup(const char *s);

/* ---- kernel/mm/page.c: whole pages; do not sleep, safe in interrupts ---- */
/* PFN_NONE when short. A page has one reference when allocated, and content as found. */
/* pfn_t page_alloc(void), page_alloc_zeroed(void), void page_put(pfn_t): in machine.h */
void page_get(pfn_t pfn);
void page_put_many(const pfn_t pfns[], unsigned n); /* a group of some ten */
unsigned page_refs(pfn_t pfn);
/* What a page is, for those who look for pages to take back. */
enum page_kind {
	PAGE_KERNEL,
	PAGE_ANONYMOUS, /* of programs, and nobody else has its contents */
	PAGE_CACHED,	/* of a cache, which can read it again */
};
/* As page_alloc, for programs and files: the last ones are not for them (reclaim.c makes room). */
pfn_t page_alloc_user(enum page_kind kind);
enum page_kind page_kind(pfn_t pfn);
/* 2^order consecutive pages with one reference in all; NULL when short. */
void *pages_alloc(unsigned order);
void pages_free(void *p, unsigned order);
/* Pages that the allocator has not had until now: in use at start of day, or without memory then. */
void page_release_range(unsigned long first, unsigned long end);
unsigned long page_free_count(void);
unsigned long page_total_count(void);

/* ---- kernel/random.c ---- */
void random_bytes(void *buf, size_t n); /* never blocks */
void random_stir(uint64_t sample);	/* from interrupts too */

/* ---- kernel/first.c, or what stands in its place: the first program. Called last, by the first thread ---- */
_Noreturn void run_first_program(void);

/* ---- kernel/end.c: somebody outside wants the system to end, in good order. May sleep. ---- */
void kernel_end(bool reboot);

/* ---- drivers/init.c: find the devices; called once by the first thread, when /dev is there ---- */
void drivers_init(void);

/* ---- option on the command line: "name=value" or "name"; NULL when absent, "" without = ---- */
const char *cmdline_option(const char *name, char *buf, size_t size);

#endif
