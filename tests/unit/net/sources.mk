# SPDX-License-Identifier: MIT
net_SOURCES := kernel/net/train.c kernel/net/offload.c kernel/net/packet.c tests/unit/xenback/fake.c
net_FLAGS := -iquote kernel -iquote kernel/include -iquote drivers -iquote drivers/xen -iquote tests/unit/xenback \
	-Iinclude -Iarch/x86/include -Itests/unit/net $(LWIP_FLAGS)

$(UT)/net/kernel/net/train.o $(UT)/net/tests/unit/net/train_test.o: $(LWIP_READY)
