/* SPDX-License-Identifier: MIT */
/*
 * Two copies of one image: domain 0 and an unprivileged domain, domain 1, that agree on a page.
 *
 * The unprivileged side grants a mailbox page to domain 0 at a fixed reference; domain 0 maps it as
 * soon as it can. Both then step through the test together: peer_step(n) says "I did my part n" and
 * waits for the other's. Words of the mailbox carry frame numbers and ports.
 */
#ifndef PV_PEER_H
#define PV_PEER_H

#include "grant.h"

#define PEER_DOMU    1
#define PEER_MAILBOX 8 /* grant reference */

struct mailbox {
	volatile uint32_t step[2]; /* of domain 0, of domain 1 */
	volatile uint64_t word[8];
};

/* Both sides call it first; returns the mailbox. Grant tables are set up, traps and shared_info too. */
struct mailbox *peer_init(void);
/* Wait until the other side has come to step n as well; fails the test after ten seconds. */
void peer_step(unsigned int n);
/* Unprivileged side: end without a further word. Domain 0: wait until the other has shut down. */
void peer_bye(void);

#endif
