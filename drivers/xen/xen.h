/* SPDX-License-Identifier: MIT */
/*
 * What the halves of paravirtual devices stand on: event channels, grants, the store.
 *
 * drivers/xenfront and drivers/xenback use this header and the kernel's driver interfaces, never each other.
 * Numbers of domains, ports and grants mean what <xen/...> says. Whoever is at the other end is not
 * trusted: what comes over a ring or out of the store is checked by the driver that reads it.
 */
#ifndef DRIVERS_XEN_H
#define DRIVERS_XEN_H

#include "kernel.h"
#include "lock.h"

#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>

/*
 * Orders for shared memory, as <xen/io/ring.h> wants them. x86 keeps stores in order and loads in order; only
 * a store before a load needs an instruction.
 */
#define xen_mb()  __sync_synchronize()
#define xen_rmb() asm volatile("" : : : "memory")
#define xen_wmb() asm volatile("" : : : "memory")

/* ---- events.c: ports with a function ---- */

/* fn(data) runs in the upcall, interrupts masked; it must not sleep. All return a port or -errno. */
int evtchn_alloc(domid_t remote, void (*fn)(void *data), void *data);
int evtchn_connect(domid_t remote, evtchn_port_t remote_port, void (*fn)(void *data), void *data);
int evtchn_bind(evtchn_port_t port, void (*fn)(void *data),
		void *data); /* one that exists already */
int evtchn_bind_virq_fn(unsigned virq, void (*fn)(void *data), void *data);
void evtchn_notify(evtchn_port_t port);
void evtchn_mask(evtchn_port_t port), evtchn_unmask(evtchn_port_t port);
/* The function does not run any more when this returns. */
void evtchn_close(evtchn_port_t port);

/* ---- grant.c: our pages for others ---- */

#define GREF_NONE (~0u)

/* Lends one page of the kernel's memory. GREF_NONE: the table is full. Any context. */
grant_ref_t grant_access(domid_t to, const void *page, bool readonly);
/* Takes it back; false: the other still uses it, the entry stays and so must the page. Any context. */
bool grant_end(grant_ref_t ref);
/*
 * The page and its entry go when the other lets go of it (it is asked again by a timer): for what cannot
 * wait. The page must be one of page_alloc()'s with one reference, which this takes over.
 */
void grant_end_later(grant_ref_t ref, void *page);

/* ---- grant_map.c: others' pages for us ---- */

/*
 * Maps count pages of `from` at consecutive kernel addresses (rings); NULL: refused (*error says why, -errno).
 * May sleep.
 */
void *grant_map(domid_t from, const grant_ref_t *refs, unsigned count, bool readonly, int *error);
void grant_unmap(void *va);

struct grant_copy {
	/* One side is a grant of `domain`, the other our own memory; both within one page. */
	domid_t domain;
	grant_ref_t ref;
	uint16_t offset; /* in the granted page */
	uint16_t len;
	void *va;
	bool to_grant;
	int16_t status; /* GNTST_okay or another */
};

/* As many at once as there are; false if any failed. Any context. */
bool grant_copy(struct grant_copy *ops, unsigned count);

/* ---- xenbus.c: the store ---- */

/* All may sleep. Paths are absolute, or relative to the domain's own (/local/domain/N). */

typedef uint32_t xs_transaction_t; /* 0: none */

/* The value, kmalloc and terminated, or err_ptr; *len without the terminator, may be NULL. */
char *xs_read(xs_transaction_t t, const char *path, const char *node, size_t *len);
int xs_write(xs_transaction_t t, const char *path, const char *node, const char *value);
int xs_printf(xs_transaction_t t, const char *path, const char *node, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* 0, -ENOENT, -EINVAL when it is not a number that fits. */
int xs_read_u32(xs_transaction_t t, const char *path, const char *node, uint32_t *value);
int xs_mkdir(xs_transaction_t t, const char *path);
int xs_rm(xs_transaction_t t, const char *path);
/* Names, each terminated, one after another in one kmalloc; *count of them. err_ptr. */
char *xs_directory(xs_transaction_t t, const char *path, unsigned *count);
int xs_transaction_start(xs_transaction_t *t);
/* -EAGAIN: somebody else came between, do it all again. */
int xs_transaction_end(xs_transaction_t t, bool abort);
/* write(data, t) as one transaction, again and again until nobody comes between. 0 or the first error. */
int xs_transact(int (*write)(void *data, xs_transaction_t t), void *data);

struct xs_watch {
	struct list link;
	unsigned id; /* on the wire */
	char *path;  /* the caller's, stays until unwatch */
	/* In the store's thread: may sleep and use the store. */
	void (*fn)(struct xs_watch *w, const char *path);
	void *data;
};

int xs_watch(struct xs_watch *w);
void xs_unwatch(struct xs_watch *w); /* fn does not run any more when this returns */

/* Do this in the store's thread, soon. Nothing happens in a domain without a store. */
void xs_defer(void (*fn)(void *data), void *data);

/* ---- device.c: devices in the store, and their drivers ---- */

struct xendev;

struct xendev_driver {
	const char *type; /* "vbd", "vif", "console": the directory below device/ or backend/ */
	bool backend;
	/* It appeared: state Initialising (front) or Initialising (back) in the store. 0 or -errno. */
	int (*probe)(struct xendev *d);
	/*
	 * The other half changed its state (enum xenbus_state of <xen/io/xenbus.h>); a backend may say Connected
	 * more than once.
	 */
	void (*peer_changed)(struct xendev *d, unsigned state);
	/* It is gone from the store, or its probe is to be undone. All its memory is given back here. */
	void (*remove)(struct xendev *d);
	/*
	 * Of a backend that may be restarted (restart.c): gives the connection back. Connecting is peer_changed's as
	 * ever, also to a ring that was left in the middle.
	 */
	void (*release)(struct xendev *d);
};

/* All of a driver's functions run in one thread, the store's: they may sleep and need no lock against each other. */
struct xendev {
	struct list link;
	const struct xendev_driver *driver;
	char *path;	 /* "device/vbd/51712" or "backend/vif/3/0" */
	char *peer_path; /* absolute */
	domid_t peer;
	unsigned id;	/* the last number of the path */
	unsigned state; /* ours, as last written */
	unsigned peer_state;
	struct xs_watch peer_watch;
	bool has_error;	       /* there is a sentence in error/ */
	uint64_t said_first;   /* xendev_say(): when its period began */
	unsigned said, unsaid; /* lines in it, printed and not */
	/* Of a backend that an operator takes down and brings back (restart.c). */
	bool unbound;	      /* its driver does not have it */
	bool abrupt;	      /* release: as if the driver had crashed, nothing more is answered */
	uint32_t offer;	      /* the port of the connection that there is, or was last */
	uint32_t stale_offer; /* a connection with this port is not to be used again; 0: none */
	void *priv;
};

void xendev_register_driver(const struct xendev_driver *driver);
/* Writes our state into the store. */
void xendev_switch(struct xendev *d, unsigned state);
/* A line in the log, which ends itself. What the other half can cause is said so: no more than a person can read. */
void xendev_say(struct xendev *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A sentence into error/ of the store, gone with the device, and the log; and, with fatal, state Closing. */
void xendev_error(struct xendev *d, bool fatal, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * restart.c; a frontend's. Its backend is in InitWait: is it to be offered a ring? Not if it may take up the offer that
 * stands in the store with this port: that must not change below its hands.
 */
bool xendev_wants_offer(struct xendev *d, int port);
/* Nobody is left to take up what it offered: its state is Initialising again. */
void xendev_withdraw_offer(struct xendev *d);

/* Once, by the kernel's start, when threads run. */
void xen_drivers_init(void);

#endif
