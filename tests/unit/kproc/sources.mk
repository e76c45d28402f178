# SPDX-License-Identifier: MIT
kproc_SOURCES := kernel/mm/vma.c kernel/proc/signal_pending.c kernel/proc/timer.c arch/x86/desc.c
kproc_HELPERS := fake.c
kproc_FLAGS := -iquote kernel -iquote kernel/include -iquote kernel/proc -Iinclude -Iarch/x86/include
