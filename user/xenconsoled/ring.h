/* SPDX-License-Identifier: MIT */
/*
 * The console ring of <xen/io/console.h>, as the console daemon sees it.
 *
 * Two byte queues in a page that the guest can write at any time, indices included. So each index is read
 * once and checked; a distance that no honest guest can have means -1, and nothing of the page was used.
 */
#ifndef XENCONSOLED_RING_H
#define XENCONSOLED_RING_H

#include <stddef.h>
#include <stdint.h>
#include <xen/io/console.h>

/* Takes at most n bytes of what the guest has printed: how many, or -1. */
long ring_take(struct xencons_interface *r, char *buf, size_t n);
/* How many bytes can be given to the guest, or -1. */
long ring_room(const struct xencons_interface *r);
/* Gives the guest what was typed, as much as there is room for: how many, or -1. */
long ring_give(struct xencons_interface *r, const char *text, size_t n);

#endif
