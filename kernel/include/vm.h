/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of processes, and the way to user memory.
 *
 * Pointers to user memory are never followed by hand: only the copy functions below do. They check
 * the range, take page faults and may sleep, so no spinlock may be held.
 */
#ifndef KERNEL_VM_H
#define KERNEL_VM_H

#include "kernel.h"
#include "lock.h"

struct file;
struct space;

struct vma {
	struct list link; /* ascending addresses */
	unsigned long start, end;
	unsigned prot;	     /* PROT_ */
	unsigned flags;	     /* MAP_SHARED or MAP_PRIVATE, MAP_GROWSDOWN, VMA_FOREIGN */
	struct file *file;   /* a reference, or NULL: anonymous */
	uint64_t offset;     /* in the file, of start */
	uint64_t file_bytes; /* from start; beyond it the page is zero (ELF bss); ~0: all */
};

/*
 * The file put the pages there itself and takes them out itself (file_ops.map_foreign): they are not the
 * kernel's, so nothing here may count, copy or free them.
 */
#define VMA_FOREIGN 0x80000000u
/* mlock: its pages stay. */
#define VMA_LOCKED 0x20000000u
/* Shared, of a file that must be told before a page of it is written (file_ops.page_write). */
#define VMA_TRACKED 0x40000000u

struct mm {
	struct list all; /* of all that are used */
	int refs;	 /* tasks, and who looks at it for a while; guarded with the list */
	struct space *space;
	struct mutex lock; /* the list, the counters, the page tables */
	struct list vmas;
	unsigned long brk_start, brk, mmap_top;
	unsigned long page_count;  /* mapped now (resident) */
	unsigned long swap_count;  /* notes of pages that are in swap */
	unsigned long hand;	   /* where the clock of reclaim.c goes on */
	uint64_t id;		   /* ascending in the list of all */
	unsigned new_flags;	   /* of each new region: VMA_LOCKED, or nothing */
	unsigned long total_pages; /* in VMAs */
	/* Set once by exec; for /proc. */
	unsigned long code_start, code_end, data_start, data_end, stack_start;
	unsigned long arg_start, arg_end, env_start, env_end;
};

struct mm *mm_create(void);	     /* NULL: no memory */
struct mm *mm_copy(struct mm *from); /* fork: copy-on-write; NULL: no memory */
void mm_get(struct mm *mm);
void mm_put(struct mm *mm);

/* ---- The system calls, for the current task ---- */
unsigned long vm_brk(unsigned long brk); /* the break as it now is */
/* file may be NULL; offset in bytes, page aligned. Returns the address or -errno (see is_err). */
long vm_mmap(unsigned long addr, size_t len, unsigned prot, unsigned flags, struct file *file,
	     uint64_t offset);
long vm_munmap(unsigned long addr, size_t len);
long vm_mprotect(unsigned long addr, size_t len, unsigned prot);
long vm_mremap(unsigned long addr, size_t old_len, size_t new_len, unsigned flags,
	       unsigned long new_addr);
long vm_madvise(unsigned long addr, size_t len, int advice);
long vm_msync(unsigned long addr, size_t len, int flags);
/* mlock and its like (lock.c): what is locked is in memory, and stays there. */
#define MCL_CURRENT 1u
#define MCL_FUTURE  2u
long vm_lock_range(unsigned long addr, size_t len, bool lock);
long vm_lock_all(unsigned what);

/* ---- Shared mappings of files (shared.c) ---- */
struct inode;
/*
 * From now on the first write to each page of a tracked region is told to its file again. False: some regions were
 * in use just now, and are as they were. Takes no lock that anybody could wait for.
 */
bool vm_protect_shared(void);
/* The file ends at `size` now: whoever touches what lay behind gets SIGBUS. No mm's lock is held. May sleep. */
void vm_unmap_file(const struct inode *i, uint64_t size);

/*
 * For the file of a foreign region that fills it later than mmap: takes the current mm's lock and returns
 * the region of this file that holds all of [addr, addr + len), or NULL with nothing locked.
 */
struct vma *vm_foreign_lock(struct file *f, unsigned long addr, size_t len);
void vm_foreign_unlock(void);

/* Reads another process's memory (its argument area, for /proc/PID/cmdline); bytes read. */
long mm_read(struct mm *mm, unsigned long addr, void *buf, size_t n);
/* The mm of a process, with a reference, or NULL. proc_lock held by the caller. */
struct process;
struct mm *proc_mm_get(struct process *p);

/* ---- User memory: 0 or -EFAULT ---- */
int copy_from_user(void *dst, const void *user, size_t n);
int copy_to_user(void *user, const void *src, size_t n);
int clear_user(void *user, size_t n);
/* Length without NUL; -EFAULT; -ENAMETOOLONG when it does not fit in size bytes with its NUL. */
long strncpy_from_user(char *dst, const char *user, size_t size);
bool access_ok(const void *user, size_t n); /* only the range: the copy still checks */

#define get_user(var, uptr) copy_from_user(&(var), (uptr), sizeof(var))
#define put_user(val, uptr)                                          \
	({                                                           \
		__typeof__(*(uptr)) put_user_ = (val);               \
		copy_to_user((uptr), &put_user_, sizeof(put_user_)); \
	})

#endif
