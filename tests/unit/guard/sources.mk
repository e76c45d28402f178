# SPDX-License-Identifier: MIT
guard_SOURCES := kernel/net/guard.c
guard_FLAGS := -iquote kernel -iquote kernel/include -Iinclude -Iarch/x86/include
