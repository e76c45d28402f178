/* SPDX-License-Identifier: MIT */
/*
 * Who a process is: user and group ids, supplementary groups, capabilities.
 *
 * Capabilities are not kept apart: uid 0 has them all. The old calls with 16-bit ids come first in
 * each group of functions; -1 means "leave it".
 */
#include "linux/linux.h"

#define GROUPS_MOST ARRAY_SIZE(((struct cred *)0)->groups)
#define LEAVE	    0xffffffffu

static struct cred *mine(void)
{
	return &current->proc->cred;
}

static bool is_root(void)
{
	return mine()->euid == 0;
}

static uint32_t id16(uint32_t id)
{
	return (id & 0xffff) == 0xffff ? LEAVE : id & 0xffff;
}

#define GETTER(name, field)                   \
	long sys_##name(const struct args *a) \
	{                                     \
		(void)a;                      \
		return (long)mine()->field;   \
	}

/* clang-format off */
GETTER(getuid, uid)
GETTER(geteuid, euid)
GETTER(getgid, gid)
GETTER(getegid, egid)
GETTER(getuid32, uid)
GETTER(geteuid32, euid)
GETTER(getgid32, gid)
GETTER(getegid32, egid)
/* clang-format on */

/* ---- setting: a triple of real, effective, saved ---- */

struct ids {
	uint32_t real, effective, saved;
};

static bool held(const struct ids *have, uint32_t id)
{
	return id == LEAVE || id == have->real || id == have->effective || id == have->saved;
}

static uint32_t pick(uint32_t new, uint32_t old)
{
	return new == LEAVE ? old : new;
}

static int set_res(struct ids *have, const struct ids *want)
{
	if (!is_root() &&
	    !(held(have, want->real) && held(have, want->effective) && held(have, want->saved)))
		return -EPERM;
	have->real = pick(want->real, have->real);
	have->effective = pick(want->effective, have->effective);
	have->saved = pick(want->saved, have->saved);
	return 0;
}

/* setreuid: the saved id follows the effective one when the real id is set or they differ. */
static int set_re(struct ids *have, uint32_t real, uint32_t effective)
{
	struct ids want = { real, effective, LEAVE };
	uint32_t old_real = have->real;

	if (!is_root() && real != LEAVE && real != have->real && real != have->effective)
		return -EPERM;
	if (!is_root() && !held(have, effective))
		return -EPERM;
	if (real != LEAVE || (effective != LEAVE && effective != old_real))
		want.saved = pick(effective, have->effective);
	have->real = pick(want.real, have->real);
	have->effective = pick(want.effective, have->effective);
	have->saved = pick(want.saved, have->saved);
	return 0;
}

/* setuid: root changes all three for good, others only the effective one. */
static int set_one(struct ids *have, uint32_t id)
{
	if (id == LEAVE)
		return -EINVAL;
	if (is_root())
		*have = (struct ids){ id, id, id };
	else if (id == have->real || id == have->saved)
		have->effective = id;
	else
		return -EPERM;
	return 0;
}

static struct ids uids(void)
{
	return (struct ids){ mine()->uid, mine()->euid, mine()->suid };
}

static struct ids gids(void)
{
	return (struct ids){ mine()->gid, mine()->egid, mine()->sgid };
}

static long keep_uids(int r, const struct ids *i)
{
	struct cred *c = mine();

	if (r)
		return r;
	c->uid = i->real;
	c->euid = c->fsuid = i->effective;
	c->suid = i->saved;
	return 0;
}

static long keep_gids(int r, const struct ids *i)
{
	struct cred *c = mine();

	if (r)
		return r;
	c->gid = i->real;
	c->egid = c->fsgid = i->effective;
	c->sgid = i->saved;
	return 0;
}

static long set_uid(uint32_t id)
{
	struct ids i = uids();

	return keep_uids(set_one(&i, id), &i);
}

static long set_gid(uint32_t id)
{
	struct ids i = gids();

	return keep_gids(set_one(&i, id), &i);
}

static long set_resuid(struct ids want)
{
	struct ids i = uids();

	return keep_uids(set_res(&i, &want), &i);
}

static long set_resgid(struct ids want)
{
	struct ids i = gids();

	return keep_gids(set_res(&i, &want), &i);
}

long sys_setuid(const struct args *a)
{
	return set_uid(id16(a->v[0]));
}

long sys_setgid(const struct args *a)
{
	return set_gid(id16(a->v[0]));
}

long sys_setuid32(const struct args *a)
{
	return set_uid(a->v[0]);
}

long sys_setgid32(const struct args *a)
{
	return set_gid(a->v[0]);
}

long sys_setreuid32(const struct args *a)
{
	struct ids i = uids();

	return keep_uids(set_re(&i, a->v[0], a->v[1]), &i);
}

long sys_setregid32(const struct args *a)
{
	struct ids i = gids();

	return keep_gids(set_re(&i, a->v[0], a->v[1]), &i);
}

long sys_setresuid(const struct args *a)
{
	return set_resuid((struct ids){ id16(a->v[0]), id16(a->v[1]), id16(a->v[2]) });
}

long sys_setresgid(const struct args *a)
{
	return set_resgid((struct ids){ id16(a->v[0]), id16(a->v[1]), id16(a->v[2]) });
}

long sys_setresuid32(const struct args *a)
{
	return set_resuid((struct ids){ a->v[0], a->v[1], a->v[2] });
}

long sys_setresgid32(const struct args *a)
{
	return set_resgid((struct ids){ a->v[0], a->v[1], a->v[2] });
}

/* The file system ids alone; both calls return what was before, also when they refuse. */
static long set_fs_id(uint32_t *fs_id, const struct ids *have, uint32_t id)
{
	uint32_t old = *fs_id;

	if (id != LEAVE && (is_root() || held(have, id) || id == old))
		*fs_id = id;
	return (long)old;
}

long sys_setfsuid(const struct args *a)
{
	struct ids i = uids();

	return set_fs_id(&mine()->fsuid, &i, id16(a->v[0]));
}

long sys_setfsgid(const struct args *a)
{
	struct ids i = gids();

	return set_fs_id(&mine()->fsgid, &i, id16(a->v[0]));
}

long sys_setfsuid32(const struct args *a)
{
	struct ids i = uids();

	return set_fs_id(&mine()->fsuid, &i, a->v[0]);
}

long sys_setfsgid32(const struct args *a)
{
	struct ids i = gids();

	return set_fs_id(&mine()->fsgid, &i, a->v[0]);
}

static long put_ids(const struct args *a, const struct ids *i)
{
	const uint32_t v[3] = { i->real, i->effective, i->saved };

	for (int n = 0; n < 3; n++)
		if (put_user(v[n], (uint32_t *)arg_ptr(a, n)))
			return -EFAULT;
	return 0;
}

static long put_ids16(const struct args *a, const struct ids *i)
{
	const uint32_t v[3] = { i->real, i->effective, i->saved };

	for (int n = 0; n < 3; n++)
		if (put_user((uint16_t)v[n], (uint16_t *)arg_ptr(a, n)))
			return -EFAULT;
	return 0;
}

long sys_getresuid(const struct args *a)
{
	struct ids i = uids();

	return put_ids16(a, &i);
}

long sys_getresgid(const struct args *a)
{
	struct ids i = gids();

	return put_ids16(a, &i);
}

long sys_getresuid32(const struct args *a)
{
	struct ids i = uids();

	return put_ids(a, &i);
}

long sys_getresgid32(const struct args *a)
{
	struct ids i = gids();

	return put_ids(a, &i);
}

/* ---- supplementary groups ---- */

long sys_getgroups32(const struct args *a)
{
	const struct cred *c = mine();
	int size = arg_int(a, 0);

	if (size < 0 || (size && size < c->group_count))
		return -EINVAL;
	if (size &&
	    copy_to_user(arg_ptr(a, 1), c->groups, (size_t)c->group_count * sizeof(c->groups[0])))
		return -EFAULT;
	return c->group_count;
}

long sys_setgroups32(const struct args *a)
{
	uint32_t groups[GROUPS_MOST];

	if (!is_root())
		return -EPERM;
	if (a->v[0] > GROUPS_MOST)
		return -EINVAL;
	if (copy_from_user(groups, arg_ptr(a, 1), a->v[0] * sizeof(groups[0])))
		return -EFAULT;
	memcpy(mine()->groups, groups, a->v[0] * sizeof(groups[0]));
	mine()->group_count = (int)a->v[0];
	return 0;
}

/* ---- capabilities ---- */

#define CAP_VERSION_1 0x19980330u
#define CAP_VERSION_2 0x20071026u
#define CAP_VERSION_3 0x20080522u
#define CAP_LAST      40

struct cap_header {
	uint32_t version;
	int32_t pid;
};

struct cap_data {
	uint32_t effective, permitted, inheritable;
};

/* 1 or 2 sets of 32, or -EINVAL after having said which version is spoken here. */
static int cap_words(struct cap_header *h, void *user)
{
	if (copy_from_user(h, user, sizeof(*h)))
		return -EFAULT;
	if (h->version == CAP_VERSION_1)
		return 1;
	if (h->version == CAP_VERSION_2 || h->version == CAP_VERSION_3)
		return 2;
	h->version = CAP_VERSION_3;
	return copy_to_user(user, h, sizeof(*h)) ? -EFAULT : -EINVAL;
}

long sys_capget(const struct args *a)
{
	const uint64_t all = is_root() ? (2ull << CAP_LAST) - 1 : 0;
	struct cap_data d[2] = { { (uint32_t)all, (uint32_t)all, 0 },
				 { (uint32_t)(all >> 32), (uint32_t)(all >> 32), 0 } };
	struct cap_header h;
	int words = cap_words(&h, arg_ptr(a, 0));

	if (words < 0)
		return words == -EINVAL && !a->v[1] ? 0 : words;
	if (h.pid < 0)
		return -EINVAL;
	if (!a->v[1])
		return 0;
	return copy_to_user(arg_ptr(a, 1), d, (size_t)words * sizeof(d[0]));
}

long sys_capset(const struct args *a)
{
	struct cap_header h;
	int words = cap_words(&h, arg_ptr(a, 0));

	if (words < 0)
		return words;
	return is_root() ? 0 : -EPERM;
}
