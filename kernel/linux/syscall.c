/* SPDX-License-Identifier: MIT */
/*
 * System calls: from a number in a register to a handler.
 *
 * The table is calls.def. A call that is not there is ENOSYS, as on a Linux that was built without
 * it, and is said once in a while on the kernel's log: that is what one who ports a program looks for.
 */
#include "linux/linux.h"

#define CALLS	   450
#define SAID_MOST  20		       /* messages about missing calls ... */
#define SAID_EVERY (10 * NSEC_PER_SEC) /* ... in this time */

static syscall_fn *const handlers[CALLS] = {
#define SYS(number, name) [number] = sys_##name,
#define NOSYS(number, name)
#define QUIET(number, name)
#include "linux/calls.def"
#undef SYS
#undef NOSYS
#undef QUIET
};

/* NULL: not worth a message. */
static const char *name_of(uint32_t number)
{
	switch (number) {
#define SYS(n, name)
#define NOSYS(n, name) \
	case n:        \
		return #name;
#define QUIET(n, name) \
	case n:        \
		return NULL;
#include "linux/calls.def"
#undef SYS
#undef NOSYS
#undef QUIET
	}
	return "unknown";
}

static void say_missing(uint32_t number)
{
	const char *name = name_of(number);
	static uint64_t since;
	static unsigned said;

	if (!name)
		return;
	if (time_now() - since > SAID_EVERY) {
		since = time_now();
		said = 0;
	}
	if (said++ < SAID_MOST)
		printk("%s[%d]: no system call %u (%s)\n", current->name, current->tid, number,
		       name);
}

void kernel_syscall(struct regs *regs)
{
	uint32_t number = regs_syscall(regs);
	const struct args a = {
		.v = { regs->ebx, regs->ecx, regs->edx, regs->esi, regs->edi, regs->ebp },
		.regs = regs,
	};

	if (number < CALLS && handlers[number]) {
		machine_regs_set_result(regs, handlers[number](&a));
		return;
	}
	say_missing(number);
	machine_regs_set_result(regs, -ENOSYS);
}

/* ---- names and places for all handlers ---- */

char *name_get(const struct args *a, int n)
{
	char *name = kmalloc(PATH_LONGEST);
	long len;

	if (!name)
		return err_ptr(-ENOMEM);
	len = strncpy_from_user(name, arg_ptr(a, n), PATH_LONGEST);
	if (len >= 0)
		return name;
	kfree(name);
	return err_ptr(len);
}

void name_put(char *name)
{
	if (!is_err(name))
		kfree(name);
}

int lookup_arg(int dirfd, const struct args *a, int n, unsigned flags, struct path *p)
{
	return (int)WITH_NAME(a, n, vfs_lookup(dirfd, name, flags, p));
}
