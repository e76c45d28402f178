# SPDX-License-Identifier: MIT
# The unikernel kit: kit.h says what is linked with what.

KIT		:= $(O)/kit
KIT_KERNEL	:= $(addprefix $(RL)/lib/kit/,call.o first.o usercopy.o dhcp.o) $(RL)/lwip/core/ipv4/dhcp.o
KIT_APP		:= $(addprefix $(KIT)/,app.o network.o)
KIT_NAME	= $(basename $(notdir $(APP)))
# The kernel's own version of what the kit replaces stays out.
KIT_RLO		= $(filter-out $(RL)/kernel/first.o $(RL)/arch/xen-x86/usercopy.o,$(RLO)) $(KIT_KERNEL)

# lwIP's client for addresses: as if the kernel's lwIP had been configured with it (lwipopts.h).
KIT_DHCP	:= -DLWIP_DHCP=1 -DLWIP_NUM_NETIF_CLIENT_DATA=0
$(RL)/lib/kit/dhcp.o: RLF += $(LWIP_FLAGS) $(KIT_DHCP)
$(RL)/lib/kit/dhcp.o: $(LWIP_READY) lib/lwip/include/lwipopts.h
$(RL)/lwip/core/ipv4/dhcp.o: $(LWIP_READY) lib/lwip/include/lwipopts.h
	$(call say,CC,lwip/core/ipv4/dhcp.c)
	@mkdir -p $(@D)
	$(Q)$(CC) $(RLF) -w $(LWIP_FLAGS) $(KIT_DHCP) -isystem lib/lwip/include/shim -c -o $@ \
		$(LWIP)/src/core/ipv4/dhcp.c

$(KIT)/kernel.o: $(RLO) $(KIT_KERNEL) lib/kit/build.mk
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)ld -r -m elf_i386 -o $@.all $(KIT_RLO)
	$(Q)objcopy --keep-global-symbol=xen_entry --keep-global-symbol=kit_call \
		--keep-global-symbol=kit_memory --keep-global-symbol=kit_dhcp $@.all $@

$(KIT)/%.o: lib/kit/%.c $(NEWLIB_READY)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) $(WARN) -ffunction-sections -fdata-sections -I. -Iinclude -c $< -o $@

# As the kernel itself: linked twice, for the table of symbols. The glue's doors to ring 0 are defined a second
# time here, and the first definition counts.
KIT_LINK	= $(RLLD) -Wl,-z,muldefs $(KIT)/kernel.o $(KIT_APP) $(KIT)/$(KIT_NAME).o
KIT_LIBS	= -Wl,--start-group $(NEWLIB_GLUE) $(NEWLIB)/inst/i686-elf/lib/libc.a \
		  $(NEWLIB)/inst/i686-elf/lib/libm.a $(shell $(CC) -m32 -print-libgcc-file-name) -Wl,--end-group

# What is wrong with a program is said in its own words: lib/kit/explain reads what the linker said.
## app         a program and the kernel as one ring-1 image: make app APP=x.c gives build/apps/x
.PHONY: app
app: $(KIT)/kernel.o $(KIT_APP) $(NEWLIB_READY)
	@[ -n "$(APP)" ] || { echo "make app APP=FILE.c: which program?" >&2; exit 1; }
	@[ -r "$(APP)" ] || { echo "$(APP): no such file" >&2; exit 1; }
	@mkdir -p $(O)/apps
	$(call say,APP,$(O)/apps/$(KIT_NAME))
	$(Q)$(RINGLET_CC) -Wall -ffunction-sections -fdata-sections -c $(APP) -o $(KIT)/$(KIT_NAME).o
	$(Q)sh arch/xen-x86/symbols.sh /dev/null 2>/dev/null > $(KIT)/none.S && $(CC) -m32 -c -o $(KIT)/none.o $(KIT)/none.S
	$(Q)$(KIT_LINK) $(KIT)/none.o -o $(KIT)/$(KIT_NAME).first $(KIT_LIBS) 2> $(KIT)/$(KIT_NAME).said || \
		{ sh lib/kit/explain $(APP) $(KIT)/$(KIT_NAME).said >&2; exit 1; }
	$(Q)sh arch/xen-x86/symbols.sh $(KIT)/$(KIT_NAME).first > $(KIT)/$(KIT_NAME).symbols.S
	$(Q)$(CC) -m32 -c -o $(KIT)/$(KIT_NAME).symbols.o $(KIT)/$(KIT_NAME).symbols.S
	$(Q)$(KIT_LINK) $(KIT)/$(KIT_NAME).symbols.o -o $(O)/apps/$(KIT_NAME).sym $(KIT_LIBS)
	$(Q)strip -o $(O)/apps/$(KIT_NAME) $(O)/apps/$(KIT_NAME).sym
