/* SPDX-License-Identifier: MIT */
/*
 * Finding domains, and what is done to a whole one: destroyed, told to end, paused, renamed, resized.
 */
#include "user/xl/xl.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIST_MOST 512

int domain_info(unsigned domid, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = { 0 };

	/* The call itself answers with the next domain when there is no such. */
	if (xc_domctl(XEN_DOMCTL_getdomaininfo, (domid_t)domid, &op) < 0 || op.domain != domid)
		return -1;
	*info = op.u.getdomaininfo;
	return 0;
}

void domain_each(void (*fn)(const struct xen_domctl_getdomaininfo *info, void *data), void *data)
{
	struct xen_domctl_getdomaininfo info;
	struct xen_domctl op = { 0 };
	unsigned next = 0;

	while (next < DOMID_FIRST_RESERVED &&
	       xc_domctl(XEN_DOMCTL_getdomaininfo, (domid_t)next, &op) >= 0) {
		info = op.u.getdomaininfo;
		fn(&info, data);
		next = info.domain + 1u;
		memset(&op, 0, sizeof(op));
	}
}

char *domain_name(unsigned domid)
{
	char *name = xs_readf(xs_get(), 0, "/local/domain/%u/name", domid);

	return name && *name ? name : strdup("(null)");
}

struct search {
	const char *name;
	unsigned found;
};

static void look(const struct xen_domctl_getdomaininfo *info, void *data)
{
	struct search *s = data;
	char *name = domain_name(info->domain);

	if (!(info->flags & XEN_DOMINF_dying) && !strcmp(name, s->name))
		s->found = info->domain;
	free(name);
}

unsigned domain_by_name(const char *name)
{
	struct search s = { name, DOMAIN_NONE };

	domain_each(look, &s);
	return s.found;
}

unsigned domain_find(const char *text)
{
	struct xen_domctl_getdomaininfo info;
	char *end;
	unsigned long id = strtoul(text, &end, 10);

	if (*text && !*end) {
		if (id < DOMID_FIRST_RESERVED && !domain_info((unsigned)id, &info))
			return (unsigned)id;
	} else {
		unsigned found = domain_by_name(text);

		if (found != DOMAIN_NONE)
			return found;
	}
	complain("there is no domain \"%s\"; `xl list` shows those that are", text);
	return DOMAIN_NONE;
}

/* ---- list ---- */

static void print_row(const struct xen_domctl_getdomaininfo *i, void *unused)
{
	bool shut = i->flags & XEN_DOMINF_shutdown;
	unsigned why = i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	char *name = domain_name(i->domain);

	(void)unused;
	printf("%-40s %5d %5lu %5d     %c%c%c%c%c%c  %8.1f\n", name, i->domain,
	       (unsigned long)((i->tot_pages + i->outstanding_pages) / 256), i->nr_online_vcpus,
	       i->flags & XEN_DOMINF_running ? 'r' : '-', i->flags & XEN_DOMINF_blocked ? 'b' : '-',
	       i->flags & XEN_DOMINF_paused ? 'p' : '-', shut ? 's' : '-',
	       shut && why == SHUTDOWN_crash ? 'c' : '-', i->flags & XEN_DOMINF_dying ? 'd' : '-',
	       (double)i->cpu_time / 1e9);
	free(name);
}

int cmd_list(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;

	printf("Name                                        ID   Mem VCPUs\tState\tTime(s)\n");
	if (argc < 2 || argv[1][0] == '-') {
		domain_each(print_row, NULL);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		unsigned domid = domain_find(argv[i]);

		if (domid == DOMAIN_NONE || domain_info(domid, &info))
			return 1;
		print_row(&info, NULL);
	}
	return 0;
}

/* ---- the end ---- */

/*
 * Backwards: it stops, its devices go, then it does. Whoever sees that it is gone can use its disks for another
 * domain at once.
 */
int domain_destroy(unsigned domid)
{
	struct xen_domctl_getdomaininfo info = { 0 };
	struct xen_domctl op = { 0 };

	domain_info(domid, &info);
	xc_domctl(XEN_DOMCTL_pausedomain, (domid_t)domid, &op);
	store_forget_devices(domid);
	memset(&op, 0, sizeof(op));
	if (xc_domctl(XEN_DOMCTL_destroydomain, (domid_t)domid, &op) < 0)
		return complain("domain %u cannot be destroyed: %s", domid, strerror(errno)) ? -1
											     : 0;
	store_forget(domid, info.handle);
	return 0;
}

static bool is_domain0(unsigned domid, const char *what)
{
	if (!domid)
		complain(
			"domain 0 runs this command and cannot be %s by it; `poweroff` ends the machine",
			what);
	return !domid;
}

int cmd_destroy(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		unsigned domid;

		if (!strcmp(argv[i], "-f"))
			continue;
		domid = domain_find(argv[i]);
		if (domid == DOMAIN_NONE || is_domain0(domid, "destroyed") || domain_destroy(domid))
			status = 1;
	}
	return status;
}

/* Until it has ended, or is gone; at most for a minute. */
static int wait_for_end(unsigned domid)
{
	for (unsigned tenths = 0; tenths < 600; tenths++) {
		struct xen_domctl_getdomaininfo info;

		if (domain_info(domid, &info) ||
		    info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying))
			return 0;
		usleep(100000);
	}
	return complain("domain %u does not end; `xl destroy` does not ask", domid);
}

static int ask_to_end(int argc, char **argv, const char *how)
{
	bool wait = false, all = false;
	int status = 0;

	for (int i = 1; i < argc; i++) {
		unsigned domid;
		char path[64];

		if (argv[i][0] == '-') {
			wait |= strchr(argv[i], 'w') != NULL;
			all |= strchr(argv[i], 'a') != NULL;
			continue;
		}
		domid = domain_find(argv[i]);
		if (domid == DOMAIN_NONE || is_domain0(domid, "ended"))
			return 1;
		snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
		if (xs_write(xs_get(), 0, path, how, strlen(how)))
			return complain("domain %u cannot be told: %s", domid, strerror(errno));
		if (wait)
			status |= wait_for_end(domid);
	}
	return all ? complain("name the domains: -a is not done here") : status;
}

int cmd_shutdown(int argc, char **argv)
{
	return ask_to_end(argc, argv, "poweroff");
}

int cmd_reboot(int argc, char **argv)
{
	return ask_to_end(argc, argv, "reboot");
}

/* ---- pause, names ---- */

static int order(const char *which, uint32_t cmd, const char *what)
{
	unsigned domid = domain_find(which);
	struct xen_domctl op = { 0 };

	if (domid == DOMAIN_NONE || (cmd == XEN_DOMCTL_pausedomain && is_domain0(domid, "paused")))
		return 1;
	if (xc_domctl(cmd, (domid_t)domid, &op) < 0)
		return complain("domain %u cannot be %s: %s", domid, what, strerror(errno));
	return 0;
}

int cmd_pause(int argc, char **argv)
{
	(void)argc;
	return order(argv[1], XEN_DOMCTL_pausedomain, "paused");
}

int cmd_unpause(int argc, char **argv)
{
	(void)argc;
	return order(argv[1], XEN_DOMCTL_unpausedomain, "unpaused");
}

int cmd_rename(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]);
	char path[64], *vm;

	(void)argc;
	if (domid == DOMAIN_NONE)
		return 1;
	if (domain_by_name(argv[2]) != DOMAIN_NONE)
		return complain("there is a domain \"%s\" already", argv[2]);
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (xs_write(xs_get(), 0, path, argv[2], strlen(argv[2])))
		return complain("the store: %s", strerror(errno));
	vm = xs_readf(xs_get(), 0, "/local/domain/%u/vm", domid);
	if (vm && *vm) {
		char name[80];

		snprintf(name, sizeof(name), "%s/name", vm);
		xs_write(xs_get(), 0, name, argv[2], strlen(argv[2]));
	}
	free(vm);
	return 0;
}

int cmd_domid(int argc, char **argv)
{
	unsigned domid = domain_by_name(argv[1]);

	(void)argc;
	if (domid == DOMAIN_NONE)
		return complain("there is no domain \"%s\"; `xl list` shows those that are",
				argv[1]);
	printf("%u\n", domid);
	return 0;
}

int cmd_domname(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]);
	char *name;

	(void)argc;
	if (domid == DOMAIN_NONE)
		return 1;
	name = domain_name(domid);
	puts(name);
	free(name);
	return 0;
}

/* ---- memory ---- */

/* "64", "64m", "1g", "65536k": kilobytes; 0: it is no size. */
static uint64_t parse_size(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (end == text || (*end && end[1]))
		return 0;
	switch (*end | 32) {
	case 'k':
		return n;
	case 'g':
		return n << 20;
	case 'm':
	case ' ': /* nothing: megabytes */
		return n << 10;
	default:
		return 0;
	}
}

static int set_limit(unsigned domid, uint64_t kb)
{
	struct xen_domctl op = { .u.max_mem.max_memkb = kb + 1024 };

	return xc_domctl(XEN_DOMCTL_max_mem, (domid_t)domid, &op);
}

int cmd_mem_set(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]);
	uint64_t kb = parse_size(argv[2]), most;
	char path[64], *text;

	(void)argc;
	if (domid == DOMAIN_NONE)
		return 1;
	if (!kb)
		return complain("\"%s\" is no size: write 64m", argv[2]);
	text = xs_readf(xs_get(), 0, "/local/domain/%u/memory/static-max", domid);
	most = text ? strtoull(text, NULL, 10) : 0;
	free(text);
	if (most && kb > most)
		return complain("%llu MB at most: `xl mem-max` raises that",
				(unsigned long long)most / 1024);
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", domid);
	if (set_limit(domid, kb) < 0 ||
	    xs_writef(xs_get(), 0, path, "%llu", (unsigned long long)kb))
		return complain("domain %u: %s", domid, strerror(errno));
	return 0;
}

int cmd_mem_max(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]);
	uint64_t kb = parse_size(argv[2]);
	char path[64];

	(void)argc;
	if (domid == DOMAIN_NONE)
		return 1;
	if (!kb)
		return complain("\"%s\" is no size: write 64m", argv[2]);
	snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max", domid);
	if (set_limit(domid, kb) < 0 ||
	    xs_writef(xs_get(), 0, path, "%llu", (unsigned long long)kb))
		return complain("domain %u: %s", domid, strerror(errno));
	return 0;
}
