/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors in the processor's format, for thread-local storage.
 */
#ifndef ARCH_DESC_H
#define ARCH_DESC_H

#include <machine.h>

/* A descriptor that a program may have: data or code of ring 3, never a system segment. */
bool desc_valid(const struct machine_tls *tls);
uint64_t desc_encode(const struct machine_tls *tls);	  /* 0 for an empty one */
void desc_decode(uint64_t desc, struct machine_tls *tls); /* all but the slot */

#endif
