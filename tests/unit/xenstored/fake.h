/* SPDX-License-Identifier: MIT */
/*
 * A carrier for the store that keeps what it is given: clients, their requests as bytes, and what they get.
 */
#ifndef FAKE_H
#define FAKE_H

#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

/* An empty store and no clients. */
void fake_begin(void);
void fake_end(void);

/*
 * The same as set-up and tear-down of a test: domain 0, and two guests as a toolstack prepares them, each the owner of
 * what is below its own place.
 */
extern struct connection *d0, *g1, *g2;
int fake_two_guests(void **state);
int fake_done(void **state);

struct connection *fake_guest(unsigned domain);
struct connection *fake_domain0(void);

/*
 * Sends one request and returns its answer as text: strings with '|' for each terminator; an error is "!NAME", and
 * "!DEAD" for a client that is not served any more. Events that come stay unread. The text is good until the
 * next call.
 */
const char *fake_ask(struct connection *c, uint32_t type, uint32_t t, const void *body, size_t len);
#define ask(c, type, t, body) fake_ask(c, type, t, body, sizeof(body) - 1)

/* The next unread event as "path|token", or "" when there is none. */
const char *fake_event(struct connection *c);

/* Domains that were introduced. */
extern bool fake_introduced[DOMAINS_MOST];

/* malloc() fails when this counts down to 0; -1: never. */
extern long fake_mallocs_left;

#endif
