/* SPDX-License-Identifier: MIT */
/*
 * The kernel as its program sees it: system calls without a trap.
 *
 * The numbers and meanings are those of ring 3. There is one process, and nothing that would make another:
 * such calls are ENOSYS. The end of the program is the end of the domain.
 */
#include "cache.h"
#include "kernel.h"
#include "lib/kit/kit.h"
#include "proc.h"

#include <arch/thread.h>

enum {
	CALL_EXIT = 1,
	CALL_FORK = 2,
	CALL_EXECVE = 11,
	CALL_BRK = 45,
	CALL_MMAP = 90,
	CALL_CLONE = 120,
	CALL_VFORK = 190,
	CALL_MMAP2 = 192,
	CALL_EXIT_GROUP = 252,
	CALL_CLONE3 = 435,
};

static _Noreturn void end(int status)
{
	printk("the program ended with status %d\n", status);
	cache_sync_all();
	if (status)
		machine_crash();
	machine_poweroff();
}

KIT_ABI long kit_call(long number, const long *v)
{
	struct regs r = { .ebx = (uint32_t)v[0],
			  .ecx = (uint32_t)v[1],
			  .edx = (uint32_t)v[2],
			  .esi = (uint32_t)v[3],
			  .edi = (uint32_t)v[4],
			  .ebp = (uint32_t)v[5],
			  .error_code = (uint32_t)number };

	switch (number) {
	case CALL_EXIT:
	case CALL_EXIT_GROUP:
		end((int)v[0]);
	case CALL_FORK:
	case CALL_EXECVE:
	case CALL_BRK:
	case CALL_MMAP:
	case CALL_CLONE:
	case CALL_VFORK:
	case CALL_MMAP2:
	case CALL_CLONE3:
		return -ENOSYS;
	}
	kernel_syscall(&r);
	cond_resched();
	/* A call that a signal interrupted is not begun again here: nobody handles signals. */
	if ((int32_t)r.eax <= -ERESTARTSYS && (int32_t)r.eax >= -ERESTART_BLOCK)
		return -EINTR;
	return (int32_t)r.eax;
}

KIT_ABI void *kit_memory(unsigned long *size)
{
	unsigned order = 10; /* 4 MiB; the kernel's buffers need the rest */
	void *p = NULL;

	while ((PAGE_SIZE << order) > page_free_count() * PAGE_SIZE / 2 && order)
		order--;
	while (!(p = pages_alloc(order)) && order)
		order--;
	*size = p ? PAGE_SIZE << order : 0;
	return p;
}
