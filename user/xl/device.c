/* SPDX-License-Identifier: MIT */
/*
 * Devices of a domain: both halves' places in the store, written and removed.
 *
 * The backend is in domain 0, a driver of its kernel; it finds what it needs in its directory and the frontend in
 * its own. To take a device away the backend is told that it shall not be any more (online 0, state
 * Closing), and both directories go when the halves have closed, or after a while.
 */
#include "user/xl/xl.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#define LOOP_CTL_GET_FREE 0x4c82
#define LOOP_CONFIGURE	  0x4c0a

/* <linux/loop.h>: struct loop_config, of which a file and a flag are of interest. */
#define LO_FLAGS_AUTOCLEAR 4u

struct loop_config {
	uint32_t fd, block_size;
	uint8_t not_said[52];
	uint32_t flags;
	uint8_t names[176];
	uint64_t reserved[8];
};

_Static_assert(offsetof(struct loop_config, names) == 64 && sizeof(struct loop_config) == 304,
	       "Linux's");

/* Numbers of devices as Linux packs them, up to 255 and 255. */
#define MAJOR(rdev) ((unsigned)((rdev) >> 8) & 0xff)
#define MINOR(rdev) ((unsigned)(rdev)&0xff)

struct place {
	char front[80], back[80];
};

static struct place place_of(unsigned domid, const char *type, unsigned id)
{
	struct place p;

	snprintf(p.front, sizeof(p.front), "/local/domain/%u/device/%s/%u", domid, type, id);
	snprintf(p.back, sizeof(p.back), "/local/domain/0/backend/%s/%u/%u", type, domid, id);
	return p;
}

static int put(xs_t t, const char *dir, const char *node, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static int put(xs_t t, const char *dir, const char *node, const char *fmt, ...)
{
	char path[128], value[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/%s", dir, node);
	return xs_write(xs_get(), t, path, value, strlen(value));
}

/* Both directories, with what all devices have in common; each half owns its own and reads the other's. */
static int make_places(xs_t t, const struct place *p, unsigned domid)
{
	char guest_own[16], guest_reads[16];
	const char *front[] = { guest_own, "r0" }, *back[] = { "n0", guest_reads };

	snprintf(guest_own, sizeof(guest_own), "n%u", domid);
	snprintf(guest_reads, sizeof(guest_reads), "r%u", domid);
	return xs_mkdir(xs_get(), t, p->front) || xs_set_perms(xs_get(), t, p->front, front, 2) ||
	       xs_mkdir(xs_get(), t, p->back) || xs_set_perms(xs_get(), t, p->back, back, 2) ||
	       put(t, p->front, "backend", "%s", p->back) || put(t, p->front, "backend-id", "0") ||
	       put(t, p->back, "frontend", "%s", p->front) ||
	       put(t, p->back, "frontend-id", "%u", domid) || put(t, p->back, "online", "1");
}

static int set_states(xs_t t, const struct place *p)
{
	return put(t, p->front, "state", "%d", XenbusStateInitialising) ||
	       put(t, p->back, "state", "%d", XenbusStateInitialising);
}

/*
 * A file becomes a block device: a loop device that is free. It is the file's as long as somebody has it open: we,
 * until the backend does. -1 after a complaint.
 */
static int attach_loop(const struct disk_spec *d, char *device, size_t size)
{
	struct loop_config config = { .flags = LO_FLAGS_AUTOCLEAR };
	int control = open("/dev/loop-control", O_RDWR), file, loop = -1, n;

	file = open(d->target, d->writable ? O_RDWR : O_RDONLY);
	if (file < 0)
		complain("disk %s: %s", d->target, strerror(errno));
	n = control < 0 || file < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE, 0);
	if (n >= 0) {
		snprintf(device, size, "/dev/loop%d", n);
		loop = open(device, d->writable ? O_RDWR : O_RDONLY);
	}
	config.fd = (uint32_t)file;
	if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &config) < 0) {
		if (file >= 0)
			complain("disk %s: no loop device for it: %s", d->target, strerror(errno));
		if (loop >= 0)
			close(loop);
		loop = -1;
	}
	if (control >= 0)
		close(control);
	if (file >= 0)
		close(file);
	return loop;
}

static int check_device(const char *device, struct stat *st)
{
	if (stat(device, st) < 0)
		return complain("disk %s: %s", device, strerror(errno)) ? -1 : 0;
	if (!S_ISBLK(st->st_mode))
		return complain("disk %s: it is no block device; a file is named by its whole path",
				device)
			       ? -1
			       : 0;
	return 0;
}

static int publish_disk(unsigned domid, const struct disk_spec *d, const struct place *at,
			const char *device)
{
	struct place p = *at;
	struct stat st;
	bool failed;
	xs_t t;

	if (check_device(device, &st))
		return -1;
	do {
		if (xs_begin(xs_get(), &t))
			return complain("the store: %s", strerror(errno)) ? -1 : 0;
		failed = make_places(t, &p, domid) ||
			 put(t, p.front, "virtual-device", "%u", d->number) ||
			 put(t, p.front, "device-type", "disk") ||
			 put(t, p.front, "trusted", "1") || put(t, p.back, "dev", "%s", d->vdev) ||
			 put(t, p.back, "type", "phy") || put(t, p.back, "params", "%s", device) ||
			 put(t, p.back, "physical-device", "%x:%x", MAJOR(st.st_rdev),
			     MINOR(st.st_rdev)) ||
			 put(t, p.back, "mode", d->writable ? "w" : "r") ||
			 put(t, p.back, "device-type", "disk") ||
			 put(t, p.back, "removable", "0") ||
			 put(t, p.back, "specification", "xen") ||
			 put(t, p.back, "hotplug-status", "connected") ||
			 put(t, p.back, "bootable", "1") || set_states(t, &p);
	} while (xs_end(xs_get(), t, !failed) && !failed && errno == EAGAIN);
	return failed ? complain("disk %s: the store: %s", d->vdev, strerror(errno)), -1 : 0;
}

/* Until the backend has opened the device, or said that it does not; ten seconds at most. */
static void wait_for_backend(const struct place *p)
{
	bool waiting = true;

	for (unsigned i = 0; i < 1000 && waiting; i++) {
		char *state = xs_readf(xs_get(), 0, "%s/state", p->back);

		waiting = state && atoi(state) == XenbusStateInitialising;
		free(state);
		if (waiting)
			usleep(10000);
	}
}

int device_add_disk(unsigned domid, const struct disk_spec *d)
{
	struct place p = place_of(domid, "vbd", d->number);
	char device[128];
	int loop = -1, rc;

	if (xs_exists(xs_get(), 0, p.back))
		return complain("domain %u has a disk %s already", domid, d->vdev) ? -1 : 0;
	snprintf(device, sizeof(device), "%s", d->target);
	if (d->is_file) {
		loop = attach_loop(d, device, sizeof(device));
		if (loop < 0)
			return -1;
	}
	rc = publish_disk(domid, d, &p, device);
	if (loop >= 0) {
		if (!rc)
			wait_for_backend(&p);
		close(loop);
	}
	return rc;
}

/* What Xen's tools draw: their own prefix, and the rest by chance. */
static void draw_mac(char *mac)
{
	uint8_t r[3] = { 0x12, 0x34, 0x56 };
	int fd = open("/dev/urandom", O_RDONLY);

	if (fd >= 0) {
		if (read(fd, r, sizeof(r)) != sizeof(r))
			r[0] = 0;
		close(fd);
	}
	sprintf(mac, "00:16:3e:%02x:%02x:%02x", r[0] & 0x7fu, r[1], r[2]);
}

int device_add_vif(unsigned domid, unsigned devid, const struct vif_spec *v)
{
	struct place p = place_of(domid, "vif", devid);
	char mac[18];
	bool failed;
	xs_t t;

	strcpy(mac, v->mac);
	if (!*mac)
		draw_mac(mac);
	do {
		if (xs_begin(xs_get(), &t))
			return complain("the store: %s", strerror(errno)) ? -1 : 0;
		failed = make_places(t, &p, domid) || put(t, p.front, "handle", "%u", devid) ||
			 put(t, p.front, "mac", "%s", mac) || put(t, p.front, "mtu", "1500") ||
			 put(t, p.back, "handle", "%u", devid) ||
			 put(t, p.back, "mac", "%s", mac) ||
			 put(t, p.back, "bridge", "%s", v->bridge) ||
			 put(t, p.back, "type", "vif") || put(t, p.front, "trusted", "1") ||
			 put(t, p.back, "hotplug-status", "connected") ||
			 (*v->ip && put(t, p.back, "ip", "%s", v->ip)) ||
			 (v->rate_bytes && put(t, p.back, "rate", "%llu,%u",
					       (unsigned long long)v->rate_bytes, v->rate_usecs)) ||
			 set_states(t, &p);
	} while (xs_end(xs_get(), t, !failed) && !failed && errno == EAGAIN);
	return failed ? complain("vif %u: the store: %s", devid, strerror(errno)), -1 : 0;
}

/* ---- away ---- */

static bool closed(const char *dir)
{
	char *state = xs_readf(xs_get(), 0, "%s/state", dir);
	bool is = !state || atoi(state) == XenbusStateClosed;

	free(state);
	return is;
}

static int remove_device(unsigned domid, const char *type, unsigned id)
{
	struct place p = place_of(domid, type, id);
	bool gone = false;

	if (!xs_exists(xs_get(), 0, p.back))
		return complain("domain %u has no %s %u", domid, type, id);
	put(0, p.back, "online", "0");
	put(0, p.back, "state", "%d", XenbusStateClosing);
	for (unsigned tenths = 0; tenths < 100 && !gone; tenths++) {
		gone = closed(p.back) && closed(p.front);
		if (!gone)
			usleep(100000);
	}
	if (!gone)
		return complain("domain %u does not let go of %s %u (is it in use there?)", domid,
				type, id);
	xs_rm(xs_get(), 0, p.front);
	xs_rm(xs_get(), 0, p.back);
	return 0;
}

/* ---- commands ---- */

static char *value_of(const char *dir, const char *node)
{
	char *value = xs_readf(xs_get(), 0, "%s/%s", dir, node);

	/* Some of it the guest wrote: it must not speak to our terminal. */
	for (char *c = value; c && *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return value ? value : strdup("-");
}

/* fn(domid, id, front, back) for each device of a type. */
static int each_device(const char *which, const char *type,
		       void (*fn)(unsigned id, const struct place *p))
{
	unsigned domid = domain_find(which);
	char dir[64], **ids;

	if (domid == DOMAIN_NONE)
		return 1;
	snprintf(dir, sizeof(dir), "/local/domain/%u/device/%s", domid, type);
	ids = xs_directory(xs_get(), 0, dir, NULL);
	for (char **i = ids; i && *i; i++) {
		unsigned id = (unsigned)strtoul(*i, NULL, 10);
		struct place p = place_of(domid, type, id);

		fn(id, &p);
	}
	free(ids);
	return 0;
}

static void print_block(unsigned id, const struct place *p)
{
	char *state = value_of(p->front, "state"), *port = value_of(p->front, "event-channel"),
	     *ref = value_of(p->front, "ring-ref"), *back = value_of(p->front, "backend-id"),
	     *handle = value_of(p->back, "frontend-id");

	printf("%-5u %-3s %-6s %-5s %-6s %-8s %-30s\n", id, back, handle, state, port, ref,
	       p->back);
	free(state);
	free(port);
	free(ref);
	free(back);
	free(handle);
}

int cmd_block_list(int argc, char **argv)
{
	(void)argc;
	printf("%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE", "handle", "state", "evt-ch",
	       "ring-ref", "BE-path");
	return each_device(argv[1], "vbd", print_block);
}

static void print_network(unsigned id, const struct place *p)
{
	char *mac = value_of(p->front, "mac"), *state = value_of(p->front, "state"),
	     *port = value_of(p->front, "event-channel"), *tx = value_of(p->front, "tx-ring-ref"),
	     *rx = value_of(p->front, "rx-ring-ref");

	printf("%-3u %-2d %-17s %6u %5s %6s %5s/%-11s %-30s\n", id, 0, mac, id, state, port, tx, rx,
	       p->back);
	free(mac);
	free(state);
	free(port);
	free(tx);
	free(rx);
}

int cmd_network_list(int argc, char **argv)
{
	(void)argc;
	printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s\n", "Idx", "BE", "Mac Addr.",
	       "handle", "state", "evt-ch", "tx-", "rx-ring-ref", "BE-path");
	return each_device(argv[1], "vif", print_network);
}

/* The words of a device may come apart: they belong together. */
static void join(char *out, size_t size, int argc, char **argv)
{
	out[0] = '\0';
	for (int i = 0; i < argc; i++) {
		strncat(out, i ? "," : "", size - strlen(out) - 1);
		strncat(out, argv[i], size - strlen(out) - 1);
	}
}

int cmd_block_attach(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]);
	char text[256], error[400];
	struct disk_spec d;

	join(text, sizeof(text), argc - 2, argv + 2);
	if (domid == DOMAIN_NONE)
		return 1;
	if (!parse_disk(text, &d, error, sizeof(error)))
		return complain("%s", error);
	return device_add_disk(domid, &d) ? 1 : 0;
}

int cmd_block_detach(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]), number = vdev_number(argv[2]);

	(void)argc;
	if (domid == DOMAIN_NONE)
		return 1;
	return remove_device(domid, "vbd", number ? number : (unsigned)strtoul(argv[2], NULL, 10));
}

int cmd_network_attach(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]), devid = 0;
	char text[256], error[400];
	struct vif_spec v;

	join(text, sizeof(text), argc - 2, argv + 2);
	if (domid == DOMAIN_NONE)
		return 1;
	if (!parse_vif(text, &v, error, sizeof(error)))
		return complain("%s", error);
	while (xs_exists(xs_get(), 0, place_of(domid, "vif", devid).back))
		devid++;
	return device_add_vif(domid, devid, &v) ? 1 : 0;
}

int cmd_network_detach(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]);

	(void)argc;
	return domid == DOMAIN_NONE
		       ? 1
		       : remove_device(domid, "vif", (unsigned)strtoul(argv[2], NULL, 10));
}
