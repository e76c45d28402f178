/* SPDX-License-Identifier: MIT */
/*
 * The frame of a test: what it must define, how it reports, how it ends.
 *
 * A test is one C file that defines test_main(). It states facts with expect(), expect_exc() and
 * ensure(); each false one prints a line and makes the result FAILURE, and the test goes on, so
 * that one run shows everything that is wrong. When test_main() returns, the last line says
 * "Test result: SUCCESS", SKIP, ERROR or FAILURE, the worst of what was reported, and the domain
 * shuts down. A test of a deadly mistake says expect_death() just before it: then the hypervisor's
 * crash report is the success, and a return to the guest the failure.
 */
#ifndef PV_H
#define PV_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/errno.h>

#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "hypercall.h"
#include "mm.h"
#include "trap.h"
#include "width.h"

/* clang-format off */
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* clang-format on */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define barrier()     asm volatile("" : : : "memory")

/* What the CPU held at the image's first instruction; saved by start.S, which knows the offsets. */
struct entry_regs {
	unsigned long ax, bx, cx, dx, si, di, bp, sp, flags;
	unsigned long cs, ss, ds, es, fs, gs;
	unsigned long stack0; /* the word that the initial stack pointer points to */
};

extern struct entry_regs entry_regs;
extern char boot_stack[], boot_stack_top[];
extern char _image[], _image_end[];

void test_main(void);

/* What the command line of a domain begins with that a test's domain 0 made (toolstack.h). */
#define GUEST_MARK "guest "

enum result { SUCCESS, SKIP, ERROR, FAILURE };

/* Print to the hypervisor's console; lines end with \n. */
void printk(const char *fmt, ...) PRINTF(1, 2);

/* Report one outcome and carry on. A skip or error says why the promise could not be looked at. */
void test_report(enum result r, const char *fmt, ...) PRINTF(2, 3);
#define test_skip(...)	  test_report(SKIP, __VA_ARGS__)
#define test_error(...)	  test_report(ERROR, __VA_ARGS__)
#define test_failure(...) test_report(FAILURE, __VA_ARGS__)

/* Print the result line and shut the domain down. */
void test_exit(void) __attribute__((noreturn));

/* The next thing this domain does must kill it; `why` is for the reader of the log. */
void expect_death(const char *why);

/* `got` must be `want`; both are shown as error names when they are in that range. */
void expect(long got, long want, const char *fmt, ...) PRINTF(3, 4);
void expect_u64(uint64_t got, uint64_t want, const char *fmt, ...) PRINTF(3, 4);
/* An exception, or none (EXC_NONE), as TRY() and user_call() return it. */
void expect_exc(exc_t got, exc_t want, const char *fmt, ...) PRINTF(3, 4);
void ensure(bool truth, const char *fmt, ...) PRINTF(2, 3);

const char *errno_name(long rc);

/* The number behind `name` ("times=") on the command line, else `otherwise`: for the soak's long figures. */
unsigned long argument(const char *name, unsigned long otherwise);

/*
 * The number of the vCPU that asks: 0, or the owner of the stack that it runs on (smp.h sets where those
 * are).
 */
unsigned int this_vcpu(void);
extern const char *smp_stacks;
extern unsigned int smp_stack_size, smp_stack_count;

/* This domain's number. Grant tables want it: they do not take DOMID_SELF everywhere. */
domid_t own_domid(void);

/* Is this Ringmaster? For what the ABI leaves to the hypervisor: its own sizes, its own limits. */
bool on_ringmaster(void);

static inline bool is_dom0(void)
{
	return start_info->flags & SIF_INITDOMAIN;
}

#endif
