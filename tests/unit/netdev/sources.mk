# SPDX-License-Identifier: MIT
netdev_SOURCES := $(addprefix kernel/net/,netdev.c offload.c packet.c) tests/unit/xenback/fake.c
netdev_FLAGS := -iquote kernel -iquote kernel/include -iquote drivers -iquote drivers/xen -iquote tests/unit/xenback \
	-Iinclude -Iarch/x86/include -Wno-format-truncation
