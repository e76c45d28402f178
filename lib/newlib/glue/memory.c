/* SPDX-License-Identifier: MIT */
/*
 * The heap's end and mappings. malloc() is newlib's and grows by sbrk() alone; its callers are
 * expected to be one thread (the retargetable locks are left empty).
 */
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* brk() returns the end that is in force: the old one when the request was refused. */
void *sbrk(ptrdiff_t increment)
{
	static char *end;
	char *old;

	if (!end)
		end = (char *)syscall(SYS_brk, 0);
	old = end;
	if (increment) {
		if ((char *)syscall(SYS_brk, old + increment) != old + increment) {
			errno = ENOMEM;
			return (void *)-1;
		}
		end = old + increment;
	}
	return old;
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
	void *p;

	if (alignment < sizeof(void *) || (alignment & (alignment - 1)))
		return EINVAL;
	p = memalign(alignment, size);
	if (!p)
		return ENOMEM;
	*result = p;
	return 0;
}

/* The call counts the offset in pages, so that 32 bits reach 16 TiB. */
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (offset & 4095) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap2, address, length, protection, flags, fd,
			       (long)(offset >> 12));
}

int munmap(void *address, size_t length)
{
	return syscall(SYS_munmap, address, length);
}

int mprotect(void *address, size_t length, int protection)
{
	return syscall(SYS_mprotect, address, length, protection);
}

int msync(void *address, size_t length, int flags)
{
	return syscall(SYS_msync, address, length, flags);
}

int madvise(void *address, size_t length, int advice)
{
	return syscall(SYS_madvise, address, length, advice);
}

void *mremap(void *address, size_t old_length, size_t new_length, int flags, ...)
{
	va_list ap;
	void *target;

	va_start(ap, flags);
	target = va_arg(ap, void *);
	va_end(ap);
	return (void *)syscall(SYS_mremap, address, old_length, new_length, flags, target);
}
