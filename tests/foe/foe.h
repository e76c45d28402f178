/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the hostile guest share: chance, time, its client of the store, grants.
 *
 *	foe.c	the order of its misdeeds
 *	store.c	the store's ring, properly; and requests that nobody should make
 *	disk.c	a disk's ring
 *	net.c	a network interface's rings
 *
 * One thread, upcalls masked: whoever waits for another domain yields, and never for ever. Everything is drawn
 * from one seed.
 */
#ifndef FOE_H
#define FOE_H

#include "lib/event.h"
#include "lib/grant.h"
#include "lib/pv.h"

#define xen_mb()  __sync_synchronize()
#define xen_rmb() asm volatile("" : : : "memory")
#define xen_wmb() asm volatile("" : : : "memory")

#include <xen/io/xenbus.h>

#define PATIENCE 20000 /* yields before it stops waiting for somebody */

uint32_t draw(void);
/* 0 ... n - 1 */
uint32_t below(uint32_t n);
/* A number at one of the edges where checks are wrong, or any. */
uint32_t edge(void);
void scribble(void *at, size_t n);

/* Ways of saying `one of these`. */
#define ONE_OF(array) ((array)[below(ARRAY_SIZE(array))])

/* ---- grants: refs of pages that we own, of all kinds ---- */

enum { GOOD_REFS = 16, POOL_FIRST = 64, POOL_REFS = 32 };

/* A page lent to domain 0 for good, at ref. */
void lend(grant_ref_t ref, const void *page);
/* A reference for a request: good, read-only, revoked, another domain's, beyond the table. */
grant_ref_t any_ref(void);
void change_grants(void);
void *good_page(unsigned int n);

/* ---- store.c ---- */

/* 0, or the error's first letters as an int; the answer, terminated. False answers are -1: no store any more. */
int store_ask(uint32_t type, uint32_t tx, const void *body, size_t len, char *answer, size_t room);
int store_write(const char *path, const char *value);
int store_printf(const char *dir, const char *node, const char *fmt, ...) PRINTF(3, 4);
long store_number(const char *dir, const char *node);
bool store_read(const char *dir, const char *node, char *value, size_t room);
/* Waits until `dir`/state is one of the two. */
bool store_wait(const char *dir, unsigned int state, unsigned int other);
void store_misuse(const char *dir);
void store_spoil(void);

/* ---- devices ---- */

struct device {
	const char *type;
	char front[64], back[96];
	int port; /* 0: not connected */
	bool (*offer)(struct device *d);
	void (*misuse)(struct device *d);
};

extern struct device disk, net;
bool device_find(struct device *d, unsigned int id);
bool device_connect(struct device *d);
/* Through the states, as a frontend that goes and comes again. */
bool device_again(struct device *d);
void device_ring_bell(struct device *d);

#endif
