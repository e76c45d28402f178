/* SPDX-License-Identifier: MIT */
/*
 * Declarations that shapes.def asks for: one get, one put and one size a structure. See abi.h.
 *
 * The headers of every structure in shapes.def are included here, once for all its readers.
 */
#ifndef ABI_SHAPES_H
#define ABI_SHAPES_H

#include "mm/addr.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define SHAPE(name, fields)                                                            \
	int guest_get_##name(struct name *native, gptr_t array, uint64_t index);       \
	int guest_put_##name(gptr_t array, uint64_t index, const struct name *native); \
	size_t guest_sizeof_##name(void);
#define SAME(name) SHAPE(name, )
#include "abi/shapes.def"
#undef SHAPE
#undef SAME

/* A handle inside a native structure, as an address that the copying functions follow. */
#define guest_handle(handle) _gptr((uint64_t)(handle).p)

#endif
