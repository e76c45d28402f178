/* SPDX-License-Identifier: MIT */
/*
 * xl create: a configuration becomes a domain, and a process that keeps watch over it.
 *
 * That process waits in the background until the domain ends, and then does what the configuration says:
 * destroys it, starts it anew, or leaves it to be looked at.
 */
#include "user/xl/xl.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_MB (1ULL << 20)

/* ---- reading ---- */

static char *copy_of(const char *s)
{
	return s ? strdup(s) : NULL;
}

/* root= and extra= are the older way to say what cmdline= says. */
static char *command_line(struct config *c)
{
	const char *whole = config_string(c, "cmdline", NULL),
		   *root = config_string(c, "root", NULL), *extra = config_string(c, "extra", NULL);
	char *line = NULL;

	if (whole)
		return strdup(whole);
	/* Empty is none: that is how a file's setting is taken back on the command line. */
	root = root && *root ? root : NULL;
	extra = extra && *extra ? extra : NULL;
	if (asprintf(&line, "%s%s%s%s", root ? "root=" : "", root ? root : "",
		     root && extra ? " " : "", extra ? extra : "") < 0)
		return NULL;
	return line;
}

static int read_devices(struct config *c, struct domain_config *d)
{
	unsigned disks, vifs;
	char *const *disk = config_list(c, "disk", &disks), *const *vif =
								    config_list(c, "vif", &vifs);
	char error[400];

	d->disks = calloc(disks + 1, sizeof(*d->disks));
	d->vifs = calloc(vifs + 1, sizeof(*d->vifs));
	if (!d->disks || !d->vifs)
		return complain("no memory");
	for (unsigned i = 0; i < disks; i++)
		if (!parse_disk(disk[i], &d->disks[d->disk_count++], error, sizeof(error)))
			return complain("%s", error);
	for (unsigned i = 0; i < vifs; i++)
		if (!parse_vif(vif[i], &d->vifs[d->vif_count++], error, sizeof(error)))
			return complain("%s", error);
	return 0;
}

static int check_action(const char *name, const char *value)
{
	if (!strcmp(value, "destroy") || !strcmp(value, "restart") || !strcmp(value, "preserve"))
		return 0;
	return complain("%s=\"%s\": destroy, restart or preserve", name, value);
}

/* In kB. A number that no machine has is as good as any other such. */
static uint64_t megabytes(struct config *c, const char *name, uint64_t otherwise_kb)
{
	uint64_t mb = config_number(c, name, otherwise_kb / 1024);

	return (mb < MOST_MB ? mb : MOST_MB) * 1024;
}

static int take_settings(struct config *c, struct domain_config *d)
{
	static const char *const ignored[] = { "type",	      "builder",   "vfb",	"uuid",
					       "on_watchdog", "localtime", "bootloader" };

	d->name = copy_of(config_string(c, "name", NULL));
	d->kernel = copy_of(config_string(c, "kernel", NULL));
	d->ramdisk = copy_of(config_string(c, "ramdisk", NULL));
	d->memory_kb = megabytes(c, "memory", 0);
	d->maxmem_kb = megabytes(c, "maxmem", d->memory_kb);
	d->vcpus = (unsigned)config_number(c, "vcpus", 1);
	d->maxvcpus = (unsigned)config_number(c, "maxvcpus", d->vcpus);
	d->weight = (unsigned)config_number(c, "cpu_weight", 0);
	d->cap = (unsigned)config_number(c, "cap", 0);
	d->cpus = copy_of(config_string(c, "cpus", NULL));
	d->on_poweroff = copy_of(config_string(c, "on_poweroff", "destroy"));
	d->on_reboot = copy_of(config_string(c, "on_reboot", "restart"));
	d->on_crash = copy_of(config_string(c, "on_crash", "destroy"));
	d->cmdline = command_line(c);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)config_list(c, ignored[i], &(unsigned){ 0 });
	return read_devices(c, d);
}

static int check_settings(const char *file, struct config *c, const struct domain_config *d)
{
	const struct config_setting *s = config_unused(c, NULL);

	if (c->error[0])
		return complain("%s: %s", file, c->error);
	if (s)
		return complain("%s:%u: nobody knows \"%s\"; is it misspelt?", file, s->line,
				s->name);
	if (!d->name || !*d->name)
		return complain("%s: the domain needs a name: name = \"...\"", file);
	if (!d->kernel)
		return complain("%s: kernel = \"FILE\" is missing", file);
	if (!d->memory_kb || d->maxmem_kb < d->memory_kb)
		return complain("%s: memory = %llu and maxmem = %llu (MB) cannot be", file,
				(unsigned long long)d->memory_kb / 1024,
				(unsigned long long)d->maxmem_kb / 1024);
	if (!d->vcpus || d->maxvcpus < d->vcpus || d->maxvcpus > 64)
		return complain("%s: vcpus = %u and maxvcpus = %u cannot be", file, d->vcpus,
				d->maxvcpus);
	if (check_action("on_poweroff", d->on_poweroff) ||
	    check_action("on_reboot", d->on_reboot) || check_action("on_crash", d->on_crash))
		return 1;
	if (domain_by_name(d->name) != DOMAIN_NONE)
		return complain(
			"there is a domain \"%s\" already; another name, or `xl destroy %s`",
			d->name, d->name);
	return 0;
}

/* The file's text, and after it what stood on the command line: that counts. */
static char *read_text(const char *file, char **more, int count)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size), *in = fopen(file, "r");
	int c;

	if (!in || !out) {
		complain("%s: %s", file, strerror(errno));
		return NULL;
	}
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	for (int i = 0; i < count; i++)
		fprintf(out, "\n%s", more[i]);
	putc('\n', out);
	fclose(out);
	return text;
}

static void draw_uuid(uint8_t *uuid)
{
	int fd = open("/dev/urandom", O_RDONLY);

	if (fd < 0 || read(fd, uuid, 16) != 16)
		memset(uuid, 0x5a, 16);
	if (fd >= 0)
		close(fd);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* version 4, RFC 4122 */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

static int read_config(const char *file, char **more, int count, struct domain_config *d)
{
	char *text = read_text(file, more, count);
	struct config c;
	int status;

	if (!text)
		return 1;
	memset(d, 0, sizeof(*d));
	if (!config_parse(&c, text, strlen(text)))
		status = complain("%s: %s", file, c.error);
	else
		status = take_settings(&c, d) || check_settings(file, &c, d);
	config_free(&c);
	free(text);
	draw_uuid(d->uuid);
	return status;
}

/* ---- building ---- */

static int unpause(unsigned domid)
{
	struct xen_domctl op = { 0 };

	return xc_domctl(XEN_DOMCTL_unpausedomain, (domid_t)domid, &op) < 0
		       ? complain("domain %u does not start: %s", domid, strerror(errno))
		       : 0;
}

/* The number, or DOMAIN_NONE and nothing is left. */
static unsigned start(const struct domain_config *d, bool paused)
{
	struct built b;
	int rc = build_domain(d, &b);

	if (rc < 0)
		return DOMAIN_NONE;
	rc = store_domain(d, &b);
	for (unsigned i = 0; i < d->disk_count && !rc; i++)
		rc = device_add_disk(b.domid, &d->disks[i]);
	for (unsigned i = 0; i < d->vif_count && !rc; i++)
		rc = device_add_vif(b.domid, i, &d->vifs[i]);
	if (!rc && !paused)
		rc = unpause(b.domid);
	if (!rc)
		return b.domid;
	domain_destroy(b.domid);
	return DOMAIN_NONE;
}

/* ---- keeping watch ---- */

/* Why it ended; -1: it is gone. */
static int wait_for_end(unsigned domid)
{
	struct xen_domctl_getdomaininfo info;

	for (;;) {
		if (domain_info(domid, &info) || info.flags & XEN_DOMINF_dying)
			return -1;
		if (info.flags & XEN_DOMINF_shutdown)
			return (int)(info.flags >> XEN_DOMINF_shutdownshift &
				     XEN_DOMINF_shutdownmask);
		free(xs_next_event(xs_get(), 60000));
	}
}

static const char *action_for(const struct domain_config *d, int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		return d->on_poweroff;
	case SHUTDOWN_reboot:
		return d->on_reboot;
	default:
		return d->on_crash;
	}
}

static unsigned start_watched(struct domain_config *d, unsigned old, bool paused);

static void keep_watch(struct domain_config *d, unsigned domid)
{
	const char *action;
	int reason;

	if (xs_watch(xs_get(), "@releaseDomain", "xl"))
		return;
	reason = wait_for_end(domid);
	if (reason < 0)
		return; /* somebody destroyed it, who removed its entries, too */
	action = action_for(d, reason);
	if (!strcmp(action, "preserve"))
		return;
	/* It may have been renamed meanwhile. */
	free(d->name);
	d->name = domain_name(domid);
	if (strcmp(action, "restart") != 0)
		domain_destroy(domid);
	else
		start_watched(d, domid, false);
}

struct search {
	const uint8_t *uuid;
	unsigned found;
};

static void look(const struct xen_domctl_getdomaininfo *info, void *data)
{
	struct search *s = data;

	if (!(info->flags & XEN_DOMINF_dying) && !memcmp(info->handle, s->uuid, 16))
		s->found = info->domain;
}

/*
 * The process that creates a domain may be killed at any moment, which nobody can catch. So the one that will
 * keep watch is there before the domain is, and waits for its number. Instead of that the pipe ends: then what
 * carries the identity that was drawn for it is half a domain, and goes.
 */
static void watcher(struct domain_config *d, unsigned old, int from)
{
	struct search s = { d->uuid, DOMAIN_NONE };
	unsigned domid;

	if (read(from, &domid, sizeof(domid)) == (ssize_t)sizeof(domid)) {
		close(from);
		keep_watch(d, domid);
		return;
	}
	domain_each(look, &s);
	if (s.found != DOMAIN_NONE)
		domain_destroy(s.found);
	if (old != DOMAIN_NONE)
		store_forget(old, d->uuid); /* it may have come as far as the hypervisor */
}

/*
 * Returns where its number is to be written to, or -1 after a complaint. The store's connection is not shared
 * with the parent: xs_get() opens one for each process.
 */
static int leave_watcher(struct domain_config *d, unsigned old)
{
	/* Before the fork: our session may end before the child has left it. */
	void (*hangup)(int) = signal(SIGHUP, SIG_IGN);
	int ends[2], null;
	pid_t child = pipe(ends) ? -1 : fork();

	if (child) {
		signal(SIGHUP, hangup);
		if (child < 0) {
			complain("no process to watch the domain: %s", strerror(errno));
			return -1;
		}
		close(ends[0]);
		return ends[1];
	}
	setsid();
	close(ends[1]);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 2 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 1)
		close(null);
	watcher(d, old, ends[0]);
	_exit(0);
}

/*
 * Makes the domain and leaves somebody to watch it, or returns DOMAIN_NONE and leaves nothing. old: the one that it
 * follows, of the same identity, which goes first (DOMAIN_NONE: there is none). A restart is made by the
 * watcher of the old one, who then ends: killed at any moment, it has a successor who removes what is half there.
 */
static unsigned start_watched(struct domain_config *d, unsigned old, bool paused)
{
	int to_watcher = leave_watcher(d, old);
	void (*broken)(int);
	unsigned domid;

	if (to_watcher < 0)
		return DOMAIN_NONE;
	if (old != DOMAIN_NONE)
		domain_destroy(old);
	domid = start(d, paused);
	if (domid == DOMAIN_NONE)
		return DOMAIN_NONE;
	broken = signal(SIGPIPE, SIG_IGN); /* it may have been killed meanwhile */
	if (write(to_watcher, &domid, sizeof(domid)) != (ssize_t)sizeof(domid))
		complain("nobody watches domain %u: destroy it when it has ended", domid);
	signal(SIGPIPE, broken);
	close(to_watcher);
	return domid;
}

/* ---- the command ---- */

struct options {
	bool console, paused, quiet, dry, debug, alone;
	const char *file;
	char **more; /* KEY=VALUE */
	int count;
};

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "dryrun", 0, NULL, 'n' },
					       { "quiet", 0, NULL, 'q' },
					       { "defconfig", 1, NULL, 'f' },
					       { 0 } };
	int option;

	memset(o, 0, sizeof(*o));
	while ((option = next_option(argc, argv, "cdef:npq", longs)) != -1) {
		if (option == '?')
			return 2;
		o->console |= option == 'c';
		o->paused |= option == 'p';
		o->quiet |= option == 'q';
		o->dry |= option == 'n';
		o->debug |= option == 'd';
		o->alone |= option == 'e';
		if (option == 'f')
			o->file = optarg;
	}
	o->more = argv + optind;
	for (int i = optind; i < argc; i++) {
		if (!o->file && !strchr(argv[i], '='))
			o->file = argv[i];
		else
			o->more[o->count++] = argv[i];
	}
	return o->file ? 0 : complain("which configuration? xl create FILE [KEY=VALUE...]");
}

/* What was understood, before anything is made of it. */
static void show(const struct domain_config *d)
{
	struct json j = { .out = stdout };

	put_config(&j, NULL, d, false);
	puts("");
}

/* Nobody shall act when it ends. */
static void leave_alone(struct domain_config *d)
{
	d->on_poweroff = d->on_reboot = d->on_crash = strdup("preserve");
}

int cmd_create(int argc, char **argv)
{
	struct domain_config d;
	struct options o;
	char number[16];
	unsigned domid;
	int status = read_options(argc, argv, &o);

	if (status)
		return status;
	if (!o.quiet)
		printf("Parsing config from %s\n", o.file);
	if (read_config(o.file, o.more, o.count, &d))
		return 1;
	if (o.dry || o.debug)
		show(&d);
	if (o.dry)
		return 0;
	if (o.alone)
		leave_alone(&d);
	fflush(stdout);
	domid = start_watched(&d, DOMAIN_NONE, o.paused && !o.console);
	if (domid == DOMAIN_NONE)
		return 1;
	if (!o.console)
		return 0;
	snprintf(number, sizeof(number), "%u", domid);
	return console_main(2, (char *[]){ (char *)"console", number, NULL });
}
