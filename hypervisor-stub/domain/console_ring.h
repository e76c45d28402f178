/* SPDX-License-Identifier: MIT */
/*
 * The console of a domain that no toolstack built: the other end of its ring is here.
 */
#ifndef DOMAIN_CONSOLE_RING_H
#define DOMAIN_CONSOLE_RING_H

#include "mm/addr.h"

struct domain;

/* Serve the ring (struct xencons_interface) in this page of d; the port to tell d, 0: none was free. */
uint32_t console_ring_attach(struct domain *d, mfn_t ring);
/* A key for d. Lost if the ring is full or d has spoilt it. */
void console_ring_type(struct domain *d, char c);

#endif
