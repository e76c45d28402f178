/* SPDX-License-Identifier: MIT */
/*
 * A direct map for tests of boot/: a few megabytes of the host's memory at machine address 0.
 */
#ifndef TESTS_UNIT_BOOT_FAKE_H
#define TESTS_UNIT_BOOT_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor-stub/base.h"
/* The host's own functions are in shared libraries. */
#pragma GCC visibility pop

#define MM_LAYOUT_H
#define FAKE_RAM_BYTES (4UL << 20)
extern uint8_t fake_ram[FAKE_RAM_BYTES];
#define DIRECT_MAP_VA  ((uint64_t)fake_ram)
#define FRAME_TABLE_VA 0UL /* nobody looks at frames here */

/* panic() comes back here, if a test expects it. */
extern jmp_buf fake_panic;

#endif
