/* SPDX-License-Identifier: MIT */
/*
 * The store's clients are domains: domain.c.
 */
#ifndef XENSTORED_DOMAIN_H
#define XENSTORED_DOMAIN_H

#include "store.h"

/* Domain 0's own ring and the event channels. What to poll for events, or -1 when the reason was said. */
int domains_init(void);
/* One event has come. */
void domains_event(void);
/* What is in the rings, for some rounds. True: there may be more. */
bool domains_serve(void);

#endif
