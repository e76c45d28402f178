/* SPDX-License-Identifier: MIT */
/*
 * `selftest=WHAT`: break one of our own rules on purpose; the report must come, and say what it was.
 */
#ifndef BOOT_SELFTEST_H
#define BOOT_SELFTEST_H

void selftest(void);

#endif
