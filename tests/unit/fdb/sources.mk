# SPDX-License-Identifier: MIT
fdb_SOURCES := kernel/net/fdb.c
fdb_FLAGS := -iquote kernel -iquote kernel/include -Iinclude -Iarch/x86/include
