/* SPDX-License-Identifier: MIT */
/*
 * System calls on memory and on segments for thread-local storage.
 */
#include "linux/linux.h"
#include "linux/tls.h"
#include "swap.h"

long sys_brk(const struct args *a)
{
	return (long)vm_brk(a->v[0]);
}

/* Without MAP_ANONYMOUS the descriptor says what is mapped. */
static long map(const uint32_t v[5], uint64_t offset)
{
	struct file *f = NULL;
	long r;

	if (!(v[3] & MAP_ANONYMOUS)) {
		f = fd_get((int)v[4]);
		if (!f)
			return -EBADF;
		r = file_may_map(f, v[2], (v[3] & MAP_TYPE) != MAP_PRIVATE);
		if (r) {
			file_put(f);
			return r;
		}
	}
	r = vm_mmap(v[0], v[1], v[2], v[3], f, offset);
	if (f)
		file_put(f);
	return r;
}

long sys_mmap2(const struct args *a)
{
	return map(a->v, (uint64_t)a->v[5] << PAGE_SHIFT);
}

/* The oldest one has its arguments in memory, and the offset in bytes. */
long sys_mmap(const struct args *a)
{
	uint32_t v[6];

	if (copy_from_user(v, arg_ptr(a, 0), sizeof(v)))
		return -EFAULT;
	return v[5] % PAGE_SIZE ? -EINVAL : map(v, v[5]);
}

long sys_munmap(const struct args *a)
{
	return vm_munmap(a->v[0], a->v[1]);
}

long sys_mprotect(const struct args *a)
{
	return vm_mprotect(a->v[0], a->v[1], a->v[2]);
}

long sys_mremap(const struct args *a)
{
	return vm_mremap(a->v[0], a->v[1], a->v[2], a->v[3], a->v[4]);
}

long sys_madvise(const struct args *a)
{
	return vm_madvise(a->v[0], a->v[1], arg_int(a, 2));
}

long sys_msync(const struct args *a)
{
	return vm_msync(a->v[0], a->v[1], arg_int(a, 2));
}

long sys_mlock(const struct args *a)
{
	return vm_lock_range(a->v[0], a->v[1], true);
}

long sys_munlock(const struct args *a)
{
	return vm_lock_range(a->v[0], a->v[1], false);
}

long sys_mlockall(const struct args *a)
{
	if (!a->v[0] || a->v[0] & ~(uint32_t)(MCL_CURRENT | MCL_FUTURE))
		return -EINVAL;
	return vm_lock_all(a->v[0]);
}

long sys_munlockall(const struct args *a)
{
	(void)a;
	return vm_lock_all(0);
}

long sys_swapon(const struct args *a)
{
	return current->proc->cred.euid ? -EPERM : WITH_NAME(a, 0, swap_on(name, a->v[1]));
}

long sys_swapoff(const struct args *a)
{
	return current->proc->cred.euid ? -EPERM : WITH_NAME(a, 0, swap_off(name));
}

/* ---- thread-local storage ---- */

struct user_desc {
	int32_t entry;
	uint32_t base, limit;
	uint32_t seg_32bit : 1, contents : 2, read_exec_only : 1, limit_in_pages : 1,
		seg_not_present : 1, useable : 1, rest : 25;
};

_Static_assert(sizeof(struct user_desc) == 16, "struct user_desc of i386");

/* Two spellings of "take the descriptor away": all zero, or what a cleared entry reads as. */
static bool is_empty(const struct user_desc *d)
{
	if (d->base || d->limit || d->contents || d->seg_32bit || d->limit_in_pages || d->useable)
		return false;
	return d->read_exec_only == d->seg_not_present;
}

int tls_get(const void *user, struct machine_tls *tls)
{
	struct user_desc d;

	if (copy_from_user(&d, user, sizeof(d)))
		return -EFAULT;
	*tls = (struct machine_tls){
		.slot = d.entry,
		.base = d.base,
		.limit = d.limit,
		.is_32bit = d.seg_32bit,
		.exec_only_read = d.read_exec_only,
		.limit_in_pages = d.limit_in_pages,
		.not_present = d.seg_not_present,
		.useable = d.useable,
		.empty = is_empty(&d),
		.contents = d.contents,
	};
	return 0;
}

long sys_set_thread_area(const struct args *a)
{
	struct user_desc *user = arg_ptr(a, 0);
	struct machine_tls tls;
	int r = tls_get(user, &tls), wanted;

	if (r)
		return r;
	wanted = tls.slot;
	r = machine_tls_set(&current->thread, &tls);
	return r || wanted != -1 ? r : put_user(tls.slot, &user->entry);
}

long sys_get_thread_area(const struct args *a)
{
	struct user_desc *user = arg_ptr(a, 0), d;
	struct machine_tls tls = { 0 };
	int r;

	if (get_user(tls.slot, &user->entry))
		return -EFAULT;
	r = machine_tls_get(&current->thread, &tls);
	if (r)
		return r;
	d = (struct user_desc){
		.entry = tls.slot,
		.base = tls.base,
		.limit = tls.limit,
		.seg_32bit = tls.is_32bit,
		.contents = tls.contents,
		.read_exec_only = tls.exec_only_read,
		.limit_in_pages = tls.limit_in_pages,
		.seg_not_present = tls.not_present,
		.useable = tls.useable,
	};
	return copy_to_user(user, &d, sizeof(d));
}
