/* SPDX-License-Identifier: MIT */
/*
 * Devices in the store, and their drivers.
 *
 * A frontend is a directory device/TYPE/ID of our own part of the store, a backend is backend/TYPE/DOMAIN/ID;
 * each names the other's place. They come and go as the toolstack writes and removes them, so both trees
 * are watched; and of each device the other half's state. All of this runs in the store's thread, one
 * thing after another: a driver's functions never meet each other.
 *
 *	appears ---> probe ---> peer_changed(state)... ---> directory gone: remove
 */
#include "timer.h"
#include "xs.h"

#include <xen/io/xenbus.h>

/* Lines about one device in a period. */
#define SAY_MOST   4
#define SAY_PERIOD (10 * NSEC_PER_SEC)

static const struct xendev_driver *drivers[8];
static unsigned driver_count;
static struct list devices = LIST_INIT(devices);
static bool watching;

/* ---- talking about one device ---- */

static char *printed(const char *fmt, const char *a, const char *b)
{
	size_t n = strlen(fmt) + strlen(a) + strlen(b) + 1;
	char *s = kmalloc(n);

	if (s)
		snprintf(s, n, fmt, a, b);
	return s;
}

/* A directory that the toolstack has removed must not come back with nothing but our state in it. */
static int put_state(void *device, xs_transaction_t t)
{
	struct xendev *d = device;
	char *before = xs_read(t, d->path, "state", NULL);

	if (is_err(before))
		return (int)ptr_err(before);
	kfree(before);
	return xs_printf(t, d->path, "state", "%u", d->state);
}

void xendev_switch(struct xendev *d, unsigned state)
{
	int rc;

	d->state = state;
	rc = xs_transact(put_state, d);
	if (rc && rc != -ENOENT) /* gone together with its directory */
		printk("%s: cannot write state %u: error %d\n", d->path, state, -rc);
}

/* May this line be printed? Of any context: a device's own thread speaks here, too. */
static bool may_say(struct xendev *d, unsigned *unsaid)
{
	unsigned long state = irq_save();
	uint64_t now = time_now();
	bool may;

	*unsaid = 0;
	if (!d->said_first || now - d->said_first >= SAY_PERIOD) {
		*unsaid = d->unsaid;
		d->said_first = now;
		d->said = d->unsaid = 0;
	}
	may = d->said < SAY_MOST;
	if (may)
		d->said++;
	else
		d->unsaid++;
	irq_restore(state);
	return may;
}

static void say(struct xendev *d, const char *sentence)
{
	unsigned unsaid;

	if (!may_say(d, &unsaid))
		return;
	if (unsaid)
		printk("%s: %u lines about it were not printed\n", d->path, unsaid);
	printk("%s: %s\n", d->path, sentence);
}

void xendev_say(struct xendev *d, const char *fmt, ...)
{
	char sentence[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	say(d, sentence);
}

/* What was said about a device ends with it, and the directories of it that are empty then. */
static void forget_error(struct xendev *d)
{
	char *place = printed("%s/%s", "error", d->path), *end;
	unsigned count = 0;

	while (d->has_error && place && !count && (end = strrchr(place, '/'))) {
		char *names;

		(void)xs_rm(0, place);
		*end = '\0';
		names = xs_directory(0, place, &count);
		count += is_err(names) &&
			 ptr_err(names) != -ENOENT; /* the toolstack removes them, too */
		if (!is_err(names))
			kfree(names);
	}
	kfree(place);
}

void xendev_error(struct xendev *d, bool fatal, const char *fmt, ...)
{
	char sentence[160], *place;
	va_list args;

	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	say(d, sentence);
	place = printed("%s/%s", "error", d->path); /* where the toolstack looks */
	if (place)
		d->has_error |= !xs_write(0, place, "error", sentence);
	kfree(place);
	if (fatal)
		xendev_switch(d, XenbusStateClosing);
}

/* ---- coming and going ---- */

void xendev_look_at_peer(struct xendev *d)
{
	uint32_t state = XenbusStateUnknown;

	if (d->unbound)
		return;
	(void)xs_read_u32(0, d->peer_path, "state", &state);
	/* A backend says Connected again when its disk has another size. */
	if (state == d->peer_state && (d->driver->backend || state != XenbusStateConnected))
		return;
	d->peer_state = state;
	if (d->driver->peer_changed)
		d->driver->peer_changed(d, state);
}

static void peer_event(struct xs_watch *w, const char *path)
{
	(void)path;
	xendev_look_at_peer(w->data);
}

static void device_free(struct xendev *d)
{
	forget_error(d);
	kfree(d->peer_watch.path);
	kfree(d->peer_path);
	kfree(d->path);
	kfree(d);
}

/* What the directory says about the other half. */
static int read_peer(struct xendev *d)
{
	const char *other = d->driver->backend ? "frontend" : "backend";
	char node[16], *path = xs_read(0, d->path, other, NULL);
	uint32_t id;
	int rc;

	if (is_err(path))
		return (int)ptr_err(path);
	d->peer_path = path;
	snprintf(node, sizeof(node), "%s-id", other);
	rc = xs_read_u32(0, d->path, node, &id);
	if (!rc && id >= DOMID_FIRST_RESERVED)
		rc = -EINVAL;
	d->peer = (domid_t)id;
	return rc;
}

static struct xendev *device_new(const struct xendev_driver *driver, const char *path, unsigned id)
{
	struct xendev *d = kzalloc(sizeof(*d));

	if (!d)
		return NULL;
	d->driver = driver;
	d->id = id;
	d->path = kstrdup(path);
	if (!d->path || read_peer(d)) {
		device_free(d);
		return NULL;
	}
	d->peer_watch.path = printed("%s/%s", d->peer_path, "state");
	d->peer_watch.fn = peer_event;
	d->peer_watch.data = d;
	if (!d->peer_watch.path) {
		device_free(d);
		return NULL;
	}
	return d;
}

static void device_add(const struct xendev_driver *driver, const char *path, unsigned id)
{
	struct xendev *d = device_new(driver, path, id);
	uint32_t state = XenbusStateUnknown;
	int rc;

	if (!d)
		return; /* not complete yet: its next change tries again */
	(void)xs_read_u32(0, path, "state", &state);
	if (state !=
	    XenbusStateInitialising) { /* not complete, or one that has ended here before */
		device_free(d);
		return;
	}
	d->state = state;
	rc = driver->probe(d);
	if (rc) {
		xendev_error(d, false, "its driver does not take it: error %d", -rc);
		xendev_switch(d, XenbusStateClosed);
		d->has_error =
			false; /* its directory stays, and so does the reason: the toolstack's to remove */
		device_free(d);
		return;
	}
	list_add_tail(&devices, &d->link);
	/* A new watch fires at once: that is the first look at the peer. */
	rc = xs_watch(&d->peer_watch);
	if (rc)
		xendev_error(d, true, "cannot watch %s: error %d", d->peer_watch.path, -rc);
}

static void device_remove(struct xendev *d)
{
	list_del(&d->link);
	xs_unwatch(&d->peer_watch);
	d->driver->remove(d);
	device_free(d);
}

/* ---- the two trees ---- */

struct xendev *xendev_find(const char *path)
{
	struct xendev *d;

	list_for_each (d, &devices, link)
		if (!strcmp(d->path, path))
			return d;
	return NULL;
}

void xendev_list(struct text *t)
{
	struct xendev *d;

	list_for_each (d, &devices, link)
		text_printf(t, "%s %s\n", d->path, d->unbound ? "unbound" : "bound");
}

static bool exists(const char *path)
{
	unsigned count;
	char *names = xs_directory(0, path, &count);

	if (is_err(names))
		return ptr_err(names) != -ENOENT;
	kfree(names);
	return true;
}

/* A look at what may have changed: one event's path, at, above or below which a device may have come or gone. */
struct look {
	const struct xendev_driver *driver;
	const char *changed;
};

/* Is one of the paths the other, or above it? */
static bool on_one_way(const char *a, const char *b)
{
	size_t n = min(strlen(a), strlen(b));

	return !strncmp(a, b, n) && (!a[n] || a[n] == '/') && (!b[n] || b[n] == '/');
}

/* fn(l, "dir/NAME", NAME) for what is in a directory and meant: with a hundred guests only that one costs anything. */
static void for_each_in(const struct look *l, const char *dir,
			void (*fn)(const struct look *l, const char *path, const char *name))
{
	unsigned count;
	char *names = xs_directory(0, dir, &count), *name = names;

	if (is_err(names))
		return;
	for (; count--; name += strlen(name) + 1) {
		char *path = printed("%s/%s", dir, name);

		if (path && on_one_way(path, l->changed))
			fn(l, path, name);
		kfree(path);
	}
	kfree(names);
}

static void found_device(const struct look *l, const char *path, const char *name)
{
	if (!xendev_find(path))
		device_add(l->driver, path, (unsigned)strtoul(name, NULL, 10));
}

/* backend/TYPE/DOMAIN holds the devices of one domain. */
static void found_domain(const struct look *l, const char *path, const char *name)
{
	(void)name;
	for_each_in(l, path, found_device);
}

static void scan_driver(const struct xendev_driver *driver, const char *changed)
{
	char *dir = printed("%s/%s", driver->backend ? "backend" : "device", driver->type);
	struct look l = { driver, changed };

	if (dir && on_one_way(dir, changed))
		for_each_in(&l, dir, driver->backend ? found_domain : found_device);
	kfree(dir);
}

static void drop_vanished(const char *changed)
{
	struct xendev *d, *next;

	list_for_each_safe (d, next, &devices, link)
		if (on_one_way(d->path, changed) && !exists(d->path))
			device_remove(d);
}

/* Inside the directory of a device that we have, and not its root: that is our own or the peer's writing. */
static bool is_inner_change(const char *path)
{
	struct xendev *d;

	list_for_each (d, &devices, link) {
		size_t n = strlen(d->path);

		if (!strncmp(path, d->path, n) && path[n] == '/')
			return true;
	}
	return false;
}

static void tree_event(struct xs_watch *w, const char *path)
{
	(void)w;
	if (is_inner_change(path))
		return;
	drop_vanished(path);
	for (unsigned i = 0; i < driver_count; i++)
		scan_driver(drivers[i], path);
}

static struct xs_watch front_watch = { .path = (char *)"device", .fn = tree_event };
static struct xs_watch back_watch = { .path = (char *)"backend", .fn = tree_event };

static void start_watching(void *unused)
{
	int rc = xs_watch(&front_watch);

	(void)unused;
	if (!rc)
		rc = xs_watch(&back_watch);
	if (rc)
		printk("xenbus: cannot watch for devices: error %d\n", -rc);
}

void xendev_register_driver(const struct xendev_driver *driver)
{
	bug_on(watching || driver_count == ARRAY_SIZE(drivers));
	drivers[driver_count++] = driver;
}

void xendev_init(void)
{
	watching = true;
	if (driver_count)
		xs_defer(start_watching, NULL);
}
