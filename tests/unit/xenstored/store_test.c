/* SPDX-License-Identifier: MIT */
/*
 * What holds over many messages: transactions are whole or nothing, watches tell those who may know, quotas
 * end where they say, memory that runs out changes nothing, a saved store is the same again, and no bytes
 * whatever break the server.
 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

static uint32_t start(struct connection *c)
{
	return (uint32_t)strtoul(ask(c, XS_TRANSACTION_START, 0, "\0"), NULL, 10);
}

#define COMMIT(c, t) ask(c, XS_TRANSACTION_END, t, "T\0")
#define ABORT(c, t)  ask(c, XS_TRANSACTION_END, t, "F\0")

/* The whole tree as text; the caller's to free. */
static char *dump(void)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_true(store_save(f, false));
	fclose(f);
	return text;
}

/* ---- transactions ---- */

static void isolation(void **state)
{
	uint32_t a, b;

	(void)state;
	ask(d0, XS_WRITE, 0,
	    "/x\0"
	    "1");
	a = start(d0);
	b = start(g1);
	assert_int_not_equal(a, 0);
	ask(d0, XS_WRITE, a,
	    "/x\0"
	    "2");
	ask(d0, XS_WRITE, a, "/dir/new\0n");
	assert_string_equal(ask(d0, XS_READ, a, "/x\0"), "2");
	assert_string_equal(ask(d0, XS_READ, 0, "/x\0"), "1");
	assert_string_equal(ask(d0, XS_READ, 0, "/dir\0"), "!ENOENT");
	assert_string_equal(ask(g2, XS_READ, a, "data\0"), "!ENOENT"); /* not his */
	assert_string_equal(COMMIT(d0, a), "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/dir/new\0"), "n");
	assert_string_equal(COMMIT(d0, a), "!ENOENT"); /* once only */
	assert_string_equal(ABORT(g1, b), "OK|");
	a = start(d0);
	ask(d0, XS_RM, a, "/dir\0");
	assert_string_equal(ask(d0, XS_READ, a, "/dir/new\0"), "!ENOENT");
	assert_string_equal(ABORT(d0, a), "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/dir/new\0"), "n");
	assert_string_equal(ask(d0, XS_TRANSACTION_START, start(d0), "\0"), "!EBUSY");
}

static void conflicts(void **state)
{
	uint32_t t;

	(void)state;
	ask(d0, XS_WRITE, 0,
	    "/x\0"
	    "1");
	ask(d0, XS_WRITE, 0,
	    "/dir/a\0"
	    "1");
	/* What it has read was changed: also when it was changed to the same. */
	t = start(d0);
	ask(d0, XS_READ, t, "/x\0");
	ask(d0, XS_WRITE, 0,
	    "/x\0"
	    "1");
	ask(d0, XS_WRITE, t,
	    "/y\0"
	    "1");
	assert_string_equal(COMMIT(d0, t), "!EAGAIN");
	assert_string_equal(ask(d0, XS_READ, 0, "/y\0"), "!ENOENT");
	/* What was not there has come. */
	t = start(d0);
	ask(d0, XS_READ, t, "/z\0");
	ask(d0, XS_WRITE, 0,
	    "/z\0"
	    "1");
	assert_string_equal(COMMIT(d0, t), "!EAGAIN");
	/* A directory has another name in it. */
	t = start(d0);
	ask(d0, XS_DIRECTORY, t, "/dir\0");
	ask(d0, XS_WRITE, 0,
	    "/dir/b\0"
	    "1");
	assert_string_equal(COMMIT(d0, t), "!EAGAIN");
	/* Permissions. */
	t = start(d0);
	ask(d0, XS_READ, t, "/dir/a\0");
	ask(d0, XS_SET_PERMS, 0, "/dir/a\0n1\0");
	assert_string_equal(COMMIT(d0, t), "!EAGAIN");
	/* It was removed and made again. */
	t = start(d0);
	ask(d0, XS_READ, t, "/x\0");
	ask(d0, XS_RM, 0, "/x\0");
	ask(d0, XS_WRITE, 0,
	    "/x\0"
	    "1");
	assert_string_equal(COMMIT(d0, t), "!EAGAIN");
	/* Things that have nothing to do with it. */
	t = start(d0);
	ask(d0, XS_WRITE, t,
	    "/x\0"
	    "2");
	ask(d0, XS_WRITE, 0,
	    "/dir/a\0"
	    "2");
	ask(g1, XS_WRITE, 0,
	    "data\0"
	    "2");
	assert_string_equal(COMMIT(d0, t), "OK|");
}

/* Its own changes are no conflict, in whatever order it makes them and looks. */
static void own_changes(void **state)
{
	uint32_t t;

	(void)state;
	ask(d0, XS_WRITE, 0,
	    "/dev/old/state\0"
	    "6");
	t = start(d0);
	assert_string_equal(ask(d0, XS_RM, t, "/dev/old\0"), "OK|");
	assert_string_equal(ask(d0, XS_READ, t, "/dev/old/state\0"), "!ENOENT");
	assert_string_equal(ask(d0, XS_WRITE, t,
				"/dev/old/state\0"
				"1"),
			    "OK|");
	assert_string_equal(ask(d0, XS_DIRECTORY, t, "/dev\0"), "old|");
	assert_string_equal(ask(d0, XS_SET_PERMS, t, "/dev/old\0n1\0"), "OK|");
	assert_string_equal(ask(d0, XS_DIRECTORY, t, "/\0"), "dev|local|");
	assert_string_equal(COMMIT(d0, t), "OK|");
	assert_string_equal(ask(d0, XS_READ, 0, "/dev/old/state\0"), "1");
	assert_string_equal(ask(d0, XS_GET_PERMS, 0, "/dev/old\0"), "n1|");
}

/* Two snapshots of different ages, and the store going on. */
static void snapshots(void **state)
{
	uint32_t a, b;

	(void)state;
	ask(d0, XS_WRITE, 0,
	    "/n\0"
	    "1");
	a = start(d0);
	ask(d0, XS_WRITE, 0,
	    "/n\0"
	    "2");
	b = start(d0);
	ask(d0, XS_WRITE, 0,
	    "/n\0"
	    "3");
	assert_string_equal(ask(d0, XS_READ, a, "/n\0"), "1");
	assert_string_equal(ask(d0, XS_READ, b, "/n\0"), "2");
	assert_string_equal(ask(d0, XS_READ, 0, "/n\0"), "3");
	assert_string_equal(ABORT(d0, a), "OK|");
	assert_string_equal(ask(d0, XS_READ, b, "/n\0"), "2");
	assert_string_equal(COMMIT(d0, b), "!EAGAIN");
	assert_string_equal(ask(d0, XS_READ, 0, "/n\0"), "3");
}

/*
 * The quota is exceeded only when the commit comes: nothing of it is done, nobody hears of it, and counts are
 * right.
 */
static void commit_that_fails(void **state)
{
	uint32_t t = start(g1);
	unsigned had = *owned_by(1);
	char *before, *after;

	(void)state;
	ask(g1, XS_WRITE, t,
	    "first\0"
	    "1");
	ask(g1, XS_WRITE, t,
	    "second\0"
	    "1");
	*owned_by(1) = QUOTA_NODES - 1; /* as if it had used them up meanwhile */
	ask(d0, XS_WATCH, 0, "/local\0t\0");
	fake_event(d0);
	before = dump();
	assert_string_equal(COMMIT(g1, t), "!ENOSPC");
	after = dump();
	assert_string_equal(before, after);
	assert_string_equal(fake_event(d0), "");
	assert_int_equal(*owned_by(1), had); /* counted anew */
	free(before);
	free(after);
}

/* ---- watches ---- */

static void watches(void **state)
{
	uint32_t t;

	(void)state;
	assert_string_equal(ask(d0, XS_WATCH, 0, "/a\0tok\0"), "OK|");
	assert_string_equal(fake_event(d0), "/a|tok"); /* at once, though there is nothing */
	assert_string_equal(ask(d0, XS_WATCH, 0, "/a\0tok\0"), "!EEXIST");
	ask(d0, XS_WRITE, 0,
	    "/a/b/c\0"
	    "1");
	assert_string_equal(fake_event(d0), "/a/b/c|tok");
	ask(d0, XS_MKDIR, 0, "/a/b\0"); /* changes nothing */
	ask(d0, XS_WRITE, 0,
	    "/ab\0"
	    "1"); /* is not below */
	assert_string_equal(fake_event(d0), "");
	/* A relative watch speaks of relative paths. */
	assert_string_equal(ask(g1, XS_WATCH, 0, "device\0d\0"), "OK|");
	assert_string_equal(fake_event(g1), "device|d");
	ask(g1, XS_WRITE, 0,
	    "/local/domain/1/device/vbd/0/state\0"
	    "1");
	assert_string_equal(fake_event(g1), "device/vbd/0/state|d");
	/* What is above it goes. */
	ask(d0, XS_WATCH, 0, "/a/b/c\0deep\0");
	fake_event(d0);
	ask(d0, XS_RM, 0, "/a\0");
	assert_string_equal(fake_event(d0), "/a|tok");
	assert_string_equal(fake_event(d0), "/a/b/c|deep");
	assert_string_equal(fake_event(d0), "");
	/* In a transaction: at its end, and not if it fails. */
	t = start(d0);
	ask(d0, XS_WRITE, t,
	    "/a\0"
	    "1");
	ask(d0, XS_WRITE, t,
	    "/a\0"
	    "2");
	assert_string_equal(fake_event(d0), "");
	COMMIT(d0, t);
	assert_string_equal(fake_event(d0), "/a|tok");
	assert_string_equal(fake_event(d0), "");
	t = start(d0);
	ask(d0, XS_WRITE, t,
	    "/a\0"
	    "3");
	ABORT(d0, t);
	assert_string_equal(fake_event(d0), "");
	assert_string_equal(ask(d0, XS_UNWATCH, 0, "/a\0other\0"), "!ENOENT");
	assert_string_equal(ask(d0, XS_UNWATCH, 0, "/a\0tok\0"), "OK|");
	ask(d0, XS_WRITE, 0,
	    "/a\0"
	    "4");
	assert_string_equal(fake_event(d0), "");
	assert_string_equal(ask(g1, XS_RESET_WATCHES, 0, "\0"), "OK|");
	assert_int_equal(g1->watch_count, 0);
}

/* Who may not read a node is not told that it changes, comes or goes; not even by a watch on all. */
static void nothing_leaks(void **state)
{
	(void)state;
	ask(g1, XS_WATCH, 0, "/\0all\0");
	fake_event(g1);
	ask(g1, XS_WATCH, 0, "/local/domain/2/key\0key\0");
	fake_event(g1);
	ask(g2, XS_WRITE, 0, "key\0secret");
	ask(g2, XS_RM, 0, "key\0");
	ask(d0, XS_RM, 0, "/local/domain/2\0");
	assert_string_equal(fake_event(g1), "");
	ask(d0, XS_WRITE, 0,
	    "/pub\0"
	    "1");
	ask(d0, XS_SET_PERMS, 0, "/pub\0r0\0");
	assert_string_equal(fake_event(g1), "/pub|all");
}

/* ---- quotas ---- */

static void quotas(void **state)
{
	static char value[QUOTA_NODE_BYTES + 1];
	char request[64];
	unsigned n = 0;

	(void)state;
	for (n = 0; n < QUOTA_WATCHES; n++)
		assert_string_equal(
			fake_ask(g1, XS_WATCH, 0, request,
				 (size_t)snprintf(request, sizeof(request), "w%c%u", 0, n) + 1),
			"OK|");
	assert_string_equal(ask(g1, XS_WATCH, 0, "w\0more\0"), "!E2BIG");
	for (n = 0; n < QUOTA_TRANSACTIONS; n++)
		assert_int_not_equal(start(g1), 0);
	assert_string_equal(ask(g1, XS_TRANSACTION_START, 0, "\0"), "!ENOSPC");
	assert_string_equal(ask(g1, XS_RESET_WATCHES, 0, "\0"), "OK|");
	assert_int_not_equal(start(g1), 0);

	memcpy(value, "big\0", 4);
	assert_string_equal(fake_ask(g1, XS_WRITE, 0, value, QUOTA_NODE_BYTES), "OK|");
	assert_string_equal(fake_ask(g1, XS_WRITE, 0, value, QUOTA_NODE_BYTES + 1), "!ENOSPC");

	/* One below another: those that were made before the last are not left behind. */
	for (n = *owned_by(1); n < QUOTA_NODES - 2; n++) {
		snprintf(request, sizeof(request), "/local/domain/1/n%u", n);
		assert_int_equal(op_mkdir(g1, NULL, request), 0);
	}
	assert_string_equal(ask(g1, XS_MKDIR, 0, "x/y/z\0"), "!ENOSPC");
	assert_string_equal(ask(g1, XS_READ, 0, "x\0"), "!ENOENT");
	assert_int_equal(*owned_by(1), QUOTA_NODES - 2);
	assert_string_equal(ask(g1, XS_MKDIR, 0, "x/y\0"), "OK|");
	assert_string_equal(ask(g1, XS_MKDIR, 0, "z\0"), "!ENOSPC");
	assert_string_equal(ask(g1, XS_RM, 0, "x\0"), "OK|");
	assert_int_equal(*owned_by(1), QUOTA_NODES - 2);
	assert_string_equal(ask(d0, XS_MKDIR, 0, "/local/domain/1/dom0s\0"), "OK|");

	/* What a guest does not read is not kept without end: the same event once, others up to a limit. */
	ask(g2, XS_WATCH, 0, "n\0t\0");
	for (n = 0; n < 100; n++)
		ask(g2, XS_WRITE, 0, "n\0v");
	assert_int_equal(g2->event_count, 1);
	ask(g2, XS_WATCH, 0, "n\0u\0");
	for (n = 0; n < QUOTA_NODES - 10; n++) {
		snprintf(request, sizeof(request), "/local/domain/2/n/%u", n);
		assert_int_equal(op_mkdir(g2, NULL, request), 0);
	}
	assert_int_equal(g2->event_count, QUOTA_EVENTS);
}

/* One transaction with as many changes as one likes. */
static void long_transactions(void **state)
{
	static char value[1500];
	uint32_t t = start(g1);
	unsigned n = 0;

	(void)state;
	memcpy(value, "v\0", 2);
	while (!strcmp(fake_ask(g1, XS_WRITE, t, value, sizeof(value)), "OK|"))
		assert_in_range(++n, 0, QUOTA_TRANSACTION_BYTES / sizeof(value));
	assert_true(n > 100);
	assert_string_equal(COMMIT(g1, t), "!ENOSPC");
	assert_string_equal(ask(g1, XS_READ, 0, "v\0"), "!ENOENT");

	/* Small ones count as well: each is compared with all others. */
	t = start(g1);
	for (n = 0; n < QUOTA_CHANGES; n++)
		assert_string_equal(ask(g1, XS_WRITE, t, "v\0x"), "OK|");
	assert_string_equal(ask(g1, XS_WRITE, t, "v\0x"), "!ENOSPC");
	assert_string_equal(COMMIT(g1, t), "!ENOSPC");
}

/* ---- memory ---- */

/*
 * A few requests, with the n-th allocation refused, for each n until all goes well: each is done, or the tree is
 * as it was.
 */
static void out_of_memory(void **state)
{
	bool failed = true;

	(void)state;
	for (long n = 1; failed; n++) {
		char *before, *after;
		uint32_t t;

		fake_done(NULL);
		fake_two_guests(NULL);
		ask(d0, XS_WRITE, 0,
		    "/keep/a\0"
		    "1");
		t = start(d0);
		ask(d0, XS_WRITE, t,
		    "/keep/b/c\0"
		    "2");
		ask(d0, XS_RM, t, "/keep/a\0");
		ask(d0, XS_WRITE, t,
		    "/other/x/y\0"
		    "3");
		before = dump();
		failed = false;
		fake_mallocs_left = n;
		if (op_write(d0, NULL, "/local/domain/1/q/r", "5", 1)) {
			failed = true;
			fake_mallocs_left = -1;
			after = dump();
			assert_string_equal(before, after);
			free(after);
		} else if (transaction_end(d0, transaction_find(d0, t), true)) {
			failed = true;
			fake_mallocs_left = -1;
			assert_string_equal(ask(d0, XS_READ, 0, "/keep/a\0"), "1");
			assert_string_equal(ask(d0, XS_READ, 0, "/keep/b\0"), "!ENOENT");
			assert_string_equal(ask(d0, XS_READ, 0, "/other\0"), "!ENOENT");
		}
		fake_mallocs_left = -1;
		free(before);
		assert_true(n < 1000);
	}
	assert_string_equal(ask(d0, XS_READ, 0, "/local/domain/1/q/r\0"), "5");
}

/* ---- saving ---- */

/* Where text is in a file, which may hold any bytes. */
static size_t where(const char *file, size_t len, const char *words)
{
	const char *at = memmem(file, len, words, strlen(words));

	assert_non_null(at);
	return (size_t)(at - file);
}

static void saved_and_read_back(void **state)
{
	struct xsd_sockmsg half = { .type = XS_READ, .len = 6 };
	char *first, *second;
	size_t len, was, same;
	FILE *f;

	(void)state;
	ask(g1, XS_WRITE, 0, "bin\0\0\n end\n\xff");
	ask(g1, XS_SET_PERMS, 0, "bin\0n1\0r2\0b3\0");
	ask(d0, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r2\0");
	ask(g1, XS_WATCH, 0, "bin\0a token\n\0");
	ask(g2, XS_WATCH, 0, "@releaseDomain\0t\0");
	connection_bytes(g2, (const char *)&half, sizeof(half));
	connection_bytes(g2, "ab", 2);
	LIST_OF(g1->out.next, struct message, link)->sent = 5;

	f = open_memstream(&first, &len);
	assert_true(store_save(f, true));
	fclose(f);
	was = len;
	fake_end();
	fake_begin();
	/* Cut off anywhere, it is not taken, and nothing of it stays. */
	for (size_t n = 1; n < was; n += 7) {
		f = fmemopen(first, n, "r");
		assert_false(store_load(f));
		fclose(f);
		assert_int_equal(store_root->child_count, 0);
		assert_true(list_empty(&connections));
	}
	f = fmemopen(first, was, "r");
	assert_true(store_load(f));
	fclose(f);
	f = open_memstream(&second, &len);
	assert_true(store_save(f, true));
	fclose(f);
	/* Equal but for the numbers of transactions, which have leapt. */
	same = where(first, was, "\ndomain 1 ");
	assert_int_equal(where(second, len, "\ndomain 1 "), same);
	assert_memory_equal(first, second, same);
	where(second, len, "bin 16 8\na token\n\n");
	where(second, len, "watch 2 @releaseDomain 0 1\nt\n");
	where(second, len, "in 2 18\n");
	where(second, len, "out 1 1 5 ");
	assert_int_equal(*owned_by(1), 2);
	free(first);
	free(second);
	ask(fake_domain0(), XS_SET_PERMS, 0, "@releaseDomain\0n0\0");
}

/* ---- noise ---- */

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void drain(struct connection *c)
{
	while (!list_empty(&c->out))
		connection_sent(c, LIST_OF(c->out.next, struct message, link));
}

/* Half of the bodies are noise, the others words that mean something in the wrong place. */
static size_t noise(char *body)
{
	static const char *const words[] = { "/",
					     "a",
					     "/local/domain/1",
					     "/local/domain/2/a",
					     "data",
					     "@releaseDomain",
					     "n1",
					     "b2",
					     "T",
					     "F",
					     "1",
					     "0",
					     "/local/domain/1/a/b/c",
					     "token",
					     "" };
	size_t len = 0;

	if (draw(2)) {
		for (len = 0; len < draw(60); len++)
			body[len] = (char)draw(256);
		return len;
	}
	for (unsigned n = draw(5); n; n--) {
		const char *w = words[draw(sizeof(words) / sizeof(words[0]))];

		memcpy(body + len, w, strlen(w) + 1);
		len += strlen(w) + 1;
	}
	return len - (len && !draw(8));
}

static void random_bytes(void **state)
{
	struct connection *all[3] = { d0, g1, g2 };

	(void)state;
	for (unsigned n = 0; n < 200000; n++) {
		char body[256];
		size_t len = noise(body);
		struct connection **c = &all[draw(3)];
		struct xsd_sockmsg h = { .type = draw(XS_TYPE_COUNT + 2),
					 .tx_id = draw(3) ? 0 : draw(40),
					 .len = draw(5000) ? (uint32_t)len : draw(6000) };

		connection_bytes(*c, (const char *)&h, sizeof(h));
		connection_bytes(*c, body, len);
		if (draw(4))
			drain(*c);
		if ((*c)->dead || !draw(2000)) {
			unsigned domain = (*c)->domain;

			connection_free(*c);
			op_forget_domain(domain ? domain : DOMAINS_MOST - 1);
			*c = domain ? fake_guest(domain) : fake_domain0();
		}
	}
	/* It still answers, and has counted right. */
	for (unsigned i = 0; i < 3; i++)
		connection_free(all[i]);
	d0 = fake_domain0();
	for (unsigned i = 1; i < 3; i++) {
		unsigned had = *owned_by(i);

		owned_recount();
		assert_int_equal(*owned_by(i), had);
	}
	ask(d0, XS_WRITE, 0, "/end\0well");
	assert_string_equal(ask(d0, XS_READ, 0, "/end\0"), "well");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fake_two_guests, fake_done)
		TEST(isolation),	   TEST(conflicts),
		TEST(own_changes),	   TEST(snapshots),
		TEST(commit_that_fails),   TEST(watches),
		TEST(nothing_leaks),	   TEST(quotas),
		TEST(long_transactions),   TEST(out_of_memory),
		TEST(saved_and_read_back), TEST(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
