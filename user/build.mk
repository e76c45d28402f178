# SPDX-License-Identifier: MIT
# Ring-3 programs and the root file system that carries them.

BUSYBOX		:= $(O)/inputs/busybox
INITRAMFS	:= $(O)/initramfs.cpio
USER_PROGRAMS	:= $(patsubst user/%.c,$(O)/user/%,$(wildcard user/*.c))

$(BUSYBOX): | $(SETUP)
	$(Q)tools/fetch busybox

# Linked with symbols (build/user/NAME.sym, for gdb), carried without.
$(O)/user/%.sym: user/%.c $(NEWLIB_READY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) $(WARN) -MMD -MP -MF $@.d $< -o $@

$(O)/user/%: $(O)/user/%.sym
	$(Q)strip -o $@ $<

.SECONDARY: $(USER_PROGRAMS:=.sym)
-include $(USER_PROGRAMS:=.sym.d)

$(INITRAMFS): user/initramfs.list tools/mkinitramfs $(wildcard user/etc/*) $(USER_PROGRAMS) \
		$(BUSYBOX)
	$(call say,CPIO,$@)
	$(Q)tools/mkinitramfs $< $(O) $@

.PHONY: user
## user        ring-3 programs and build/initramfs.cpio
user: $(INITRAMFS)
all: $(INITRAMFS)
