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

static void print_columns(const struct xen_domctl_getdomaininfo *i)
{
	bool shut = i->flags & XEN_DOMINF_shutdown;
	unsigned why = i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	char *name = domain_name(i->domain);

	printf("%-40s %5d %5lu %5d     %c%c%c%c%c%c  %8.1f", name, i->domain,
	       (unsigned long)((i->tot_pages + i->outstanding_pages) / 256), i->nr_online_vcpus,
	       i->flags & XEN_DOMINF_running ? 'r' : '-', i->flags & XEN_DOMINF_blocked ? 'b' : '-',
	       i->flags & XEN_DOMINF_paused ? 'p' : '-', shut ? 's' : '-',
	       shut && why == SHUTDOWN_crash ? 'c' : '-', i->flags & XEN_DOMINF_dying ? 'd' : '-',
	       (double)i->cpu_time / 1e9);
	free(name);
}

static void print_row(const struct xen_domctl_getdomaininfo *i, void *unused)
{
	(void)unused;
	print_columns(i);
	putchar('\n');
}

static void print_verbose(const struct xen_domctl_getdomaininfo *i, void *unused)
{
	unsigned why = i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	char uuid[40];

	print_columns(i);
	uuid_text(i->handle, uuid);
	printf(" %s ", uuid);
	if (i->flags & XEN_DOMINF_shutdown)
		printf("%8u", why);
	else
		printf("%8s", "-");
	printf(" %16s", "-");
	putchar('\n');
	(void)unused;
}

static int list(int count, char **names,
		void (*print)(const struct xen_domctl_getdomaininfo *, void *), void *data)
{
	struct xen_domctl_getdomaininfo info;

	if (!count)
		domain_each(print, data);
	for (int i = 0; i < count; i++) {
		unsigned domid = domain_find(names[i]);

		if (domid == DOMAIN_NONE || domain_info(domid, &info))
			return 1;
		print(&info, data);
	}
	return 0;
}

static int list_long(int count, char **names)
{
	struct json j = { .out = stdout };
	int status;

	if (count == 1) { /* the one, and no list */
		status = list(count, names, print_long, &j);
	} else {
		json_begin(&j, NULL, '[');
		status = list(count, names, print_long, &j);
		json_end(&j, ']');
	}
	puts("\n");
	return status;
}

int cmd_list(int argc, char **argv)
{
	static const struct option longs[] = { { "long", 0, NULL, 'l' },
					       { "verbose", 0, NULL, 'v' },
					       { 0 } };
	bool all = false, verbose = false;
	int option;

	while ((option = next_option(argc, argv, "lv", longs)) != -1) {
		if (option == '?')
			return 2;
		all |= option == 'l';
		verbose |= option == 'v';
	}
	/* A mistake is told before the heading. */
	for (int i = optind; i < argc; i++)
		if (domain_find(argv[i]) == DOMAIN_NONE)
			return 1;
	if (all)
		return list_long(argc - optind, argv + optind);
	printf("Name                                        ID   Mem VCPUs\tState\tTime(s)%s\n",
	       verbose ? "   UUID                            Reason-Code\tSecurity Label" : "");
	return list(argc - optind, argv + optind, verbose ? print_verbose : print_row, NULL);
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
	int status = 0, option;

	while ((option = next_option(argc, argv, "f", NULL)) != -1)
		if (option == '?')
			return 2;
	for (int i = optind; i < argc; i++) {
		unsigned domid = domain_find(argv[i]);

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

struct asked {
	const char *how;
	unsigned domid[LIST_MOST], count;
	int status;
};

static void ask(struct asked *a, unsigned domid)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
	if (xs_write(xs_get(), 0, path, a->how, strlen(a->how)))
		a->status = complain("domain %u cannot be told: %s", domid, strerror(errno));
	else if (a->count < LIST_MOST)
		a->domid[a->count++] = domid;
}

/* Of all domains: those that have not ended. */
static void ask_guest(const struct xen_domctl_getdomaininfo *info, void *data)
{
	if (info->domain && !(info->flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)))
		ask(data, info->domain);
}

/* All are told before the first is waited for. */
static int ask_to_end(int argc, char **argv, const char *how)
{
	static const struct option longs[] = { { "all", 0, NULL, 'a' },
					       { "wait", 0, NULL, 'w' },
					       { 0 } };
	static struct asked asked;
	bool wait = false, all = false;
	int option;

	asked.how = how;
	while ((option = next_option(argc, argv, "aFw", longs)) != -1) {
		if (option == '?')
			return 2;
		wait |= option == 'w';
		all |= option == 'a';
	}
	if (all == (optind < argc))
		return complain("%s: name the domains, or write -a for all of them", argv[0]), 2;
	if (all)
		domain_each(ask_guest, &asked);
	for (int i = optind; i < argc; i++) {
		unsigned domid = domain_find(argv[i]);

		if (domid == DOMAIN_NONE || is_domain0(domid, "ended"))
			asked.status = 1;
		else
			ask(&asked, domid);
	}
	for (unsigned i = 0; i < asked.count && wait; i++)
		asked.status |= wait_for_end(asked.domid[i]);
	return asked.status;
}

int cmd_shutdown(int argc, char **argv)
{
	return ask_to_end(argc, argv, "poweroff");
}

int cmd_reboot(int argc, char **argv)
{
	return ask_to_end(argc, argv, "reboot");
}

/* ---- signals ---- */

int cmd_trigger(int argc, char **argv)
{
	static const char *const names[] = { "nmi", "reset", "init", "power", "sleep", "s3resume" };
	unsigned domid = domain_find(argv[1]), n = 0;
	struct xen_domctl op = { 0 };

	if (domid == DOMAIN_NONE)
		return 1;
	while (n < sizeof(names) / sizeof(names[0]) && strcmp(names[n], argv[2]) != 0)
		n++;
	if (n == sizeof(names) / sizeof(names[0]))
		return complain("no trigger \"%s\": a paravirtual domain knows nmi", argv[2]);
	op.u.sendtrigger.trigger = n; /* XEN_DOMCTL_SENDTRIGGER_* count from 0 in this order */
	op.u.sendtrigger.vcpu = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	if (xc_domctl(XEN_DOMCTL_sendtrigger, (domid_t)domid, &op) < 0)
		return complain("%s for domain %u: %s%s", argv[2], domid, strerror(errno),
				errno == EINVAL && n ? " (a paravirtual domain knows nmi)" : "");
	return 0;
}

int cmd_sysrq(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]);
	char path[64];

	(void)argc;
	if (domid == DOMAIN_NONE)
		return 1;
	if (!argv[2][0] || argv[2][1])
		return complain("\"%s\": a sysrq is one letter, as h for help", argv[2]);
	snprintf(path, sizeof(path), "/local/domain/%u/control/sysrq", domid);
	if (xs_write(xs_get(), 0, path, argv[2], 1))
		return complain("domain %u cannot be told: %s", domid, strerror(errno));
	return 0;
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
