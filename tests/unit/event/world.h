/* SPDX-License-Identifier: MIT */
/*
 * Two domains for tests of event channels: d1 with two vCPUs, d2 with one; `kicks` counts vCPUs told.
 */
#ifndef EVENT_WORLD_H
#define EVENT_WORLD_H

#include "abi/shared.h"
#include "cpu/cpu.h"
#include "event/internal.h"

extern struct domain world_d1, world_d2;
extern struct vcpu world_v0, world_v1, world_peer;
extern unsigned int world_kicks, world_polls;

/* Everything as new, both domains of this width. */
void world_make(bool is_32bit);
void world_destroy(void);

#endif
