/* SPDX-License-Identifier: MIT */
/*
 * xenhypfs: the hypervisor's own tree of settings and facts.
 *
 *	xenhypfs cat [-b] PATH		xenhypfs ls [PATH]
 *	xenhypfs write PATH VALUE	xenhypfs tree
 *
 * <xen/hypfs.h> says what an entry looks like. Output is that of the tool of this name that people know.
 */
#include "xc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/hypfs.h>

#define PATH_MOST 1024
#define CONTENT	  65536u

/* Written before each call: the hypervisor takes no page fault. */
static char content[CONTENT];
static char path_buf[PATH_MOST];

static int fail(const char *path)
{
	fprintf(stderr, "xenhypfs: %s: %s%s\n", path, strerror(errno),
		errno == ENOENT ? "; `xenhypfs tree` shows what there is" : "");
	return 1;
}

static long hypfs(unsigned cmd, const char *path, void *buf, size_t len)
{
	if (strlen(path) >= sizeof(path_buf)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(path_buf, path);
	xc_touch(path_buf, sizeof(path_buf));
	xc_touch(buf, len);
	return xc_call(__HYPERVISOR_hypfs_op, cmd, (unsigned long)path_buf, strlen(path) + 1,
		       (unsigned long)buf, len);
}

/* The entry itself and behind it what it holds; NULL with errno. */
static struct xen_hypfs_direntry *read_entry(const char *path)
{
	memset(content, 0, sizeof(content));
	return hypfs(XEN_HYPFS_OP_read, path, content, sizeof(content)) < 0 ? NULL
									    : (void *)content;
}

static void print_value(const struct xen_hypfs_direntry *e, const char *data, bool binary)
{
	unsigned long long n = 0;

	if (binary) {
		fwrite(data, 1, e->content_len, stdout);
		return;
	}
	switch (e->type) {
	case XEN_HYPFS_TYPE_STRING:
		printf("%.*s", (int)e->content_len, data);
		break;
	case XEN_HYPFS_TYPE_UINT:
		memcpy(&n, data, e->content_len < sizeof(n) ? e->content_len : sizeof(n));
		printf("%llu", n);
		break;
	case XEN_HYPFS_TYPE_INT:
		memcpy(&n, data, e->content_len < sizeof(n) ? e->content_len : sizeof(n));
		printf("%d", (int)n);
		break;
	case XEN_HYPFS_TYPE_BOOL:
		fputs(data[0] ? "true" : "false", stdout);
		break;
	default:
		for (uint32_t i = 0; i < e->content_len; i++)
			printf("%02x", (unsigned char)data[i]);
	}
}

static int do_cat(const char *path, bool binary)
{
	struct xen_hypfs_direntry *e = read_entry(path);

	if (!e)
		return fail(path);
	if (e->type == XEN_HYPFS_TYPE_DIR) {
		errno = EISDIR;
		return fail(path);
	}
	print_value(e, (const char *)(e + 1), binary);
	if (!binary)
		putchar('\n');
	return 0;
}

/* Names of a directory, copied, since reading one of them overwrites the buffer; the caller frees all. */
static char **names_of(const struct xen_hypfs_direntry *dir, uint8_t **types, unsigned *count)
{
	const char *at = (const char *)(dir + 1), *end = at + dir->content_len;
	char **names = NULL;

	*count = 0;
	*types = NULL;
	while (at + sizeof(struct xen_hypfs_dirlistentry) <= end) {
		const struct xen_hypfs_dirlistentry *e = (const void *)at;
		char **more = realloc(names, (*count + 2) * sizeof(*names));
		uint8_t *more_types = realloc(*types, *count + 2);

		if (!more || !more_types)
			break;
		names = more;
		*types = more_types;
		(*types)[*count] = e->e.type;
		names[(*count)++] = strdup(e->name);
		if (!e->off_next)
			break;
		at += e->off_next;
	}
	return names;
}

static int do_ls(const char *path)
{
	struct xen_hypfs_direntry *e = read_entry(path);
	unsigned count;
	uint8_t *types;
	char **names;

	if (!e)
		return fail(path);
	if (e->type != XEN_HYPFS_TYPE_DIR) {
		errno = ENOTDIR;
		return fail(path);
	}
	names = names_of(e, &types, &count);
	for (unsigned i = 0; i < count; i++) {
		printf("%s%s\n", names[i], types[i] == XEN_HYPFS_TYPE_DIR ? "/" : "");
		free(names[i]);
	}
	free(names);
	free(types);
	return 0;
}

static void tree(const char *path, unsigned depth)
{
	struct xen_hypfs_direntry *e = read_entry(path);
	unsigned count;
	uint8_t *types;
	char **names;

	if (!e || e->type != XEN_HYPFS_TYPE_DIR)
		return;
	names = names_of(e, &types, &count);
	for (unsigned i = 0; i < count; i++) {
		char child[PATH_MOST];

		printf("%*s%s%s\n", (int)depth * 2, "", names[i],
		       types[i] == XEN_HYPFS_TYPE_DIR ? "/" : "");
		snprintf(child, sizeof(child), "%s/%s", path[1] ? path : "", names[i]);
		if (types[i] == XEN_HYPFS_TYPE_DIR)
			tree(child, depth + 1);
		free(names[i]);
	}
	free(names);
	free(types);
}

/* The text becomes what the entry holds. */
static int do_write(const char *path, const char *text)
{
	struct xen_hypfs_direntry *e = read_entry(path);
	uint8_t type = e ? e->type : 0;
	unsigned long long n = strtoull(text, NULL, 0);
	uint32_t width = e ? e->content_len : 0;
	static char value[PATH_MOST];

	if (!e)
		return fail(path);
	memset(value, 0, sizeof(value));
	switch (type) {
	case XEN_HYPFS_TYPE_STRING:
		snprintf(value, sizeof(value), "%s", text);
		width = (uint32_t)strlen(value) + 1;
		break;
	case XEN_HYPFS_TYPE_BOOL:
		value[0] = !strcmp(text, "true") || !strcmp(text, "yes") || !strcmp(text, "on") ||
			   !strcmp(text, "1");
		width = 1;
		break;
	default:
		memcpy(value, &n, width < sizeof(n) ? width : sizeof(n));
	}
	return hypfs(XEN_HYPFS_OP_write_contents, path, value, width) < 0 ? fail(path) : 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool binary = argc > 2 && !strcmp(argv[2], "-b");

	if (!strcmp(verb, "cat") && argc == 3 + binary)
		return do_cat(argv[2 + binary], binary);
	if (!strcmp(verb, "ls") && argc <= 3)
		return do_ls(argc == 3 ? argv[2] : "/");
	if (!strcmp(verb, "write") && argc == 4)
		return do_write(argv[2], argv[3]);
	if (!strcmp(verb, "tree") && argc == 2) {
		puts("/");
		tree("/", 1);
		return 0;
	}
	fprintf(stderr, "usage: xenhypfs cat [-b] PATH | ls [PATH] | write PATH VALUE | tree\n");
	return 2;
}
