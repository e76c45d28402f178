/* SPDX-License-Identifier: MIT */
/*
 * Iterators over buffers of a program or of the kernel: see iter.h.
 *
 * User addresses are never followed here but handed to the machine's copy functions, which check
 * them and say how much they could not copy, so that a transfer that hits a bad page half way can
 * report the half that was done.
 */
#include "kernel.h"
#include "fs/iter.h"

void iter_user(struct iter *it, void *buf, size_t n)
{
	iter_kernel(it, buf, n);
	it->user = true;
}

void iter_kernel(struct iter *it, void *buf, size_t n)
{
	it->one = (struct span){ buf, n };
	it->vec = &it->one;
	it->count = 1;
	it->skip = 0;
	it->left = n;
	it->user = false;
}

void iter_user_vec(struct iter *it, const struct span *vec, size_t count)
{
	it->vec = vec;
	it->count = count;
	it->skip = it->left = 0;
	it->user = true;
	for (size_t i = 0; i < count; i++)
		it->left += vec[i].len;
}

enum move { TO, FROM, ZERO };

/* Returns how many bytes were not moved. */
static size_t move_one(const struct iter *it, enum move how, void *at, void *other, size_t n)
{
	if (it->user) {
		if (how == TO)
			return machine_copy_out(at, other, n);
		if (how == FROM)
			return machine_copy_in(other, at, n);
		return machine_clear_out(at, n);
	}
	if (how == TO)
		memcpy(at, other, n);
	else if (how == FROM)
		memcpy(other, at, n);
	else
		memset(at, 0, n);
	return 0;
}

static size_t move(struct iter *it, enum move how, char *other, size_t n)
{
	size_t done = 0;

	while (done < n && it->left) {
		size_t room = it->vec->len - it->skip, bad;
		size_t part = min(room, n - done);

		if (!part) {
			it->vec++;
			it->count--;
			it->skip = 0;
			continue;
		}
		bad = move_one(it, how, (char *)it->vec->base + it->skip,
			       how == ZERO ? NULL : other + done, part);
		done += part - bad;
		it->skip += part - bad;
		it->left -= part - bad;
		if (bad)
			break;
	}
	return done;
}

size_t iter_write(struct iter *it, const void *src, size_t n)
{
	return move(it, TO, (char *)src, n);
}

size_t iter_zero(struct iter *it, size_t n)
{
	return move(it, ZERO, NULL, n);
}

size_t iter_read(struct iter *it, void *dst, size_t n)
{
	return move(it, FROM, dst, n);
}
