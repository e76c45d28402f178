/* SPDX-License-Identifier: MIT */
/*
 * A machine of some pages, and locks that only check that they are paired.
 */
#ifndef TESTS_UNIT_KMEM_FAKE_H
#define TESTS_UNIT_KMEM_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "kernel.h"
#include "mm/page.h"

#define FAKE_PAGES 4096ul

/* Starts over: all pages but those of `hole` are free. */
void fake_reset(unsigned long hole_first, unsigned long hole_end);

#endif
