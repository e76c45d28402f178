/* SPDX-License-Identifier: MIT */
/*
 * What an x86 port keeps a thread: the registers that an entry to the kernel saves, the state that
 * a context switch exchanges, and the three descriptors of thread-local storage.
 *
 * struct regs is the order in which entry code pushes; error_code holds the system call number
 * for int 0x80 (and -1 for interrupts), as ERESTARTSYS handling needs it after eax was replaced.
 */
#ifndef ARCH_THREAD_H
#define ARCH_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (~(PAGE_SIZE - 1))

struct regs {
	uint32_t ebx, ecx, edx, esi, edi, ebp, eax;
	uint32_t ds, es, fs, gs;
	uint32_t error_code; /* or system call number */
	uint32_t eip, cs, eflags;
	uint32_t esp, ss; /* only when the entry came from ring 3 */
};

#define TLS_SLOT_COUNT 3
#define TLS_SLOT_FIRST 6 /* GDT index, as Linux numbers them on i386 */

struct machine_thread {
	uint32_t esp;		      /* of the kernel stack, while not running */
	uint64_t tls[TLS_SLOT_COUNT]; /* descriptors in hardware format, 0 = empty */
	bool fpu_used;		      /* fpu below is meaningful */
	uint8_t fpu[512] __attribute__((aligned(16))); /* FXSAVE format */
};

/* The arguments of a Linux i386 system call, and its number. */
static inline uint32_t regs_syscall(const struct regs *r)
{
	return r->error_code;
}

#endif
