# SPDX-License-Identifier: MIT
# The 32-bit kernel: kernel/, lib/ and this port, linked into one PV image with its symbols inside.

## ringlet     the 32-bit kernel: build/ringlet, symbols in build/ringlet.sym

RL	:= $(O)/ringlet.d
RLC	:= $(wildcard kernel/*.c kernel/proc/*.c kernel/mm/*.c kernel/fs/*.c kernel/fs/*/*.c kernel/tty/*.c \
	   kernel/linux/*.c kernel/block/*.c kernel/net/*.c arch/x86/*.c arch/xen-x86/*.c arch/xen-x86/x86_32/*.c \
	   drivers/*.c drivers/*/*.c) \
	   lib/string.c lib/vsnprintf.c lib/div64.c
RLS	:= $(wildcard arch/xen-x86/x86_32/*.S)
RLO	:= $(RLC:%.c=$(RL)/%.o) $(RLS:%.S=$(RL)/%.o) $(LWIP_O)
RLF	:= $(FREE) -m32 -march=i686 -mregparm=3 -freg-struct-return -mgeneral-regs-only -fno-pic \
	   -fno-pie -fno-omit-frame-pointer -fno-optimize-sibling-calls -ffunction-sections \
	   -fdata-sections -mpreferred-stack-boundary=2 \
	   -I. -Iinclude -Iinclude/shim -Ikernel/include -Ikernel -Iarch/x86/include -Iarch/xen-x86/include -Iarch/xen-x86 -Idrivers/xen -Idrivers/xenfront -Idrivers/xenback -iquote drivers
RLLD	:= $(CC) -m32 -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
	   -Wl,--no-warn-rwx-segments -Wl,--gc-sections -Wl,-T,arch/xen-x86/x86_32/ringlet.lds

-include $(RLO:.o=.d)

# The files that stand on the protocol stack. Its options decide what its structures look like.
$(RL)/kernel/net/%.o: RLF += $(LWIP_FLAGS)
$(patsubst %.c,$(RL)/%.o,$(wildcard kernel/net/*.c)): $(LWIP_READY) $(wildcard lib/lwip/include/*.h)

$(RL)/%.o: %.c | $(SETUP)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(RLF) -c -o $@ $<

$(RL)/%.o: %.S | $(SETUP)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(RLF) -D__ASSEMBLY__ -c -o $@ $<

# Linked twice: the table of symbols for backtraces is made from the first result, and stands behind
# all code in the image, so that it moves none.
$(O)/ringlet.sym: $(RLO) arch/xen-x86/x86_32/ringlet.lds arch/xen-x86/symbols.sh arch/xen-x86/build.mk
	$(call say,LD,$@)
	$(Q)$(RLLD) -o $(RL)/first $(RLO)
	$(Q)sh arch/xen-x86/symbols.sh $(RL)/first > $(RL)/symbols.S
	$(Q)$(CC) -m32 -c -o $(RL)/symbols.o $(RL)/symbols.S
	$(Q)$(RLLD) -o $@ $(RLO) $(RL)/symbols.o

$(O)/ringlet: $(O)/ringlet.sym
	$(Q)objcopy --strip-debug $< $@

.PHONY: ringlet
ringlet: $(O)/ringlet
all: $(O)/ringlet
