# SPDX-License-Identifier: MIT
# Real files of abi/ over a guest that is a buffer of ours: host/ has their lower neighbours.
abi_SOURCES	:= hypervisor-stub/abi/shapes.c hypervisor-stub/abi/multicall.c hypervisor-stub/abi/hcpage.c
abi_HELPERS	:= guest.c
abi_FLAGS	:= -include tests/unit/abi/host/base.h -Itests/unit/abi/host -Ihypervisor-stub \
		   -I$(O)/hv/gen -I$(UT)/abi

# What a 32-bit compiler makes of each structure, with every field filled: a program tells.
$(UT)/abi/truth32: tests/unit/abi/truth32.c | $(SETUP)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -std=gnu11 $(WARN) -include tests/unit/abi/host/base.h -Ihypervisor-stub -I. \
		-isystem $(O)/include -D__XEN_INTERFACE_VERSION__=0x00040d00 -MMD -MP -o $@ $<
$(UT)/abi/truth.h: $(UT)/abi/truth32
	$(Q)$< > $@
$(UT)/abi/tests/unit/abi/shapes_test.o: $(UT)/abi/truth.h
$(UT)/abi/hypervisor-stub/abi/shapes.o $(UT)/abi/hypervisor-stub/abi/multicall.o: \
	$(O)/hv/gen/shapes32.h $(O)/hv/gen/offsets32.h
-include $(UT)/abi/truth32.d
