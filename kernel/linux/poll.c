/* SPDX-License-Identifier: MIT */
/*
 * poll, select and their relatives: all become a list of descriptors for poll_files.
 *
 * The select family has three bit maps of words and, on Linux, writes the time that was left back.
 */
#include "linux/linux.h"

#define FDS_MOST 4096u

struct pollfd {
	int32_t fd;
	int16_t events, revents;
};

_Static_assert(sizeof(struct pollfd) == sizeof(struct poll_one), "read in place");

static long poll_user(struct pollfd *user, unsigned n, uint64_t deadline)
{
	struct poll_one *list;
	long r;

	if (n > FDS_MOST)
		return -EINVAL;
	list = kmalloc((n ? n : 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	r = copy_from_user(list, user, n * sizeof(*list));
	if (!r)
		r = poll_files(list, n, deadline);
	for (unsigned i = 0; r >= 0 && i < n; i++)
		if (put_user(list[i].revents, &user[i].revents))
			r = -EFAULT;
	kfree(list);
	return r;
}

/* By restart_syscall, after a signal that had no handler: the deadline is still the first one. */
static long poll_again(void *arg)
{
	const uint64_t *v = arg;
	long r = poll_user((struct pollfd *)(uintptr_t)v[0], (unsigned)v[1], v[2]);

	return r == -ERESTARTNOHAND ? -ERESTART_BLOCK : r;
}

long sys_poll(const struct args *a)
{
	int ms = arg_int(a, 2);
	uint64_t deadline = WAIT_FOREVER;
	long r;

	if (ms >= 0)
		deadline = ms ? time_deadline((uint64_t)ms * NSEC_PER_MS) : 0;
	r = poll_user(arg_ptr(a, 0), a->v[1], deadline);
	if (r != -ERESTARTNOHAND)
		return r;
	current->restart_fn = poll_again;
	current->restart_arg[0] = a->v[0];
	current->restart_arg[1] = a->v[1];
	current->restart_arg[2] = deadline;
	return -ERESTART_BLOCK;
}

/* ---- a relative time from the program, and what is left of it on the way back ---- */

enum time_kind { NO_TIME, TIMEVAL, TIMESPEC, TIMESPEC64 };

struct timeout {
	enum time_kind kind;
	void *user;
	uint64_t deadline;
};

static int timeout_get(struct timeout *t, enum time_kind kind, void *user)
{
	uint64_t ns;
	int r;

	*t = (struct timeout){ user ? kind : NO_TIME, user, WAIT_FOREVER };
	if (!user)
		return 0;
	r = kind == TIMEVAL ? timeval_get(user, &ns) : time_get(user, kind == TIMESPEC64, &ns);
	if (!r)
		t->deadline = ns ? time_deadline(ns) : 0;
	return r;
}

static void timeout_put(const struct timeout *t)
{
	uint64_t now = time_now(), left = t->deadline > now ? t->deadline - now : 0;

	if (t->kind == NO_TIME || t->deadline == WAIT_FOREVER)
		return;
	if (t->kind == TIMEVAL)
		timeval_put(t->user, left);
	else
		time_put(t->user, t->kind == TIMESPEC64, left);
}

static long ppoll(const struct args *a, bool wide)
{
	struct timeout t;
	long r = timeout_get(&t, wide ? TIMESPEC64 : TIMESPEC, arg_ptr(a, 2));

	if (!r)
		r = mask_apply(arg_ptr(a, 3), a->v[4]);
	if (r)
		return r;
	r = poll_user(arg_ptr(a, 0), a->v[1], t.deadline);
	timeout_put(&t);
	return r;
}

long sys_ppoll(const struct args *a)
{
	return ppoll(a, false);
}

long sys_ppoll_time64(const struct args *a)
{
	return ppoll(a, true);
}

/* ---- select ---- */

#define SET_WORDS (FDS_MOST / 32)
#define SETS	  3

static const unsigned short set_events[SETS] = {
	POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
	POLLWRNORM | POLLWRBAND | POLLOUT | POLLERR,
	POLLPRI,
};

static bool bit(const uint32_t *set, unsigned n)
{
	return set[n / 32] >> (n % 32) & 1;
}

/* The descriptors that any of the sets asks about. */
static unsigned build_list(uint32_t (*set)[SET_WORDS], unsigned n, struct poll_one *list)
{
	unsigned count = 0;

	for (unsigned fd = 0; fd < n; fd++) {
		unsigned events = 0;

		for (int s = 0; s < SETS; s++)
			if (bit(set[s], fd))
				events |= set_events[s];
		if (events)
			list[count++] = (struct poll_one){ (int)fd, (short)events, 0 };
	}
	return count;
}

/* Turns the answers back into sets; the number of bits, or -EBADF. */
static long build_sets(uint32_t (*set)[SET_WORDS], const struct poll_one *list, unsigned count)
{
	uint32_t asked[SETS];
	long bits = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned word = (unsigned)list[i].fd / 32, mask = 1u << (list[i].fd % 32);
		unsigned got = (unsigned short)list[i].revents;

		if (got & POLLNVAL)
			return -EBADF;
		for (int s = 0; s < SETS; s++) {
			asked[s] = set[s][word] & mask;
			set[s][word] &= ~mask;
			if (asked[s] && (got & set_events[s])) {
				set[s][word] |= mask;
				bits++;
			}
		}
	}
	return bits;
}

struct select_work {
	uint32_t set[SETS][SET_WORDS];
	struct poll_one list[]; /* one for each descriptor that may be asked about */
};

static long select_sets(struct select_work *w, unsigned n, void *const user[SETS],
			uint64_t deadline)
{
	size_t bytes = (n + 31) / 32 * 4;
	unsigned count;
	long r;

	for (int s = 0; s < SETS; s++) {
		memset(w->set[s], 0, bytes);
		if (user[s] && copy_from_user(w->set[s], user[s], bytes))
			return -EFAULT;
	}
	count = build_list(w->set, n, w->list);
	for (unsigned i = 0; i < count; i++)
		if (fd_cloexec_get(w->list[i].fd) < 0)
			return -EBADF;
	r = poll_files(w->list, count, deadline);
	if (r < 0)
		return r;
	r = build_sets(w->set, w->list, count);
	for (int s = 0; r >= 0 && s < SETS; s++)
		if (user[s] && copy_to_user(user[s], w->set[s], bytes))
			return -EFAULT;
	return r;
}

static long select_user(const uint32_t v[4], struct timeout *t)
{
	void *const user[SETS] = { (void *)(uintptr_t)v[1], (void *)(uintptr_t)v[2],
				   (void *)(uintptr_t)v[3] };
	struct select_work *w;
	unsigned n;
	long r;

	if ((int32_t)v[0] < 0)
		return -EINVAL;
	n = min(v[0], FDS_MOST);
	w = kmalloc(sizeof(*w) + n * sizeof(w->list[0]));
	if (!w)
		return -ENOMEM;
	r = select_sets(w, n, user, t->deadline);
	kfree(w);
	timeout_put(t);
	return r;
}

long sys__newselect(const struct args *a)
{
	struct timeout t;
	int r = timeout_get(&t, TIMEVAL, arg_ptr(a, 4));

	return r ? r : select_user(a->v, &t);
}

/* The oldest one has its arguments in memory. */
long sys_select(const struct args *a)
{
	uint32_t v[5];
	struct timeout t;
	int r;

	if (copy_from_user(v, arg_ptr(a, 0), sizeof(v)))
		return -EFAULT;
	r = timeout_get(&t, TIMEVAL, (void *)(uintptr_t)v[4]);
	return r ? r : select_user(v, &t);
}

static long pselect(const struct args *a, bool wide)
{
	struct {
		uint32_t set, size;
	} mask = { 0, 0 };
	struct timeout t;
	int r = timeout_get(&t, wide ? TIMESPEC64 : TIMESPEC, arg_ptr(a, 4));

	if (!r && a->v[5])
		r = copy_from_user(&mask, arg_ptr(a, 5), sizeof(mask));
	if (!r)
		r = mask_apply((void *)(uintptr_t)mask.set, mask.size);
	return r ? r : select_user(a->v, &t);
}

long sys_pselect6(const struct args *a)
{
	return pselect(a, false);
}

long sys_pselect6_time64(const struct args *a)
{
	return pselect(a, true);
}
