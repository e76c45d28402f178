/* SPDX-License-Identifier: MIT */
/*
 * xenstore-check: is what the store says about domains and devices true, and does it agree with itself?
 *
 *	- both halves of each device exist and point at each other
 *	- their states are ones that go together, and neither waits for the other for long
 *	- each half may read the other
 *	- nothing is left of domains that are no more: places, devices, rights
 *
 * Each thing that is wrong is one sentence. The store changes while it is read; so what is wrong at the first look
 * is looked at again before anything is said.
 */
#include "check.h"
#include "xc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_ROOM 512

static struct xs *xs;
static bool speak; /* or only count */
static unsigned wrong, domains_seen, devices_seen;

static void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *fmt, ...)
{
	va_list args;

	wrong++;
	if (!speak)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

/* ---- small questions ---- */

/* Those that the hypervisor knows, as of the last look(). */
static bool alive[DOMID_FIRST_RESERVED];

static bool is_alive(unsigned domid)
{
	return domid < DOMID_FIRST_RESERVED && alive[domid];
}

static bool list_domains(void)
{
	static struct xen_domctl_getdomaininfo list[64];
	struct xen_sysctl op = { 0 };
	struct xen_sysctl_getdomaininfolist *l = &op.u.getdomaininfolist;

	memset(alive, 0, sizeof(alive));
	for (unsigned first = 0; first < DOMID_FIRST_RESERVED;) {
		memset(&op, 0, sizeof(op));
		l->first_domain = (domid_t)first;
		l->max_domains = sizeof(list) / sizeof(list[0]);
		set_xen_guest_handle(l->buffer, list);
		xc_touch(list, sizeof(list));
		if (xc_sysctl(XEN_SYSCTL_getdomaininfolist, &op) < 0)
			return false;
		for (unsigned i = 0; i < l->num_domains; i++)
			alive[list[i].domain] = !(list[i].flags & XEN_DOMINF_dying);
		if (!l->num_domains)
			break;
		first = list[l->num_domains - 1].domain + 1u;
	}
	return true;
}

/* A number that is all of the value, or -1. */
static long number_at(const char *dir, const char *name)
{
	char *value = xs_readf(xs, 0, "%s/%s", dir, name), *end;
	long n = -1;

	if (value && *value >= '0' && *value <= '9') {
		n = strtol(value, &end, 10);
		n = *end ? -1 : n;
	}
	free(value);
	return n;
}

static bool is_value(const char *dir, const char *name, const char *expected)
{
	char *value = xs_readf(xs, 0, "%s/%s", dir, name);
	bool is = value && !strcmp(value, expected);

	free(value);
	return is;
}

/* fn(dir/NAME, NAME) for all below dir. */
static void for_each(const char *dir, void (*fn)(const char *path, const char *name))
{
	char **names = xs_directory(xs, 0, dir, NULL), path[PATH_ROOM];

	for (char **n = names; n && *n; n++)
		if (snprintf(path, sizeof(path), "%s/%s", strcmp(dir, "/") ? dir : "", *n) <
		    (int)sizeof(path))
			fn(path, *n);
	free(names);
}

/* May this domain read the node? The owner may, a named one what stands there, others what the first entry says. */
static bool may_read(const char *path, unsigned domid)
{
	unsigned count;
	char **perms = xs_get_perms(xs, 0, path, &count), right = 'n';

	for (unsigned i = 0; perms && i < count; i++) {
		bool named = strtoul(perms[i] + 1, NULL, 10) == domid;

		if (!i || named)
			right = !i && named ? 'b' : perms[i][0];
		if (named)
			break;
	}
	free(perms);
	return !domid || right == 'r' || right == 'b';
}

/* ---- one device ---- */

static void check_states(const char *front, const char *back)
{
	long f = number_at(front, "state"), b = number_at(back, "state");
	struct judgement j;

	if (f < 0)
		complain("%s has no state.", front);
	if (b < 0)
		complain("%s has no state.", back);
	if (f < 0 || b < 0)
		return;
	j = judge_states((unsigned)f, (unsigned)b);
	if (j.verdict == IMPOSSIBLE)
		complain("%s is %ld (%s) while its backend is %ld (%s): that cannot be.", front, f,
			 state_name((unsigned)f), b, state_name((unsigned)b));
	else if (j.verdict == ON_ITS_WAY)
		complain("%s is %ld (%s), its backend %ld (%s): the %s does not go on.", front, f,
			 state_name((unsigned)f), b, state_name((unsigned)b), j.awaited);
}

/* ".../backend/TYPE/DOMAIN/ID": whose, and is it a console, which has no states of its own? */
static bool has_states(const char *back)
{
	return !strstr(back, "/backend/console/");
}

static void check_backend(const char *back, const char *name)
{
	char *front = xs_readf(xs, 0, "%s/frontend", back), *pointer;
	long domid = number_at(back, "frontend-id");

	(void)name;
	devices_seen++;
	if (!front || domid < 0) {
		complain("%s does not say whose backend it is (frontend, frontend-id).", back);
		free(front);
		return;
	}
	pointer = xs_readf(xs, 0, "%s/backend", front);
	if (!is_alive((unsigned)domid))
		complain("%s is left over: there is no domain %ld.", back, domid);
	else if (!pointer)
		complain("%s has no frontend: there is no %s.", back, front);
	else if (strcmp(pointer, back) != 0)
		complain("%s names %s as its frontend, which names %s.", back, front, pointer);
	else if (has_states(back))
		check_states(front, back);
	if (is_alive((unsigned)domid) && !may_read(back, (unsigned)domid))
		complain("%s may not be read by domain %ld, whose backend it is.", back, domid);
	free(pointer);
	free(front);
}

static void check_backend_domain(const char *path, const char *name)
{
	(void)name;
	for_each(path, check_backend);
}

static void check_backend_type(const char *path, const char *name)
{
	(void)name;
	for_each(path, check_backend_domain);
}

/* From this side only what the other one cannot see: a frontend that no backend knows. */
static void check_frontend(const char *front, const char *name)
{
	char *back = xs_readf(xs, 0, "%s/backend", front);
	long domid = number_at(front, "backend-id");

	(void)name;
	if (!back || domid < 0)
		complain("%s does not say where its backend is (backend, backend-id).", front);
	else if (!xs_exists(xs, 0, back))
		complain("%s has no backend: there is no %s.", front, back);
	else if (!is_value(back, "frontend", front))
		complain("%s names %s as its backend, which does not name it.", front, back);
	else if (!may_read(front, (unsigned)domid))
		complain("%s may not be read by domain %ld, which has its backend.", front, domid);
	free(back);
}

static void check_frontend_type(const char *path, const char *name)
{
	(void)name;
	for_each(path, check_frontend);
}

/* ---- domains ---- */

static void check_domain(const char *path, const char *name)
{
	char below[PATH_ROOM + 16];
	unsigned domid = (unsigned)strtoul(name, NULL, 10);

	domains_seen++;
	if (!is_alive(domid)) {
		complain("%s is left over: there is no domain %u.", path, domid);
		return;
	}
	if (number_at(path, "domid") >= 0 && number_at(path, "domid") != (long)domid)
		complain("%s/domid is %ld.", path, number_at(path, "domid"));
	snprintf(below, sizeof(below), "%s/device", path);
	for_each(below, check_frontend_type);
	snprintf(below, sizeof(below), "%s/backend", path);
	for_each(below, check_backend_type);
}

static const char *looked_for;
static bool found;

static void compare_vm(const char *path, const char *name)
{
	(void)name;
	found |= is_value(path, "vm", looked_for);
}

static void check_vm(const char *path, const char *name)
{
	(void)name;
	looked_for = path;
	found = false;
	for_each("/local/domain", compare_vm);
	if (!found)
		complain("%s is left over: no domain names it.", path);
}

/* Rights of the dead: the next domain with that number would have them. */
static void check_rights(const char *path, const char *name)
{
	unsigned count;
	char **perms = xs_get_perms(xs, 0, path, &count);

	(void)name;
	for (unsigned i = 0; perms && i < count; i++) {
		unsigned id = (unsigned)strtoul(perms[i] + 1, NULL, 10);

		if (!is_alive(id))
			complain("%s has a right, %s, for a domain that is no more.", path,
				 perms[i]);
	}
	free(perms);
	for_each(path, check_rights);
}

static bool look(bool aloud)
{
	speak = aloud;
	wrong = domains_seen = devices_seen = 0;
	if (!list_domains()) {
		fprintf(stderr, "xenstore-check: the hypervisor's list of domains: %s\n",
			strerror(errno));
		return false;
	}
	for_each("/local/domain", check_domain);
	for_each("/vm", check_vm);
	for_each("/", check_rights);
	return true;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int do_check(struct xs *store, long ms)
{
	long end = now_ms() + ms;

	xs = store;
	/* A large store takes its time itself. */
	while (now_ms() < end && look(false) && wrong)
		usleep(200000);
	if (!look(true))
		return 2;
	printf("%u domains, %u devices, %u things wrong\n", domains_seen, devices_seen, wrong);
	return wrong ? 1 : 0;
}
