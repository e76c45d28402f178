/* SPDX-License-Identifier: MIT */
/*
 * cpio "newc" parser.
 *
 * A member is a header (the magic and 13 numbers of 8 hexadecimal digits), the name with its NUL,
 * and the data; name and data are each padded to a multiple of 4. "TRAILER!!!" ends an archive; the
 * boot loader may have padded it with zeros, and another archive may follow.
 */
#include "cpio.h"
#include <uapi/errno.h>
#include <stdbool.h>
#include "lib/string.h"

#define NAME_LONGEST 4096

/* clang-format off */
enum {
	F_INO, F_MODE, F_UID, F_GID, F_NLINK, F_MTIME, F_FILESIZE, F_MAJOR, F_MINOR, F_RMAJOR,
	F_RMINOR, F_NAMESIZE, F_CHECK, FIELDS
};
/* clang-format on */

enum { MAGIC_LEN = 6, FIELD_LEN = 8, HEADER_LEN = MAGIC_LEN + FIELDS * FIELD_LEN };

void cpio_open(struct cpio *c, const void *archive, size_t size)
{
	c->at = archive;
	c->left = size;
}

static bool hex_field(const uint8_t *s, uint32_t *out)
{
	uint32_t v = 0;

	for (int i = 0; i < FIELD_LEN; i++) {
		uint8_t c = s[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | (uint32_t)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

/* Step over n bytes and the padding behind them; at the very end the padding may be missing. */
static bool skip(struct cpio *c, size_t n)
{
	size_t pad = -n & 3;

	if (n > c->left)
		return false;
	if (pad > c->left - n)
		pad = c->left - n;
	c->at += n + pad;
	c->left -= n + pad;
	return true;
}

static void skip_zeros(struct cpio *c)
{
	while (c->left && !*c->at) {
		c->at++;
		c->left--;
	}
}

static const char *clean(const char *name)
{
	for (;;) {
		if (*name == '/')
			name++;
		else if (name[0] == '.' && name[1] == '/')
			name += 2;
		else
			return name;
	}
}

/* 1 a member, 0 a trailer. */
static int member(struct cpio *c, struct cpio_entry *e)
{
	uint32_t f[FIELDS];
	const char *name;

	if (c->left < HEADER_LEN ||
	    (memcmp(c->at, "070701", MAGIC_LEN) && memcmp(c->at, "070702", MAGIC_LEN)))
		return -EINVAL;
	for (int i = 0; i < FIELDS; i++)
		if (!hex_field(c->at + MAGIC_LEN + i * FIELD_LEN, &f[i]))
			return -EINVAL;
	name = (const char *)c->at + HEADER_LEN;
	if (!f[F_NAMESIZE] || f[F_NAMESIZE] > NAME_LONGEST ||
	    f[F_NAMESIZE] > c->left - HEADER_LEN || name[f[F_NAMESIZE] - 1])
		return -EINVAL;
	skip(c, HEADER_LEN + f[F_NAMESIZE]);
	e->data = c->at;
	if (!skip(c, f[F_FILESIZE]))
		return -EINVAL;
	if (!strcmp(name, "TRAILER!!!"))
		return 0;
	e->name = clean(name);
	e->ino = f[F_INO];
	e->mode = f[F_MODE];
	e->uid = f[F_UID];
	e->gid = f[F_GID];
	e->nlink = f[F_NLINK];
	e->mtime = f[F_MTIME];
	e->size = f[F_FILESIZE];
	e->major = f[F_MAJOR];
	e->minor = f[F_MINOR];
	e->rmajor = f[F_RMAJOR];
	e->rminor = f[F_RMINOR];
	return 1;
}

int cpio_next(struct cpio *c, struct cpio_entry *e)
{
	int r;

	do {
		skip_zeros(c);
		if (!c->left)
			return 0;
		r = member(c, e);
	} while (!r);
	return r;
}
