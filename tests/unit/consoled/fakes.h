/* SPDX-License-Identifier: MIT */
/*
 * A store and a hypervisor for the console daemon: one guest, whose ring is ordinary memory.
 */
#ifndef FAKES_H
#define FAKES_H

#include "console.h"

extern struct xencons_interface fake_ring;
extern const char *fake_ring_ref; /* what the store says; NULL: nothing */
extern char fake_tty[64];	  /* console/tty */
extern unsigned fake_notified, fake_unmasked, fake_bound, fake_mapped;

#endif
