/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's base.h for code that a host program links: the same, but with visible symbols.
 */
#ifndef HOST_BASE_H
#define HOST_BASE_H

#include "hypervisor-stub/base.h"
#pragma GCC visibility pop

#endif
