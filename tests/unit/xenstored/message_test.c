/* SPDX-License-Identifier: MIT */
/*
 * Every message of the protocol: what it answers, to whom it is refused, and what happens when it is malformed.
 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

static void reading_and_writing(void **state)
{
	(void)state;
	assert_string_equal(ask(d0, XS_WRITE, 0, "/a/b/c\0value"), "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/a/b/c\0"), "value");
	assert_string_equal(ask(d0, XS_READ, 0, "/a/b\0"), "");
	assert_string_equal(ask(d0, XS_WRITE, 0, "/a/b/c\0"), "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/a/b/c\0"), "");
	assert_string_equal(ask(d0, XS_WRITE, 0, "/a/z\0\0\1\0"), "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/a/z\0"), "|\1|");
	assert_string_equal(ask(d0, XS_READ, 0, "/no\0"), "!ENOENT");
	assert_string_equal(ask(d0, XS_DIRECTORY, 0, "/a\0"), "b|z|");
	assert_string_equal(ask(d0, XS_DIRECTORY, 0, "/a/b/c\0"), "");
	assert_string_equal(ask(d0, XS_DIRECTORY, 0, "/no\0"), "!ENOENT");
	assert_string_equal(ask(d0, XS_DIRECTORY, 0, "/\0"), "a|local|");
	assert_string_equal(ask(d0, XS_MKDIR, 0, "/a/b\0"), "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/a/b/c\0"), ""); /* is still there */
	assert_string_equal(ask(d0, XS_RM, 0, "/a/b\0"), "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/a/b/c\0"), "!ENOENT");
	assert_string_equal(ask(d0, XS_RM, 0, "/a/b\0"), "OK|"); /* its place is there */
	assert_string_equal(ask(d0, XS_RM, 0, "/a/b/c\0"), "!ENOENT");
	assert_string_equal(ask(d0, XS_RM, 0, "/\0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_GET_DOMAIN_PATH, 0, "7\0"), "/local/domain/7|");
}

static void paths(void **state)
{
	static const char *const bad[] = { "",	   "/a/",   "//a",  "/a//b",
					   "/a b", "/\xe4", "/a\n", "a/",
					   "a//b", "/a*",   "@no",  "@introduceDomain",
					   "@",	   "/a?b",  "/a:b" };
	char longest[XENSTORE_ABS_PATH_MAX + 3], deep[2 * DEPTH_MOST + 4] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t len = strlen(bad[i]) + 1;

		assert_string_equal(fake_ask(d0, XS_READ, 0, bad[i], len), "!EINVAL");
		assert_string_equal(fake_ask(d0, XS_WRITE, 0, bad[i], len), "!EINVAL");
		assert_string_equal(fake_ask(d0, XS_MKDIR, 0, bad[i], len), "!EINVAL");
		assert_string_equal(fake_ask(d0, XS_RM, 0, bad[i], len), "!EINVAL");
	}
	assert_string_equal(ask(g1, XS_WRITE, 0,
				"data/x\0"
				"7"),
			    "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/local/domain/1/data/x\0"), "7");
	assert_string_equal(ask(d0, XS_WRITE, 0,
				"name\0"
				"Domain-0"),
			    "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/local/domain/0/name\0"), "Domain-0");

	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[XENSTORE_ABS_PATH_MAX] = '\0';
	assert_string_equal(fake_ask(d0, XS_WRITE, 0, longest, XENSTORE_ABS_PATH_MAX + 1), "OK|");
	longest[XENSTORE_ABS_PATH_MAX] = 'x';
	longest[XENSTORE_ABS_PATH_MAX + 1] = '\0';
	assert_string_equal(fake_ask(d0, XS_WRITE, 0, longest, XENSTORE_ABS_PATH_MAX + 2),
			    "!EINVAL");
	for (unsigned i = 0; i <= DEPTH_MOST; i++)
		strcat(deep, "/d");
	assert_string_equal(fake_ask(d0, XS_WRITE, 0, deep, strlen(deep) + 1), "!EINVAL");
	assert_string_equal(fake_ask(d0, XS_WRITE, 0, deep + 2, strlen(deep) - 1), "OK|");
}

/* A body that is empty, has no terminator, or holds too much. */
static void malformed(void **state)
{
	static const uint32_t types[] = { XS_READ,
					  XS_DIRECTORY,
					  XS_GET_PERMS,
					  XS_MKDIR,
					  XS_RM,
					  XS_WRITE,
					  XS_SET_PERMS,
					  XS_WATCH,
					  XS_UNWATCH,
					  XS_INTRODUCE,
					  XS_RELEASE,
					  XS_GET_DOMAIN_PATH,
					  XS_RESUME,
					  XS_SET_TARGET,
					  XS_IS_DOMAIN_INTRODUCED,
					  XS_CONTROL,
					  XS_DIRECTORY_PART };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_string_equal(fake_ask(d0, types[i], 0, "", 0), "!EINVAL");
		assert_string_equal(fake_ask(d0, types[i], 0, "/a", 2), "!EINVAL");
	}
	assert_string_equal(ask(d0, XS_READ, 0, "/a\0more\0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "/local\0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "/local\0n0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "/local\0x0\0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "/local\0n\0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "/local\0n99999\0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "/local\0n0\0r1\0r2\0r3\0r4\0r5\0"),
			    "!ENOSPC");
	assert_string_equal(ask(d0, XS_WATCH, 0, "/a\0token"), "!EINVAL");
	assert_string_equal(ask(d0, XS_TRANSACTION_END, 0, "T\0"), "!ENOENT");
	assert_string_equal(ask(d0, XS_INTRODUCE, 0,
				"1\0x\0"
				"3\0"),
			    "!EINVAL");
	assert_string_equal(ask(d0, XS_INTRODUCE, 0,
				"-1\0"
				"2\0"
				"3\0"),
			    "!EINVAL");
	assert_string_equal(ask(d0, XS_RELEASE, 0, "99999999999999999999\0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_DIRECTORY_PART, 0, "/\0-1\0"), "!EINVAL");
	assert_string_equal(ask(d0, XS_DIRECTORY_PART, 0,
				"/\0"
				"4096\0"),
			    "!EINVAL");
	/* Kinds that only a server sends, and kinds that do not exist. */
	assert_string_equal(ask(d0, XS_WATCH_EVENT, 0, "a\0b\0"), "!ENOSYS");
	assert_string_equal(ask(d0, XS_ERROR, 0, "EIO\0"), "!ENOSYS");
	assert_string_equal(ask(d0, 0xffffffff, 0, ""), "!ENOSYS");
	/* A transaction that was never begun. */
	assert_string_equal(ask(d0, XS_READ, 77, "/local\0"), "!ENOENT");
}

static void too_long(void **state)
{
	static char body[XENSTORE_PAYLOAD_MAX + 1] = "/v";

	(void)state;
	assert_string_equal(fake_ask(d0, XS_WRITE, 0, body, XENSTORE_PAYLOAD_MAX), "OK|");
	assert_int_equal(tree_find(store_root, "/v")->value_len, XENSTORE_PAYLOAD_MAX - 3);
	assert_string_equal(fake_ask(g1, XS_WRITE, 0, body, XENSTORE_PAYLOAD_MAX + 1), "!DEAD");
	assert_string_equal(ask(g2, XS_READ, 0, "/local/domain/2\0"), ""); /* others go on */
}

/* However its bytes are cut, a message is the same. */
static void in_pieces(void **state)
{
	struct xsd_sockmsg h = { .type = XS_WRITE, .len = 8 };
	char bytes[sizeof(h) + 8];

	(void)state;
	memcpy(bytes, &h, sizeof(h));
	memcpy(bytes + sizeof(h), "/p\0value", 8);
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(connection_bytes(d0, bytes + i, 1), 1);
	assert_false(list_empty(&d0->out));
	/* With an answer to be read, nothing more is taken. */
	assert_int_equal(connection_bytes(d0, bytes, sizeof(bytes)), 0);
	connection_sent(d0, LIST_OF(d0->out.next, struct message, link));
	assert_string_equal(ask(d0, XS_READ, 0, "/p\0"), "value");
}

static void rights(void **state)
{
	(void)state;
	ask(g2, XS_WRITE, 0, "secret\0x");
	assert_string_equal(ask(g1, XS_READ, 0, "/local/domain/2/secret\0"), "!EACCES");
	assert_string_equal(ask(g1, XS_WRITE, 0, "/local/domain/2/secret\0y"), "!EACCES");
	assert_string_equal(ask(g1, XS_WRITE, 0, "/local/domain/2/new\0y"), "!EACCES");
	assert_string_equal(ask(g1, XS_RM, 0, "/local/domain/2/secret\0"), "!EACCES");
	assert_string_equal(ask(g1, XS_DIRECTORY, 0, "/local/domain/2\0"), "!EACCES");
	assert_string_equal(ask(g1, XS_GET_PERMS, 0, "/local/domain/2/secret\0"), "!EACCES");
	assert_string_equal(ask(g1, XS_SET_PERMS, 0, "/local/domain/2/secret\0n1\0"), "!EACCES");
	/* Nor does an error say whether something is there. */
	assert_string_equal(ask(g1, XS_READ, 0, "/local/domain/2/nothing\0"), "!EACCES");
	assert_string_equal(ask(g1, XS_WRITE, 0, "/tool/x\0y"), "!EACCES");

	assert_string_equal(ask(g2, XS_SET_PERMS, 0, "secret\0n2\0r1\0"), "OK|");
	assert_string_equal(ask(g1, XS_READ, 0, "/local/domain/2/secret\0"), "x");
	assert_string_equal(ask(g1, XS_GET_PERMS, 0, "/local/domain/2/secret\0"), "n2|r1|");
	assert_string_equal(ask(g1, XS_WRITE, 0, "/local/domain/2/secret\0y"), "!EACCES");
	assert_string_equal(ask(g2, XS_SET_PERMS, 0, "secret\0n2\0w1\0"), "OK|");
	assert_string_equal(ask(g1, XS_WRITE, 0, "/local/domain/2/secret\0y"), "OK|");
	assert_string_equal(ask(g1, XS_READ, 0, "/local/domain/2/secret\0"), "!EACCES");
	assert_string_equal(ask(g1, XS_SET_PERMS, 0, "/local/domain/2/secret\0n1\0"), "!EACCES");
	/* Nobody gives a node away to be paid by another. */
	assert_string_equal(ask(g2, XS_SET_PERMS, 0, "secret\0n1\0"), "!EPERM");
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "/local/domain/2/secret\0n1\0"), "OK|");
	assert_int_equal(*owned_by(1), 2);

	/* A new node is like the one above it, but its maker's. */
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "/local/domain/2\0n2\0b1\0"), "OK|");
	assert_string_equal(ask(g1, XS_WRITE, 0, "/local/domain/2/mine\0y"), "OK|");
	assert_string_equal(ask(d0, XS_GET_PERMS, 0, "/local/domain/2/mine\0"), "n1|b1|");

	/* A device model acts for its target. */
	assert_string_equal(ask(d0, XS_SET_TARGET, 0,
				"1\0"
				"2\0"),
			    "OK|");
	assert_string_equal(ask(g1, XS_READ, 0, "/local/domain/2\0"), "");
	assert_string_equal(ask(g2, XS_SET_TARGET, 0,
				"2\0"
				"1\0"),
			    "!EACCES");
}

static void domains(void **state)
{
	static const uint32_t privileged[] = { XS_INTRODUCE,  XS_RELEASE, XS_RESUME,
					       XS_SET_TARGET, XS_CONTROL, XS_IS_DOMAIN_INTRODUCED };

	(void)state;
	for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]); i++)
		assert_string_equal(ask(g1, privileged[i], 0,
					"2\0"
					"1\0"
					"1\0"),
				    "!EACCES");
	assert_string_equal(ask(d0, XS_WATCH, 0, "@introduceDomain\0i\0"), "OK|");
	assert_string_equal(fake_event(d0), "@introduceDomain|i");
	assert_string_equal(ask(d0, XS_WATCH, 0, "@releaseDomain\0r\0"), "OK|");
	assert_string_equal(fake_event(d0), "@releaseDomain|r");
	assert_string_equal(ask(g1, XS_WATCH, 0, "@releaseDomain\0r\0"), "OK|");
	fake_event(g1);
	assert_string_equal(ask(d0, XS_INTRODUCE, 0,
				"2\0"
				"99\0"
				"1\0"),
			    "OK|");
	assert_string_equal(fake_event(d0), "@introduceDomain|i");
	assert_string_equal(ask(d0, XS_IS_DOMAIN_INTRODUCED, 0, "2\0"), "T|");
	assert_string_equal(ask(d0, XS_IS_DOMAIN_INTRODUCED, 0, "3\0"), "F|");
	assert_string_equal(ask(d0, XS_RESUME, 0, "2\0"), "OK|");
	assert_string_equal(ask(d0, XS_RELEASE, 0, "2\0"), "OK|");
	assert_string_equal(fake_event(d0), "@releaseDomain|r");
	assert_string_equal(fake_event(g1), ""); /* not for him, */
	assert_string_equal(ask(g1, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r1\0"), "!EACCES");
	assert_string_equal(ask(d0, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r1\0"), "OK|");
	assert_string_equal(ask(d0, XS_GET_PERMS, 0, "@releaseDomain\0"), "n0|r1|");
	watch_fire_special("@releaseDomain");
	assert_string_equal(fake_event(g1), "@releaseDomain|r"); /* unless he may */
	ask(d0, XS_SET_PERMS, 0, "@releaseDomain\0n0\0");
	assert_string_equal(ask(d0, XS_RELEASE, 0, "2\0"), "!ENOENT");
	assert_string_equal(ask(d0, XS_CONTROL, 0, "check\0"), "OK|");
	assert_string_equal(ask(d0, XS_CONTROL, 0, "dance\0"), "!EINVAL");
}

/* What a dead domain owned is gone, and no right names it: its number will be another's. */
static void the_dead(void **state)
{
	(void)state;
	ask(g1, XS_WRITE, 0,
	    "data/deep/x\0"
	    "1");
	ask(d0, XS_WRITE, 0, "/backend/1\0b");
	ask(d0, XS_SET_PERMS, 0, "/backend/1\0n0\0r1\0r2\0");
	ask(d0, XS_WATCH, 0, "/local/domain/1/data\0t\0");
	fake_event(d0);
	op_forget_domain(1);
	assert_string_equal(ask(d0, XS_DIRECTORY, 0, "/local/domain\0"), "2|");
	assert_string_equal(ask(d0, XS_GET_PERMS, 0, "/backend/1\0"), "n0|r2|");
	assert_int_equal(*owned_by(1), 0);
	assert_string_equal(fake_event(d0), "/local/domain/1/data|t");
}

/* 600 names do not fit into one message. */
static void large_directories(void **state)
{
	char path[32], all[8192], request[64];
	size_t have = 0;

	(void)state;
	for (unsigned i = 0; i < 600; i++)
		op_write(d0, NULL, (snprintf(path, sizeof(path), "/many/name-%03u", i), path), "",
			 0);
	assert_string_equal(ask(d0, XS_DIRECTORY, 0, "/many\0"), "!E2BIG");
	while (have < 2 || all[have - 1] || all[have - 2]) {
		int n = snprintf(request, sizeof(request), "/many%c%zu", 0, have) + 1;
		const char *piece =
			strchr(fake_ask(d0, XS_DIRECTORY_PART, 0, request, (size_t)n), '|') + 1;
		size_t len = strlen(piece);

		assert_true(len && have + len < sizeof(all));
		for (size_t i = 0; i < len; i++)
			all[have + i] = piece[i] == '|' ? '\0' : piece[i];
		have += len;
	}
	assert_int_equal(have, 600 * 9 + 1);
	for (unsigned i = 0; i < 600; i++)
		assert_int_equal(atoi(all + 9 * i + 5), (int)i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_two_guests, fake_done)
		TEST(reading_and_writing), TEST(paths),	 TEST(malformed), TEST(too_long),
		TEST(in_pieces),	   TEST(rights), TEST(domains),	  TEST(the_dead),
		TEST(large_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
