/* SPDX-License-Identifier: MIT */
/*
 * What the store says of a domain: the paths, values and rights that guests and tools look for.
 *
 * Everything of a new domain is written in one transaction, so that nobody ever sees half of it; its devices
 * follow, one transaction each, when it has been introduced.
 */
#include "user/xl/xl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void uuid_text(const uint8_t *u, char *text)
{
	for (unsigned i = 0; i < 16; i++)
		text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
				u[i]);
}

struct writer {
	struct xs *xs;
	xs_t t;
	char dir[128];
	unsigned domid;
	bool failed;
};

static void say(struct writer *w, const char *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* node below w->dir; "" is the directory itself. */
static void say(struct writer *w, const char *node, const char *fmt, ...)
{
	char path[256], value[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s%s%s", w->dir, *node ? "/" : "", node);
	w->failed |= xs_write(w->xs, w->t, path, value, strlen(value)) != 0;
}

/* Who may do what with a node: 'r' the guest may read it, 'o' it is the guest's own. */
static void allow(struct writer *w, const char *node, char who)
{
	char path[256], guest[16];
	const char *perms[2] = { "n0", guest };

	snprintf(path, sizeof(path), "%s%s%s", w->dir, *node ? "/" : "", node);
	snprintf(guest, sizeof(guest), "%c%u", who == 'o' ? 'n' : 'r', w->domid);
	if (who == 'o')
		w->failed |= xs_set_perms(w->xs, w->t, path, perms + 1, 1) != 0;
	else
		w->failed |= xs_set_perms(w->xs, w->t, path, perms, 2) != 0;
}

static void own(struct writer *w, const char *node)
{
	say(w, node, "%s", "");
	allow(w, node, 'o');
}

static void readable(struct writer *w, const char *node)
{
	say(w, node, "%s", "");
	allow(w, node, 'r');
}

static void write_vm(struct writer *w, const struct domain_config *c, const char *uuid)
{
	struct timespec now;

	snprintf(w->dir, sizeof(w->dir), "/vm/%s", uuid);
	readable(w, "");
	say(w, "name", "%s", c->name);
	say(w, "uuid", "%s", uuid);
	clock_gettime(CLOCK_REALTIME, &now);
	say(w, "start_time", "%lld.%02ld", (long long)now.tv_sec, now.tv_nsec / 10000000);
	say(w, "image/ostype", "linux");
	say(w, "image/kernel", "%s", c->kernel);
	say(w, "image/cmdline", "%s", c->cmdline);
	if (c->ramdisk)
		say(w, "image/ramdisk", "%s", c->ramdisk);
	say(w, "on_poweroff", "%s", c->on_poweroff);
	say(w, "on_reboot", "%s", c->on_reboot);
	say(w, "on_crash", "%s", c->on_crash);
}

static void write_consoles(struct writer *w, const struct built *b)
{
	readable(w, "console");
	say(w, "console/backend", "/local/domain/0/backend/console/%u/0", b->domid);
	say(w, "console/backend-id", "0");
	say(w, "console/limit", "1048576");
	say(w, "console/type", "xenconsoled");
	say(w, "console/output", "pty");
	say(w, "console/tty", "%s", "");
	say(w, "console/port", "%u", b->console_port);
	say(w, "console/ring-ref", "%lu", b->console_mfn);
	readable(w, "store");
	say(w, "store/port", "%u", b->store_port);
	say(w, "store/ring-ref", "%lu", b->store_mfn);
}

static void write_domain(struct writer *w, const struct domain_config *c, const struct built *b,
			 const char *uuid)
{
	static const char *const for_guest[] = { "control/shutdown",
						 "control/feature-poweroff",
						 "control/feature-reboot",
						 "control/feature-suspend",
						 "control/sysrq",
						 "data",
						 "drivers",
						 "feature",
						 "attr",
						 "error" };
	char node[32];

	snprintf(w->dir, sizeof(w->dir), "/local/domain/%u", b->domid);
	readable(w, "");
	say(w, "vm", "/vm/%s", uuid);
	say(w, "name", "%s", c->name);
	say(w, "domid", "%u", b->domid);
	readable(w, "cpu");
	for (unsigned v = 0; v < c->maxvcpus; v++) {
		snprintf(node, sizeof(node), "cpu/%u/availability", v);
		say(w, node, "%s", v < c->vcpus ? "online" : "offline");
	}
	readable(w, "memory");
	say(w, "memory/static-max", "%llu", (unsigned long long)c->maxmem_kb);
	say(w, "memory/target", "%llu", (unsigned long long)c->memory_kb);
	say(w, "memory/videoram", "0");
	readable(w, "device");
	readable(w, "control");
	say(w, "control/platform-feature-xs_reset_watches", "1");
	for (size_t i = 0; i < sizeof(for_guest) / sizeof(for_guest[0]); i++)
		own(w, for_guest[i]);
	write_consoles(w, b);
}

int store_domain(const struct domain_config *c, const struct built *b)
{
	struct writer w = { .xs = xs_get(), .domid = b->domid };
	char uuid[40];

	uuid_text(c->uuid, uuid);
	do {
		w.failed = false;
		if (xs_begin(w.xs, &w.t))
			return complain("the store: %s", strerror(errno)) ? -1 : 0;
		write_vm(&w, c, uuid);
		write_domain(&w, c, b, uuid);
		if (w.failed) {
			int error = errno;

			xs_end(w.xs, w.t, false);
			return complain("the store takes no entry for %s: %s", c->name,
					strerror(error))
				       ? -1
				       : 0;
		}
	} while (xs_end(w.xs, w.t, true) && errno == EAGAIN);
	if (xs_introduce(w.xs, b->domid, b->store_mfn, b->store_port))
		return complain("the store cannot reach domain %u: %s", b->domid, strerror(errno))
			       ? -1
			       : 0;
	return 0;
}

void store_forget_devices(unsigned domid)
{
	struct xs *xs = xs_get();
	char path[96], **types = xs_directory(xs, 0, "/local/domain/0/backend", NULL);

	for (char **t = types; t && *t; t++) {
		static const char *const places[] = { "backend", "error/backend" };

		for (unsigned i = 0; i < 2; i++) {
			snprintf(path, sizeof(path), "/local/domain/0/%s/%s/%u", places[i], *t,
				 domid);
			if (xs_exists(xs, 0, path))
				xs_rm(xs, 0, path);
		}
	}
	free(types);
}

void store_forget(unsigned domid, const uint8_t *uuid)
{
	struct xs *xs = xs_get();
	char path[64], text[40];

	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	xs_rm(xs, 0, path);
	uuid_text(uuid, text);
	snprintf(path, sizeof(path), "/vm/%s", text);
	if (xs_exists(xs, 0, path))
		xs_rm(xs, 0, path);
	xs_release(xs, domid); /* it may be gone already */
}
