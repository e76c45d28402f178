# SPDX-License-Identifier: MIT
xenfront_SOURCES := drivers/xenfront/blk_ring.c drivers/xenfront/net_ring.c kernel/net/packet.c \
	kernel/net/offload.c tests/unit/xenback/fake.c
xenfront_HELPERS := grants.c
xenfront_FLAGS := -iquote kernel -iquote kernel/include -iquote drivers -iquote drivers/xen -iquote tests/unit/xenback \
	-Iinclude -Iarch/x86/include
