/* SPDX-License-Identifier: MIT */
/*
 * What a bridge's port lets in: guard.c.
 */
#ifndef KERNEL_NET_GUARD_H
#define KERNEL_NET_GUARD_H

#include "bridge.h"

/* May the other side of this port say that it is who the frame says? */
bool guard_is_honest(const struct bridge_port *port, const uint8_t *frame, uint32_t len);
/* "10.0.2.15 10.0.2.16": the only ones from now on; none: any. 0, -EINVAL, -ENOSPC. */
int guard_addresses(struct bridge_port *port, const char *text);

#endif
