/* SPDX-License-Identifier: MIT */
/*
 * The rest of the kernel for tests of the file system: see fake.h.
 *
 * Pages come from an arena whose free pages are poisoned, so that the address sanitizer sees every
 * use of a page that was given back.
 */
#include "fake.h"
#include "fs/dev.h"
#include "signal.h"
#include "swap.h"
#include "timer.h"
#include "vm.h"
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_PAGES 8192

struct task fake_task;
struct process fake_process;
struct task *current_task = &fake_task;
unsigned fake_signals;
long fake_pages, fake_blocks, fake_pages_left = -1;
uint64_t fake_clock = 1000000000000ull;

/* ---- memory ---- */

static uint8_t arena[ARENA_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static int refs[ARENA_PAGES];

pfn_t page_alloc(void)
{
	if (!fake_pages_left)
		return PFN_NONE;
	if (fake_pages_left > 0)
		fake_pages_left--;
	for (unsigned long i = 0; i < ARENA_PAGES; i++)
		if (!refs[i]) {
			refs[i] = 1;
			fake_pages++;
			ASAN_UNPOISON_MEMORY_REGION(arena[i], PAGE_SIZE);
			memset(arena[i], 0xa5, PAGE_SIZE);
			return pfn_of(i);
		}
	return PFN_NONE;
}

pfn_t page_alloc_zeroed(void)
{
	pfn_t pfn = page_alloc();

	if (!pfn_is_none(pfn))
		memset(arena[pfn_x(pfn)], 0, PAGE_SIZE);
	return pfn;
}

void page_get(pfn_t pfn)
{
	assert_true(refs[pfn_x(pfn)] > 0);
	refs[pfn_x(pfn)]++;
}

void page_put(pfn_t pfn)
{
	assert_true(refs[pfn_x(pfn)] > 0);
	if (--refs[pfn_x(pfn)])
		return;
	fake_pages--;
	ASAN_POISON_MEMORY_REGION(arena[pfn_x(pfn)], PAGE_SIZE);
}

void *machine_page_va(pfn_t pfn)
{
	return arena[pfn_x(pfn)];
}

pfn_t machine_va_page(const void *va)
{
	return pfn_of((unsigned long)((const uint8_t(*)[PAGE_SIZE])va - arena));
}

unsigned long page_free_count(void)
{
	return ARENA_PAGES - (unsigned long)fake_pages;
}

unsigned long page_total_count(void)
{
	return ARENA_PAGES;
}

void *kmalloc(size_t size)
{
	fake_blocks++;
	return malloc(size);
}

void *kzalloc(size_t size)
{
	fake_blocks++;
	return calloc(1, size);
}

void *krealloc(void *p, size_t size)
{
	fake_blocks += !p;
	return realloc(p, size);
}

void kfree(const void *p)
{
	fake_blocks -= p != NULL;
	free((void *)p);
}

char *kstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = kmalloc(n);

	return copy ? memcpy(copy, s, n) : NULL;
}

size_t strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	return (size_t)snprintf(dst, size, "%s", src);
}

/* ---- user memory is just memory ---- */

size_t machine_copy_in(void *dst, const void *user_src, size_t n)
{
	memcpy(dst, user_src, n);
	return 0;
}

size_t machine_copy_out(void *user_dst, const void *src, size_t n)
{
	memcpy(user_dst, src, n);
	return 0;
}

size_t machine_clear_out(void *user_dst, size_t n)
{
	memset(user_dst, 0, n);
	return 0;
}

int copy_to_user(void *user, const void *src, size_t n)
{
	memcpy(user, src, n);
	return 0;
}

/* ---- locks, waiting, signals ---- */

void spin_lock(struct spinlock *l)
{
	assert_false(l->held);
	l->held = true;
}

void spin_unlock(struct spinlock *l)
{
	assert_true(l->held);
	l->held = false;
}

void mutex_init(struct mutex *m)
{
	memset(m, 0, sizeof(*m));
}

void mutex_lock(struct mutex *m)
{
	assert_false(m->held);
	m->held = true;
}

void mutex_unlock(struct mutex *m)
{
	assert_true(m->held);
	m->held = false;
}

void waitq_init(struct waitq *q)
{
	list_init(&q->entries);
}

void waitq_add(struct waitq *q, struct wait_entry *e)
{
	(void)q;
	list_init(&e->link);
}

void waitq_remove(struct wait_entry *e)
{
	(void)e;
}

void waitq_wake(struct waitq *q)
{
	(void)q;
}

void wait_prepare(bool interruptible)
{
	(void)interruptible;
}

int wait_sleep(uint64_t deadline)
{
	return deadline == WAIT_FOREVER ? -ERESTARTSYS : -ETIMEDOUT;
}

void wait_finish(void)
{
}

void cond_resched(void)
{
}

int signal_send_task(struct task *t, int sig, const struct siginfo *info)
{
	assert_ptr_equal(t, current);
	assert_null(info);
	fake_signals |= 1u << sig;
	return 0;
}

uint64_t time_wall(void)
{
	return fake_clock++;
}

void printk(const char *fmt, ...)
{
	(void)fmt;
}

/* ---- file systems that are not under test ---- */

static struct super *no_mount(const char *data)
{
	(void)data;
	return err_ptr(-ENODEV);
}

const struct fs_type devfs_type = { .name = "devtmpfs", .mount = no_mount };
const struct fs_type procfs_type = { .name = "proc", .mount = no_mount };
const struct fs_type devpts_type = { .name = "devpts", .mount = no_mount };

const struct file_ops *chrdev_find(uint32_t rdev)
{
	(void)rdev;
	return NULL;
}

/* kernel/linux/syscall.c and name.c, whose callers are not called here. */
char *name_get(const void *a, int n);
char *name_get(const void *a, int n)
{
	(void)a, (void)n;
	return NULL;
}

/* ---- set-up and tools ---- */

static long blocks_before;

int fs_setup(void **state)
{
	static const char archive[1];

	(void)state;
	memset(&fake_task, 0, sizeof(fake_task));
	memset(&fake_process, 0, sizeof(fake_process));
	fake_task.proc = &fake_process;
	for (int i = 0; i < RLIMIT_COUNT; i++)
		fake_process.rlimit[i] = (struct rlimit64){ RLIM_INFINITY, RLIM_INFINITY };
	fake_process.rlimit[RLIMIT_NOFILE] = (struct rlimit64){ 64, 64 };
	fake_signals = 0;
	fake_pages_left = -1;
	blocks_before = fake_blocks;
	fake_task.files = fdtable_create();
	return fs_init(archive, 0);
}

int fs_teardown(void **state)
{
	struct mount *m, *next;

	(void)state;
	fake_process.cred = (struct cred){ 0 };
	fake_pages_left = -1;
	fdtable_put(fake_task.files);
	fs_context_put(fake_task.fs);
	/* From the last to the first: mounts on mounts go before what they lie on. */
	while (!list_empty(&mount_all)) {
		m = list_entry(mount_all.prev, struct mount, link);
		list_del(&m->link);
		path_put(&m->on);
		mount_put(m);
	}
	(void)next;
	assert_int_equal(fake_pages, 0);
	assert_int_equal(fake_blocks, blocks_before);
	return 0;
}

void become(uint32_t uid)
{
	fake_process.cred = (struct cred){
		.uid = uid,
		.euid = uid,
		.fsuid = uid,
		.gid = uid,
		.egid = uid,
		.fsgid = uid,
	};
}

int open_fd(const char *name, unsigned flags)
{
	struct file *f = vfs_open(name, flags, 0666);

	return is_err(f) ? (int)ptr_err(f) : fd_install(f, 0, false);
}

long write_text(const char *name, const char *text)
{
	struct file *f = vfs_open(name, O_CREAT | O_TRUNC | O_WRONLY, 0666);
	struct iter from;
	long r;

	if (is_err(f))
		return ptr_err(f);
	iter_kernel(&from, (void *)text, strlen(text));
	r = file_write(f, &from);
	file_put(f);
	return r;
}

const char *read_text(const char *name)
{
	static char text[8192];
	struct file *f = vfs_open(name, O_RDONLY, 0);
	long n;

	if (is_err(f))
		return NULL;
	n = file_pread(f, text, sizeof(text) - 1, 0);
	file_put(f);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

int make_dir(const char *name)
{
	return vfs_mknod(AT_FDCWD, name, S_IFDIR | 0777, 0);
}

uint32_t links_of(const char *name)
{
	struct path p;
	uint32_t n;

	if (vfs_lookup(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, &p))
		return 0;
	n = p.inode->nlink;
	path_put(&p);
	return n;
}

int exists(const char *name)
{
	struct path p;
	int r = vfs_lookup(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, &p);

	if (!r)
		path_put(&p);
	return r;
}

/* ---- what block devices need ---- */

int devfs_add(const char *name, uint32_t mode, uint32_t rdev)
{
	(void)name, (void)mode, (void)rdev;
	return 0;
}

void devfs_remove(const char *name)
{
	(void)name;
}

const struct file_ops loop_control_fops;

/* No second thread: partitions are not looked for, and nothing is written back by itself. */
struct task *kthread_create(const char *name, void (*fn)(void *arg), void *arg)
{
	(void)name, (void)fn, (void)arg;
	return NULL;
}

void kthread_exit(void)
{
	abort();
}

long proc_sleep_until(uint64_t deadline)
{
	(void)deadline;
	return 0;
}

uint64_t time_now(void)
{
	return fake_clock;
}

unsigned page_refs(pfn_t pfn)
{
	return (unsigned)refs[pfn_x(pfn)];
}

void panic(const char *fmt, ...)
{
	fail_msg("panic: %s", fmt);
	abort();
}

/* No address spaces here. */
bool vm_protect_shared(void)
{
	return true;
}

void vm_unmap_file(const struct inode *i, uint64_t size)
{
	(void)i;
	(void)size;
}

void reclaim_before_use(void)
{
}

unsigned long reclaim_pages(unsigned long want, bool *skipped)
{
	(void)want;
	(void)skipped;
	return 0;
}

pfn_t page_alloc_user(enum page_kind kind)
{
	(void)kind;
	return page_alloc();
}

uint64_t machine_now(void)
{
	return fake_clock;
}
