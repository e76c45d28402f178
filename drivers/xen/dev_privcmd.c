/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/privcmd: hypercalls by programs, and other domains' memory in programs.
 *
 * A hypercall goes through as it is. Its pointers are the program's: program and kernel share an address
 * space, and the hypervisor looks at that one; but it takes no page fault, so the program touches its buffers
 * first (user/lib/xc does). Memory is mapped into a region made by mmap of this file, page by page, each by
 * one page-table update that names the other domain: the hypervisor checks it, here is nothing to
 * check. The region is foreign (kernel/include/fs.h).
 */
#include "dev.h"
#include "proc.h"

#include <uapi/process.h>

#define HYPERCALLS_MOST (PAGE_SIZE / HYPERCALL_STUB_SIZE)
#define BATCH		64u

extern char hypercall_page[];

static long call(unsigned long nr, unsigned long a, unsigned long b, unsigned long c,
		 unsigned long d, unsigned long e)
{
	long res = (long)hypercall_page + (long)(nr * HYPERCALL_STUB_SIZE);

	asm volatile("call *%%eax"
		     : "+a"(res), "+b"(a), "+c"(b), "+d"(c), "+S"(d), "+D"(e)
		     :
		     : "memory");
	return res;
}

static long do_hypercall(const void *arg)
{
	struct privcmd_hypercall h;

	if (get_user(h, arg))
		return -EFAULT;
	if (h.op >= HYPERCALLS_MOST)
		return -ENOSYS;
	return call((unsigned long)h.op, (unsigned long)h.arg[0], (unsigned long)h.arg[1],
		    (unsigned long)h.arg[2], (unsigned long)h.arg[3], (unsigned long)h.arg[4]);
}

/* ---- mapping ---- */

static int map_page(struct vma *v, unsigned long va, uint64_t frame, domid_t domain)
{
	if (frame != (unsigned long)frame)
		return -EINVAL;
	return space_map_foreign(current->mm->space, va, mfn_of((unsigned long)frame), domain,
				 v->prot & PROT_WRITE);
}

/* Runs of consecutive frames; the first refusal ends it. */
static long map_range(struct file *f, const struct privcmd_mmap_entry *e, domid_t domain)
{
	unsigned long va = (unsigned long)e->va;
	int rc = 0;
	struct vma *v;

	if (e->va >= machine_user_end || e->npages > machine_user_end >> PAGE_SHIFT)
		return -EINVAL;
	v = vm_foreign_lock(f, va, (size_t)e->npages << PAGE_SHIFT);
	if (!v)
		return -EINVAL;
	for (unsigned long i = 0; i < e->npages && !rc; i++)
		rc = map_page(v, va + i * PAGE_SIZE, e->mfn + i, domain);
	space_sync(current->mm->space);
	vm_foreign_unlock();
	return rc;
}

static long do_mmap(struct file *f, const void *arg)
{
	struct privcmd_mmap m;
	struct privcmd_mmap_entry e;
	long rc = 0;

	if (get_user(m, arg))
		return -EFAULT;
	for (int i = 0; i < m.num && !rc; i++)
		rc = get_user(e, &m.entry[i]) ? -EFAULT : map_range(f, &e, m.dom);
	return rc;
}

/* A part of a batch: errors[i] says how page i went. -EINVAL: no such region. */
static int map_list(struct file *f, unsigned long va, const xen_pfn_t *frames, unsigned count,
		    domid_t domain, int *errors)
{
	struct vma *v = vm_foreign_lock(f, va, count * PAGE_SIZE);

	if (!v)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++)
		errors[i] = map_page(v, va + i * PAGE_SIZE, frames[i], domain);
	space_sync(current->mm->space);
	vm_foreign_unlock();
	return 0;
}

/*
 * Many pages, of which some may be refused. The older call marks those in the list itself, the newer one in
 * a list of errors, and it says -ENOENT when a page was not there at the moment.
 */
static long map_batch(struct file *f, uint64_t addr, xen_pfn_t *list, int *errors, unsigned count,
		      domid_t domain)
{
	unsigned long va = (unsigned long)addr;
	xen_pfn_t frames[BATCH];
	int status[BATCH];
	long rc = 0;

	if (addr >= machine_user_end || addr & (PAGE_SIZE - 1) || !count ||
	    count > machine_user_end >> PAGE_SHIFT)
		return -EINVAL;
	for (unsigned n; count; count -= n, list += n, va += n * PAGE_SIZE) {
		int failed;

		n = min(count, BATCH);
		if (copy_from_user(frames, list, n * sizeof(frames[0])))
			return -EFAULT;
		failed = map_list(f, va, frames, n, domain, status);
		if (failed)
			return failed;
		for (unsigned i = 0; i < n; i++) {
			if (status[i] == -ENOENT)
				rc = -ENOENT;
			if (status[i] && !errors)
				frames[i] |= status[i] == -ENOENT ? PRIVCMD_MMAPBATCH_PAGED_ERROR
								  : PRIVCMD_MMAPBATCH_MFN_ERROR;
		}
		if (errors ? copy_to_user(errors, status, n * sizeof(status[0]))
			   : copy_to_user(list, frames, n * sizeof(frames[0])))
			return -EFAULT;
		if (errors)
			errors += n;
	}
	return rc;
}

static long do_batch(struct file *f, const void *arg)
{
	struct privcmd_mmapbatch b;

	if (get_user(b, arg))
		return -EFAULT;
	return b.num > 0 ? map_batch(f, b.addr, b.arr, NULL, (unsigned)b.num, b.dom) : -EINVAL;
}

static long do_batch_v2(struct file *f, const void *arg)
{
	struct privcmd_mmapbatch_v2 b;

	if (get_user(b, arg))
		return -EFAULT;
	return b.err ? map_batch(f, b.addr, (xen_pfn_t *)b.arr, b.err, b.num, b.dom) : -EFAULT;
}

/* Frames of a domain that have no number of its own, its grant table for one. */
static long map_resource(struct file *f, const struct privcmd_mmap_resource *r, xen_pfn_t *frames,
			 unsigned count)
{
	struct xen_mem_acquire_resource op = { .domid = r->dom,
					       .type = (uint16_t)r->type,
					       .id = r->id,
					       .nr_frames = count,
					       .frame = r->idx };
	int *errors = kmalloc(count * sizeof(*errors));
	long rc;

	if (!errors)
		return -ENOMEM;
	set_xen_guest_handle(op.frame_list, frames);
	rc = hypercall_memory_op(XENMEM_acquire_resource, &op);
	if (!rc)
		rc = map_list(f, (unsigned long)r->addr, frames, count, r->dom, errors);
	for (unsigned i = 0; i < count && !rc; i++)
		rc = errors[i];
	kfree(errors);
	return rc;
}

static long do_resource(struct file *f, void *arg)
{
	struct privcmd_mmap_resource r;
	struct xen_mem_acquire_resource size = { 0 };
	xen_pfn_t *frames;
	long rc;

	if (get_user(r, arg))
		return -EFAULT;
	if (!r.addr && !r.num) {
		size.domid = r.dom;
		size.type = (uint16_t)r.type;
		size.id = r.id;
		rc = hypercall_memory_op(XENMEM_acquire_resource, &size);
		r.num = size.nr_frames;
		return rc ? rc : copy_to_user(arg, &r, sizeof(r));
	}
	if (r.addr >= machine_user_end || r.addr & (PAGE_SIZE - 1) || !r.num || r.num > PAGE_SIZE)
		return -EINVAL;
	frames = kmalloc((size_t)r.num * sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	rc = map_resource(f, &r, frames, (unsigned)r.num);
	kfree(frames);
	return rc;
}

static long privcmd_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	switch (cmd) {
	case IOCTL_PRIVCMD_HYPERCALL:
		return do_hypercall((void *)arg);
	case IOCTL_PRIVCMD_MMAP:
		return do_mmap(f, (void *)arg);
	case IOCTL_PRIVCMD_MMAPBATCH:
		return do_batch(f, (void *)arg);
	case IOCTL_PRIVCMD_MMAPBATCH_V2:
		return do_batch_v2(f, (void *)arg);
	case IOCTL_PRIVCMD_MMAP_RESOURCE:
		return do_resource(f, (void *)arg);
	default:
		return -ENOTTY;
	}
}

/* mmap only makes room; the ioctls fill it. */
static int map_nothing(struct file *f, struct space *s, const struct vma *v)
{
	(void)f, (void)s, (void)v;
	return 0;
}

static void unmap(struct file *f, struct space *s, unsigned long start, unsigned long end,
		  uint64_t offset)
{
	(void)f, (void)offset;
	for (unsigned long va = start; va < end; va += PAGE_SIZE)
		space_unmap_foreign(s, va);
	space_sync(s);
}

const struct file_ops dev_privcmd_fops = {
	.ioctl = privcmd_ioctl,
	.map_foreign = map_nothing,
	.unmap_foreign = unmap,
};
