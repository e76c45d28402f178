/* SPDX-License-Identifier: MIT */
/*
 * /dev/null, zero, full, random and kmsg.
 */
#include "fs/dev.h"
#include "fs/vfs.h"
#include "proc.h"
#include "signal.h"

static long read_nothing(struct file *f, struct iter *to, uint64_t *pos)
{
	(void)f, (void)to, (void)pos;
	return 0;
}

static long write_away(struct file *f, struct iter *from, uint64_t *pos)
{
	long n = (long)from->left;

	(void)f, (void)pos;
	return n;
}

static long read_zeros(struct file *f, struct iter *to, uint64_t *pos)
{
	size_t done = 0;

	(void)f, (void)pos;
	while (to->left && !(done && signal_pending())) {
		size_t n = min(to->left, PAGE_SIZE), got = iter_zero(to, n);

		done += got;
		if (got < n)
			return done ? (long)done : -EFAULT;
		cond_resched();
	}
	return (long)done;
}

static long write_full(struct file *f, struct iter *from, uint64_t *pos)
{
	(void)f, (void)from, (void)pos;
	return -ENOSPC;
}

static long long seek_nowhere(struct file *f, long long off, int whence)
{
	(void)off, (void)whence;
	f->pos = 0;
	return 0;
}

static pfn_t map_zeros(struct file *f, uint64_t offset)
{
	(void)f, (void)offset;
	return page_alloc_zeroed();
}

const struct file_ops null_fops = { .read = read_nothing,
				    .write = write_away,
				    .seek = seek_nowhere };
const struct file_ops zero_fops = {
	.read = read_zeros, .write = write_away, .seek = seek_nowhere, .map_page = map_zeros
};
const struct file_ops full_fops = { .read = read_zeros, .write = write_full, .seek = seek_nowhere };

/* ---- random: one source under two names, and neither blocks ---- */

static long read_random(struct file *f, struct iter *to, uint64_t *pos)
{
	uint8_t buf[256];
	size_t done = 0;

	(void)f, (void)pos;
	while (to->left && !(done && signal_pending())) {
		size_t n = min(to->left, sizeof(buf)), got;

		random_bytes(buf, n);
		got = iter_write(to, buf, n);
		done += got;
		if (got < n)
			return done ? (long)done : -EFAULT;
		cond_resched();
	}
	return (long)done;
}

static long write_random(struct file *f, struct iter *from, uint64_t *pos)
{
	size_t done = 0, got;
	uint64_t word;

	(void)f, (void)pos;
	while (from->left && !(done && signal_pending())) {
		word = 0;
		got = iter_read(from, &word, min(sizeof(word), from->left));
		if (!got)
			return done ? (long)done : -EFAULT;
		random_stir(word);
		done += got;
	}
	return (long)done;
}

const struct file_ops random_fops = { .read = read_random,
				      .write = write_random,
				      .seek = seek_nowhere };

/* ---- kmsg: a line for the kernel's log ---- */

static long write_kmsg(struct file *f, struct iter *from, uint64_t *pos)
{
	char line[256];
	size_t whole = from->left, n = iter_read(from, line, min(whole, sizeof(line) - 1));

	(void)f, (void)pos;
	if (whole && !n)
		return -EFAULT;
	while (n && line[n - 1] == '\n')
		n--;
	printk("%.*s\n", (int)n, line);
	return (long)whole;
}

const struct file_ops kmsg_fops = { .write = write_kmsg };
