# SPDX-License-Identifier: MIT
kmem_SOURCES := kernel/mm/page.c kernel/mm/kmalloc.c
kmem_HELPERS := fake.c
kmem_FLAGS := -iquote kernel -iquote kernel/include -Iinclude -Iarch/x86/include
