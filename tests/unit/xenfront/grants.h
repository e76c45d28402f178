/* SPDX-License-Identifier: MIT */
/*
 * A grant table whose peer may hold on to pages, for the tests of the frontends' data paths.
 */
#ifndef TESTS_UNIT_XENFRONT_GRANTS_H
#define TESTS_UNIT_XENFRONT_GRANTS_H

#include "fake.h"

#define GRANTS 1024

extern bool fake_holds[GRANTS]; /* the peer still uses it: grant_end() fails */
extern unsigned fake_grants;	/* in use */

/* What stands for blk.c and net.c when a backend has lied. */
extern void (*fake_give_up)(void *front);

/* The page of a grant, or NULL. */
void *fake_grant_page(grant_ref_t ref);
/* The peer lets go of everything: what was left for later ends now. */
void fake_let_go(void);
/* What was put off into the store's thread runs now. */
void fake_run_deferred(void);

#endif
