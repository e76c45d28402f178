/* SPDX-License-Identifier: MIT */
/* clone() and what a minimal thread library on top of it needs; flags of Linux. */
#ifndef _SCHED_H
#define _SCHED_H

#define CLONE_VM	     0x00000100
#define CLONE_FS	     0x00000200
#define CLONE_FILES	     0x00000400
#define CLONE_SIGHAND	     0x00000800
#define CLONE_VFORK	     0x00004000
#define CLONE_PARENT	     0x00008000
#define CLONE_THREAD	     0x00010000
#define CLONE_SYSVSEM	     0x00040000
#define CLONE_SETTLS	     0x00080000
#define CLONE_PARENT_SETTID  0x00100000
#define CLONE_CHILD_CLEARTID 0x00200000
#define CLONE_CHILD_SETTID   0x01000000

/* What set_thread_area takes: the kernel's struct user_desc. */
struct user_desc {
	unsigned int entry_number;
	unsigned int base_addr;
	unsigned int limit;
	unsigned int seg_32bit : 1;
	unsigned int contents : 2;
	unsigned int read_exec_only : 1;
	unsigned int limit_in_pages : 1;
	unsigned int seg_not_present : 1;
	unsigned int useable : 1;
};

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

/*
 * Start a thread of this address space at entry(argument), on the stack that ends at `stack`. It
 * ends when entry returns, with that value. Trailing arguments: parent's tid, TLS, child's tid.
 */
int clone(int (*entry)(void *), void *stack, int flags, void *argument, ...);
int sched_yield(void);
int gettid(void);

#endif
