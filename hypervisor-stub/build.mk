# SPDX-License-Identifier: MIT
# Ringmaster: every .c and .S below hypervisor-stub/ plus the shared helpers of lib/.
# HVDEBUG=1 adds the lock-order checker and assertions.

HV	:= $(O)/hv
HVSRC	:= $(wildcard hypervisor-stub/*/*.c hypervisor-stub/*/*.S) \
	   lib/string.c lib/vsnprintf.c $(wildcard lib/guestimage/*.c)
HVOBJ	:= $(patsubst %,$(HV)/%.o,$(HVSRC))
HVFLAGS	:= $(FREE) -m64 -march=x86-64 -mno-red-zone -mgeneral-regs-only -mpreferred-stack-boundary=3 -fpie \
	   -freg-struct-return -include hypervisor-stub/base.h -Ihypervisor-stub -I. -I$(HV)/gen \
	   $(if $(HVDEBUG),-DDEBUG)

$(HV)/%.c.o: %.c | $(SETUP)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HVFLAGS) -c $< -o $@

$(HV)/%.S.o: %.S | $(SETUP)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HVFLAGS) -D__ASSEMBLER__ -D__ASSEMBLY__ -c $< -o $@

-include $(HVOBJ:.o=.d)

# `make hv-objs` compiles without linking.
.PHONY: hv-objs
hv-objs: $(HVOBJ)

include hypervisor-stub/boot/link.mk
include hypervisor-stub/abi/gen.mk
