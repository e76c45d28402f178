/* SPDX-License-Identifier: MIT */
/*
 * xenstore-check: is what the store says about domains and devices true, and does it agree with itself?
 */
#ifndef XENSTORE_CHECK_H
#define XENSTORE_CHECK_H

#include "xs.h"

/* What states of a device's two halves mean together. */
enum verdict {
	AT_REST,    /* both have done what is theirs, nobody is awaited */
	ON_ITS_WAY, /* somebody has to answer: fine for a moment */
	IMPOSSIBLE, /* no order of steps leads there */
};

struct judgement {
	enum verdict verdict;
	const char *awaited; /* who has to act: "frontend", "backend"; NULL */
};

/* Numbers of <xen/io/xenbus.h>; others are IMPOSSIBLE. */
struct judgement judge_states(unsigned front, unsigned back);
const char *state_name(unsigned state);

/* Looks again for up to `ms` milliseconds while a device is on its way. The exit status of the command. */
int do_check(struct xs *xs, long ms);

#endif
