# SPDX-License-Identifier: MIT
xenback_SOURCES := $(addprefix drivers/xenback/,blk_ring.c blk_work.c net_rx.c net_tx.c net_work.c) \
	$(addprefix kernel/net/,packet.c offload.c)
xenback_HELPERS := fake.c
xenback_FLAGS := -iquote kernel -iquote kernel/include -iquote drivers -iquote drivers/xen -Iinclude -Iarch/x86/include
