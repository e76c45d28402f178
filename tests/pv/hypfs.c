/* SPDX-License-Identifier: MIT */
/*
 * hypfs: the hypervisor's small file system, read and written by path.
 *
 * Mechanism: a read fills a head (type, length) and the content behind it if there is room for all; a
 * directory's content is a row of named heads. What is read-only has a write length of 0 and refuses.
 * Steps: 1. version; 2. paths; 3. buffers; 4. the whole tree, each node as its directory says; 5. writes;
 * 6. borrowed virtual time's settings, where they are.
 * Fails by: the path, and the result or field.
 */
#include "lib/pv.h"

#include <xen/hypfs.h>

#define NOWHERE ((void *)16)

static char data[8192];

static int hypfs(unsigned int cmd, const char *path, void *buffer, size_t length)
{
	return hypercall(__HYPERVISOR_hypfs_op, cmd, path, strlen(path) + 1, buffer, length);
}

static int read_into(const char *path, void *buffer, size_t size)
{
	return hypfs(XEN_HYPFS_OP_read, path, buffer, size);
}

static void version(void)
{
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_get_version, 0, 0, 0, 0),
	       XEN_HYPFS_VERSION, "version");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_get_version, 0, 1, 0, 0), -XEN_EINVAL,
	       "version, with a length");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_get_version, data, 0, 0, 0),
	       -XEN_EINVAL, "version, with a path");
}

static void paths(void)
{
	static const char *const missing[] = {
		"//",	      "/nix",	    "/buildinfo/version/major/x",
		"/cpupool/1", "/cpupool/x", "/buildinfo//version",
		"/buildinf",  "/buildinfos"
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(missing); i++)
		expect(read_into(missing[i], data, sizeof(data)), -XEN_ENOENT, "%s", missing[i]);
	expect(read_into("", data, sizeof(data)), -XEN_EINVAL, "an empty path");
	expect(read_into("buildinfo", data, sizeof(data)), -XEN_EINVAL, "no slash");
	expect(read_into("/buildinfo/", data, sizeof(data)), 0, "a slash behind a directory");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_read, "/", 0, data, 100), -XEN_EINVAL,
	       "a path of length 0");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_read, "/", 1, data, 100), -XEN_EINVAL,
	       "a path without its zero");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_read, "/\0x", 4, data, 100),
	       -XEN_EINVAL, "a path with two zeroes");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_read, data, 1025, data, 100),
	       -XEN_EINVAL, "a path of 1025 bytes");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_read, data, -1, data, 100),
	       -XEN_EINVAL, "a path of all bytes");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_read, NOWHERE, 2, data, 100),
	       -XEN_EFAULT, "a path nowhere");
	expect(hypfs(3, "/", data, 100), -XEN_EOPNOTSUPP, "operation 3");
	expect(hypfs(~0u, "/", data, 100), -XEN_EOPNOTSUPP, "operation 2^32-1");
}

static void buffers(void)
{
	struct xen_hypfs_direntry *e = (void *)data;

	expect(read_into("/buildinfo/version/major", data, sizeof(*e) - 1), -XEN_EINVAL,
	       "less than a head");
	memset(data, 0xa5, 32);
	expect(read_into("/buildinfo/version/major", data, sizeof(*e) + 3), -XEN_ENOBUFS,
	       "one byte short");
	expect(e->content_len, 4, "the length that it says");
	expect((uint8_t)data[sizeof(*e)], 0xa5, "the byte behind the head");
	expect(read_into("/buildinfo/version/major", data, sizeof(*e) + 4), 0, "just enough");
	expect(data[sizeof(*e)], 4, "the major version");
	expect((uint8_t)data[sizeof(*e) + 4], 0xa5, "the byte behind the content");
	expect(e->type, XEN_HYPFS_TYPE_UINT, "its type");
	expect(e->pad, 0, "padding");
	expect(read_into("/", NOWHERE, 4096), -XEN_EFAULT, "nowhere");
	expect(hypercall(__HYPERVISOR_hypfs_op, XEN_HYPFS_OP_read, "/", 2, data, -1), 0,
	       "room for everything");
}

/* Visit what a directory lists: each node is as the list says. Its own level has its own buffer. */
static void visit(const char *dir, unsigned int level)
{
	static char lists[6][4096], paths_of[6][256];
	char *list = lists[level], *path = paths_of[level];
	struct xen_hypfs_direntry *head = (void *)list, *e = (void *)data;
	struct xen_hypfs_dirlistentry *next = (void *)(list + sizeof(*head));
	char last[64] = "";

	expect(read_into(dir, list, 4096), 0, "directory %s", dir);
	expect(head->type, XEN_HYPFS_TYPE_DIR, "type of %s", dir);
	expect(head->max_write_len, 0, "write length of %s", dir);
	for (;;) {
		expect(next->e.encoding == XEN_HYPFS_ENC_PLAIN ||
			       next->e.encoding == XEN_HYPFS_ENC_GZIP,
		       1, "encoding of %s", next->name);
		ensure(strcmp(last, next->name) < 0, "%s stands behind %s", next->name, last);
		strlcpy(last, next->name, sizeof(last));
		snprintf(path, 256, "%s%s%s", dir, dir[1] ? "/" : "", next->name);
		expect(read_into(path, data, sizeof(data)), 0, "%s", path);
		expect(e->type, next->e.type, "type of %s", path);
		expect(e->content_len, next->e.content_len, "length of %s", path);
		expect(e->max_write_len, next->e.max_write_len, "write length of %s", path);
		if (e->type == XEN_HYPFS_TYPE_STRING && !e->encoding)
			expect(strlen(data + sizeof(*e)) + 1, e->content_len, "text of %s", path);
		if (e->type == XEN_HYPFS_TYPE_DIR && level < 5)
			visit(path, level + 1);
		if (!next->off_next)
			break;
		next = (void *)((char *)next + next->off_next);
	}
	/* Real Xen counts four bytes more for a pool of processors than it writes. */
	ensure((size_t)((char *)next - list) + offsetof(struct xen_hypfs_dirlistentry, name) +
			       ((strlen(next->name) + 4) & ~3u) <=
		       sizeof(*head) + head->content_len,
	       "%s is longer than it says", dir);
}

static void writes(void)
{
	uint32_t n = 4;

	expect(hypfs(XEN_HYPFS_OP_write_contents, "/", &n, 4), -XEN_EACCES, "write /");
	expect(hypfs(XEN_HYPFS_OP_write_contents, "/buildinfo/version/major", &n, 4), -XEN_EACCES,
	       "write the version");
	expect(hypfs(XEN_HYPFS_OP_write_contents, "/nix", &n, 4), -XEN_ENOENT, "write nothing");
	expect(hypfs(XEN_HYPFS_OP_write_contents, "/cpupool/0/sched-gran", "wheel", 6), -XEN_EINVAL,
	       "schedule by the wheel");
}

static uint32_t get_number(const char *path)
{
	uint32_t n;

	expect(read_into(path, data, sizeof(data)), 0, "%s", path);
	memcpy(&n, data + sizeof(struct xen_hypfs_direntry), sizeof(n));
	return n;
}

static int set_number(const char *path, uint32_t n)
{
	return hypfs(XEN_HYPFS_OP_write_contents, path, &n, sizeof(n));
}

static void borrowed_virtual_time(void)
{
	static const char *const warps[] = { "/sched/bvt/domain/0/warp-value-us",
					     "/sched/bvt/domain/0/warp-limit-us",
					     "/sched/bvt/domain/0/unwarp-requirement-us" };
	uint32_t allowance;

	if (read_into("/sched/bvt", data, sizeof(data)))
		return; /* real Xen has none */
	allowance = get_number("/sched/bvt/context-allowance-us");
	expect(set_number("/sched/bvt/context-allowance-us", 7000), 0, "another allowance");
	expect(get_number("/sched/bvt/context-allowance-us"), 7000, "the allowance");
	expect(set_number("/sched/bvt/context-allowance-us", 0), -XEN_EINVAL, "no allowance");
	expect(set_number("/sched/bvt/context-allowance-us", ~0u), -XEN_EINVAL, "2^32-1 us");
	expect(set_number("/sched/bvt/context-allowance-us", allowance), 0, "the old allowance");
	for (uint32_t i = 0; i < ARRAY_SIZE(warps); i++) {
		expect(get_number(warps[i]), 0, "%s", warps[i]);
		expect(set_number(warps[i], 1000 + i), 0, "write %s", warps[i]);
		expect(set_number(warps[i], ~0u), -XEN_EINVAL, "write too much to %s", warps[i]);
		expect(hypfs(XEN_HYPFS_OP_write_contents, warps[i], data, 3), -XEN_EDOM,
		       "3 bytes to %s", warps[i]);
		expect(hypfs(XEN_HYPFS_OP_write_contents, warps[i], data, 5), -XEN_ENOSPC,
		       "5 bytes to %s", warps[i]);
		expect(hypfs(XEN_HYPFS_OP_write_contents, warps[i], NOWHERE, 4), -XEN_EFAULT,
		       "nowhere to %s", warps[i]);
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(warps); i++) {
		expect(get_number(warps[i]), 1000 + i, "%s", warps[i]);
		expect(set_number(warps[i], 0), 0, "reset %s", warps[i]);
	}
	expect(read_into("/sched/bvt/domain/77/warp-value-us", data, sizeof(data)), -XEN_ENOENT,
	       "nobody's warp");
	expect(read_into("/sched/bvt/domain/32752", data, sizeof(data)), -XEN_ENOENT,
	       "the warp of DOMID_SELF");
	expect(read_into("/sched/bvt/domain/99999999999999999999", data, sizeof(data)), -XEN_ENOENT,
	       "a number beyond all");
}

void test_main(void)
{
	if (!is_dom0()) {
		for (unsigned int cmd = 0; cmd < 5; cmd++)
			expect(hypfs(cmd, "/", data, sizeof(data)), -XEN_EPERM,
			       "unprivileged, operation %u", cmd);
		return;
	}
	version();
	paths();
	buffers();
	visit("/", 0);
	writes();
	borrowed_virtual_time();
}
