/* SPDX-License-Identifier: MIT */
/*
 * The Linux i386 system-call ABI: what the files of this folder share.
 *
 * A call gets its six argument registers as they are; each handler says by the accessors below what
 * they mean. A handler returns a value or -errno. This folder translates: it copies structures in and
 * out, converts units, and leaves the work to kernel/fs, proc, mm and tty.
 */
#ifndef KERNEL_LINUX_LINUX_H
#define KERNEL_LINUX_LINUX_H

#include "fs/vfs.h"
#include "proc.h"
#include "signal.h"
#include "timer.h"
#include "vm.h"

struct args {
	uint32_t v[6];
	struct regs *regs;
};

typedef long syscall_fn(const struct args *a);

static inline int arg_int(const struct args *a, int n)
{
	return (int)a->v[n];
}

static inline void *arg_ptr(const struct args *a, int n)
{
	return (void *)(uintptr_t)a->v[n];
}

/* A 64-bit argument takes two registers, low half first. */
static inline uint64_t arg_u64(const struct args *a, int n)
{
	return a->v[n] | (uint64_t)a->v[n + 1] << 32;
}

/* A name from the program: kmalloc, or err_ptr. Free it with name_put, which takes both. */
char *name_get(const struct args *a, int n);
void name_put(char *name);

/* Evaluates `call` with `name` set to the n-th argument, or gives the error of reading it. */
#define WITH_NAME(a, n, call)                                          \
	({                                                             \
		char *name = name_get(a, n);                           \
		long with_rc_ = is_err(name) ? ptr_err(name) : (call); \
		name_put(name);                                        \
		with_rc_;                                              \
	})

/* The file of a descriptor in `f`, held during `call`; -EBADF without one. */
#define WITH_FILE(fd, call)                          \
	({                                           \
		struct file *f = fd_get(fd);         \
		long with_rc_ = f ? (call) : -EBADF; \
		if (f)                               \
			file_put(f);                 \
		with_rc_;                            \
	})

/* The place of a name (and of a descriptor, AT_EMPTY_PATH) in `p`, held during `call`. */
#define WITH_PLACE(a, dirfd, n, flags, call)                        \
	({                                                          \
		struct path p;                                      \
		long with_rc_ = lookup_arg(dirfd, a, n, flags, &p); \
		if (!with_rc_) {                                    \
			with_rc_ = (call);                          \
			path_put(&p);                               \
		}                                                   \
		with_rc_;                                           \
	})

int lookup_arg(int dirfd, const struct args *a, int n, unsigned flags, struct path *p);

/* ---- time: structures of the ABI to nanoseconds and back ---- */

struct timespec32 {
	int32_t sec, nsec;
};

struct timespec64 {
	int64_t sec, nsec;
} __attribute__((packed, aligned(4)));

struct timeval32 {
	int32_t sec, usec;
};

/* 0, -EFAULT, -EINVAL for what is no time. */
int time_get(const void *user, bool wide, uint64_t *ns);
int time_put(void *user, bool wide, uint64_t ns);
int timeval_get(const void *user, uint64_t *ns);
int timeval_put(void *user, uint64_t ns);
/* now + ns, or WAIT_FOREVER when that is too far. */
uint64_t time_deadline(uint64_t ns);

/* ---- what signal.c lends to ppoll, pselect and waitid ---- */
int siginfo_put(void *user, const struct siginfo *i); /* as the program's siginfo_t */
int mask_apply(const void *user_set, uint32_t size);  /* temporary mask; NULL: none */

/* ---- the files of this folder ---- */
#define SYS(number, name) syscall_fn sys_##name;
#define NOSYS(number, name)
#define QUIET(number, name)
#include "linux/calls.def"
#undef SYS
#undef NOSYS
#undef QUIET

#endif
