/* SPDX-License-Identifier: MIT */
/*
 * The store as a driver sees it: values by path, directories, transactions.
 *
 * All strings of a request are terminated on the wire but the value of a write; values may hold any
 * bytes. Several writes that belong together go into a transaction, which is done again as a whole if
 * somebody else came between (-EAGAIN).
 */
#include "xs.h"

#define PATH_ROOM XENSTORE_ABS_PATH_MAX

/* "path/node", or just path; kmalloc. NULL: no memory, or too long. */
static char *join(const char *path, const char *node)
{
	size_t n = strlen(path) + (node ? strlen(node) + 1 : 0) + 1;
	char *s = n <= PATH_ROOM ? kmalloc(n) : NULL;

	if (s)
		snprintf(s, n, "%s%s%s", path, node ? "/" : "", node ? node : "");
	return s;
}

/* One path, and perhaps a value behind it. */
static int talk_path(uint32_t type, xs_transaction_t t, const char *path, const char *node,
		     const char *value, char **reply, size_t *len)
{
	char *name = join(path, node);
	struct span parts[2];
	int rc;

	if (!name)
		return -ENOMEM;
	parts[0] = (struct span){ name, strlen(name) + 1 };
	parts[1] = (struct span){ (void *)value, value ? strlen(value) : 0 };
	rc = xs_talk(type, t, parts, value ? 2 : 1, reply, len);
	kfree(name);
	return rc;
}

char *xs_read(xs_transaction_t t, const char *path, const char *node, size_t *len)
{
	char *value;
	int rc = talk_path(XS_READ, t, path, node, NULL, &value, len);

	return rc ? err_ptr(rc) : value;
}

int xs_write(xs_transaction_t t, const char *path, const char *node, const char *value)
{
	return talk_path(XS_WRITE, t, path, node, value, NULL, NULL);
}

int xs_printf(xs_transaction_t t, const char *path, const char *node, const char *fmt, ...)
{
	char value[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	return xs_write(t, path, node, value);
}

int xs_read_u32(xs_transaction_t t, const char *path, const char *node, uint32_t *value)
{
	size_t len;
	char *s = xs_read(t, path, node, &len);
	uint64_t n = 0;
	int rc = 0;

	if (is_err(s))
		return (int)ptr_err(s);
	if (!len)
		rc = -EINVAL;
	for (size_t i = 0; i < len && !rc; i++) {
		if (s[i] < '0' || s[i] > '9')
			rc = -EINVAL;
		n = n * 10 + (unsigned)(s[i] - '0');
		if (n > UINT32_MAX)
			rc = -EINVAL;
	}
	kfree(s);
	if (!rc)
		*value = (uint32_t)n;
	return rc;
}

int xs_mkdir(xs_transaction_t t, const char *path)
{
	return talk_path(XS_MKDIR, t, path, NULL, NULL, NULL, NULL);
}

int xs_rm(xs_transaction_t t, const char *path)
{
	return talk_path(XS_RM, t, path, NULL, NULL, NULL, NULL);
}

char *xs_directory(xs_transaction_t t, const char *path, unsigned *count)
{
	char *names;
	size_t len;
	int rc = talk_path(XS_DIRECTORY, t, path, NULL, NULL, &names, &len);

	if (rc)
		return err_ptr(rc);
	*count = 0;
	for (size_t i = 0; i < len; i++)
		*count += !names[i];
	return names;
}

int xs_transaction_start(xs_transaction_t *t)
{
	struct span nothing = { (void *)"", 1 };
	char *id;
	int rc = xs_talk(XS_TRANSACTION_START, 0, &nothing, 1, &id, NULL);

	if (rc)
		return rc;
	*t = (xs_transaction_t)strtoul(id, NULL, 10);
	kfree(id);
	return *t ? 0 : -EIO;
}

int xs_transaction_end(xs_transaction_t t, bool abort)
{
	struct span verdict = { (void *)(abort ? "F" : "T"), 2 };

	return xs_talk(XS_TRANSACTION_END, t, &verdict, 1, NULL, NULL);
}

int xs_transact(int (*write)(void *data, xs_transaction_t t), void *data)
{
	xs_transaction_t t;
	int rc;

	do {
		rc = xs_transaction_start(&t);
		if (rc)
			return rc;
		rc = write(data, t);
		if (rc)
			(void)xs_transaction_end(t, true);
		else
			rc = xs_transaction_end(t, false);
	} while (rc == -EAGAIN);
	return rc;
}
