/* SPDX-License-Identifier: MIT */
/*
 * What the files of the store's client share; drivers use xen.h.
 */
#ifndef DRIVERS_XEN_XS_H
#define DRIVERS_XEN_XS_H

#include "xen.h"
#include "fs/iter.h"
#include "fs/text.h"

#include <xen/io/xs_wire.h>

/*
 * One request and its answer, which is kmalloc'd and terminated (*len without that). The error of an
 * XS_ERROR answer as -errno, -EIO when the server does not keep to the protocol. May sleep, for as long
 * as there is no server. When the server ends in the middle, the next one is asked; a transaction ended with
 * its server: -EAGAIN.
 */
int xs_talk(uint32_t type, xs_transaction_t t, const struct span *parts, unsigned count,
	    char **reply, size_t *len);
/* The same, of the server that is there: -ENOTCONN when there is none, or it ends before it has answered. */
int xs_ask(uint32_t type, xs_transaction_t t, const struct span *parts, unsigned count,
	   char **reply, size_t *len);

/* xs_wire.c: the ring. 0, or -ENODEV when this domain has no store. */
int xs_wire_init(void);
/* In domain 0: what the server in ring 3 maps and binds. */
void *xs_wire_page(void);
evtchn_port_t xs_wire_port(void);
bool xs_wire_is_own(void);
/* Another number for each server. */
unsigned xs_wire_service(void);

/* Sleeps until there is a server, or a signal: 0, -ERESTARTSYS, -ENODEV. */
int xs_wire_wait(void);
/* The server opens and closes its end. false: this ring is not for a program to serve. */
bool xs_wire_serve_begin(void);
void xs_wire_serve_end(void);

/* xs_watch.c: tells a new server what is watched; in the store's thread. */
void xs_watch_again(void *unused);
/* An event has arrived; takes the body over. */
void xs_watch_event(char *body, size_t len);
void xs_watch_init(void);

/* device.c; all in the store's thread. */
void xendev_init(void);
struct xendev *xendev_find(const char *path); /* NULL: there is none, or no driver took it */
/* A line for each device: its path, and whether its driver has it. */
void xendev_list(struct text *t);
/* Tells the driver if the other half's state is another than last time. */
void xendev_look_at_peer(struct xendev *d);

/*
 * restart.c; in the store's thread. What an operator may do with a backend: its driver lets go of it, with all that
 * it took answered; has it back; or loses everything at once and begins anew. 0, -ENODEV: no such
 * device; -EINVAL: no backend that can be restarted; -EALREADY: it is so.
 */
int xendev_unbind(const char *path), xendev_bind(const char *path), xendev_reset(const char *path);

#endif
