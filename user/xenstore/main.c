/* SPDX-License-Identifier: MIT */
/*
 * The store's commands, one program with a name for each: xenstore-read, -write, -list, -ls, -rm, -exists,
 * -chmod, -watch, -check; or `xenstore read ...`. Options and output are those of the tools that people know.
 */
#include "check.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct xs *xs;
static const char *verb;

static int fail(const char *path)
{
	fprintf(stderr, "xenstore-%s: %s: %s%s\n", verb, path, strerror(errno),
		errno == EINVAL ? " (a path is /names/like-this, no slash at its end)" : "");
	return 1;
}

static int do_read(int argc, char **argv, bool prefix, bool raw)
{
	int status = 0;

	for (int i = 0; i < argc; i++) {
		size_t len;
		char *value = xs_read(xs, 0, argv[i], &len), *text;

		if (!value) {
			status = fail(argv[i]);
			continue;
		}
		if (prefix)
			printf("%s: ", argv[i]);
		text = raw ? NULL : text_escape(value, len);
		if (text)
			puts(text);
		else
			fwrite(value, 1, len, stdout);
		free(text);
		free(value);
	}
	return status;
}

/* All pairs, or none: as a transaction. */
static int do_write(int argc, char **argv, bool raw)
{
	size_t lens[argc + 1];
	xs_t t;

	if (argc % 2) {
		fprintf(stderr, "xenstore-write: %s has no value\n", argv[argc - 1]);
		return 2;
	}
	for (int i = 1; i < argc; i += 2)
		lens[i] = raw ? strlen(argv[i]) : text_unescape(argv[i]);
	do {
		if (xs_begin(xs, &t))
			return fail("transaction");
		for (int i = 0; i < argc; i += 2)
			if (xs_write(xs, t, argv[i], argv[i + 1], lens[i + 1])) {
				int status = fail(argv[i]);

				xs_end(xs, t, false);
				return status;
			}
		if (!xs_end(xs, t, true))
			return 0;
	} while (errno == EAGAIN);
	return fail("transaction");
}

static int do_list(int argc, char **argv, bool prefix)
{
	int status = 0;

	for (int i = 0; i < argc; i++) {
		char **names = xs_directory(xs, 0, argv[i], NULL);

		if (!names) {
			status = fail(argv[i]);
			continue;
		}
		for (char **n = names; *n; n++)
			printf("%s%s%s\n", prefix ? argv[i] : "", prefix ? "/" : "", *n);
		free(names);
	}
	return status;
}

/* ---- ls ---- */

/* Columns: of the terminal (or 80), and where rights begin. */
enum { WIDTH = 80, RIGHTS_AT = 60, VALUE_ROOM = 8 };

static int width(void)
{
	struct winsize w;

	return ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col - 2 : WIDTH;
}

static void print_perms(const char *path)
{
	unsigned count;
	char **perms = xs_get_perms(xs, 0, path, &count);

	if (!perms)
		return;
	fputs("  (", stdout);
	for (unsigned i = 0; i < count; i++)
		printf("%s%s", i ? "," : "", perms[i]);
	putchar(')');
	free(perms);
}

/* = "value", as much as the line has room for, and dots up to the rights. */
static void print_value(const char *value, size_t len, int column, int most, bool dots)
{
	char *text = text_escape(value, len);

	if (!text)
		return;
	if (most < column + (int)len + VALUE_ROOM) {
		int room = most - VALUE_ROOM - column;

		printf(" = \"%.*s\\...\"", room > 0 ? room : 0, text);
	} else {
		column += printf(" = \"%s\"", text);
		if (dots)
			putchar(' ');
		for (column++; dots && column < (most < RIGHTS_AT ? most : RIGHTS_AT); column++)
			putchar(column & 1 ? '.' : ' ');
	}
	free(text);
}

/* A node that goes while this is printed is left out. */
static void print_tree(const char *path, int depth, bool full, bool perms)
{
	char **names = xs_directory(xs, 0, path, NULL), child[3100];
	int most = width();

	for (char **n = names; names && *n; n++) {
		int column = full ? 0 : depth;
		size_t len;
		char *value;

		snprintf(child, sizeof(child), "%s/%s", path[1] ? path : "", *n);
		value = xs_read(xs, 0, child, &len);
		if (full)
			fputs(child, stdout);
		else
			column = printf("%*s%.*s", depth, "",
					most - VALUE_ROOM > depth ? most - VALUE_ROOM - depth : 0,
					*n);
		if (value)
			print_value(value, len, column, most, perms);
		else
			putchar(':');
		if (perms)
			print_perms(child);
		putchar('\n');
		free(value);
		print_tree(child, depth + 1, full, perms);
	}
	free(names);
}

static int do_ls(int argc, char **argv, bool full, bool perms)
{
	char *root = (char *)"/";

	if (!argc) {
		argc = 1;
		argv = &root;
	}
	for (int i = 0; i < argc; i++) {
		char **names = xs_directory(xs, 0, argv[i], NULL);

		if (!names)
			return fail(argv[i]);
		free(names);
		print_tree(argv[i], 0, full, perms);
	}
	return 0;
}

/* -t: and the nodes above that are empty then. */
static void tidy(char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/')) && slash != path) {
		unsigned count = 0;
		char **names, *value;
		bool empty;

		*slash = '\0';
		names = xs_directory(xs, 0, path, &count);
		value = xs_read(xs, 0, path, NULL);
		empty = names && !count && value && !*value;
		free(names);
		free(value);
		if (!empty || xs_rm(xs, 0, path))
			return;
	}
}

static int do_rm(int argc, char **argv, bool and_above)
{
	int status = 0;

	for (int i = 0; i < argc; i++) {
		if (xs_rm(xs, 0, argv[i]))
			status = fail(argv[i]);
		else if (and_above)
			tidy(argv[i]);
	}
	return status;
}

static int do_exists(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!xs_exists(xs, 0, argv[i]))
			return 1;
	return 0;
}

/* -u: those above too. */
static int chmod_above(const char *path, int argc, char **argv)
{
	char above[3100], *slash;
	int status = 0;

	snprintf(above, sizeof(above), "%s", path);
	while (!status && (slash = strrchr(above, '/')) && slash != above) {
		*slash = '\0';
		if (xs_set_perms(xs, 0, above, (const char *const *)argv, (unsigned)argc))
			status = fail(above);
	}
	return status;
}

static int chmod_one(const char *path, int argc, char **argv, bool below)
{
	char **names, child[3100];
	int status = 0;

	if (xs_set_perms(xs, 0, path, (const char *const *)argv, (unsigned)argc))
		return fail(path);
	names = below ? xs_directory(xs, 0, path, NULL) : NULL;
	for (char **n = names; names && *n && !status; n++) {
		snprintf(child, sizeof(child), "%s/%s", path, *n);
		status = chmod_one(child, argc, argv, below);
	}
	free(names);
	return status;
}

/* -n COUNT: that many events, and end. */
static int do_watch(int argc, char **argv, long most)
{
	for (int i = 0; i < argc; i++)
		if (xs_watch(xs, argv[i], argv[i]))
			return fail(argv[i]);
	while (most) {
		char **event = xs_next_event(xs, -1);

		if (!event)
			return fail("watch");
		puts(event[0]);
		fflush(stdout);
		free(event);
		most -= most > 0;
	}
	return 0;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: xenstore-read [-p] [-R] PATH...		the values (-R: byte for byte)\n"
		"       xenstore-write [-R] PATH VALUE ...	all of them or none (-R: a \\\\ is one)\n"
		"       xenstore-list [-p] PATH...		names below\n"
		"       xenstore-ls [-f] [-p] [PATH...]		the tree (-f whole paths, -p rights)\n"
		"       xenstore-rm [-t] PATH...		(-t: and what is empty above)\n"
		"       xenstore-exists PATH...			status 0: all are there\n"
		"       xenstore-chmod [-r] [-u] PATH RIGHT...	n0 r1 w2 b3, the owner first (below, above)\n"
		"       xenstore-watch [-n COUNT] PATH...	paths as they change\n"
		"       xenstore-check [-n MS]			is the store right about devices?\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	bool p = false, f = false, t = false, r = false, u = false, raw = false;
	long most = -1;
	int option;

	if (!strncmp(name, "xenstore-", 9)) {
		verb = name + 9;
	} else if (argc > 1) {
		verb = argv[1];
		argc--;
		argv++;
	} else {
		return usage();
	}
	while ((option = getopt(argc, argv, "pftrun:sRh")) != -1) {
		p |= option == 'p';
		f |= option == 'f';
		t |= option == 't';
		r |= option == 'r';
		u |= option == 'u';
		raw |= option == 'R';
		if (option == 'n')
			most = strtol(optarg, NULL, 10);
		if (option == '?' || option == 'h')
			return usage();
	}
	argc -= optind;
	argv += optind;
	if (!argc && strcmp(verb, "ls") != 0 && strcmp(verb, "check") != 0)
		return usage();
	xs = xs_open();
	if (!xs) {
		fprintf(stderr, "xenstore-%s: /dev/xen/xenbus: %s\n", verb, strerror(errno));
		return 1;
	}
	if (!strcmp(verb, "read"))
		return do_read(argc, argv, p, raw);
	if (!strcmp(verb, "write"))
		return do_write(argc, argv, raw);
	if (!strcmp(verb, "list"))
		return do_list(argc, argv, p);
	if (!strcmp(verb, "ls"))
		return do_ls(argc, argv, f, p);
	if (!strcmp(verb, "rm"))
		return do_rm(argc, argv, t);
	if (!strcmp(verb, "exists"))
		return do_exists(argc, argv);
	if (!strcmp(verb, "chmod") && argc > 1)
		return chmod_one(argv[0], argc - 1, argv + 1, r) ||
		       (u && chmod_above(argv[0], argc - 1, argv + 1));
	if (!strcmp(verb, "check"))
		return do_check(xs, most < 0 ? 3000 : most);
	if (!strcmp(verb, "watch"))
		return do_watch(argc, argv, most);
	return usage();
}
