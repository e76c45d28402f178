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

# Programs of several files: one folder each. They share user/lib and, like other code of this tree, may use lib/.
USER_FOLDERS	:= $(filter-out lib,$(notdir $(patsubst %/main.c,%,$(wildcard user/*/main.c))))
USER_BIG	:= $(USER_FOLDERS:%=$(O)/user/%)
USER_CFLAGS	= $(WARN) -Iuser/lib -Iinclude/shim -I. -isystem $(O)/include -D_GNU_SOURCE \
		  -D__XEN_INTERFACE_VERSION__=0x00040d00 -MMD -MP
USER_LIB	:= $(O)/user.o/lib.a
USER_LIB_O	:= $(patsubst user/%.c,$(O)/user.o/%.o,$(wildcard user/lib/*.c))

$(O)/user.o/%.o: user/%.c $(NEWLIB_READY)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) $(USER_CFLAGS) -c $< -o $@

$(USER_LIB): $(USER_LIB_O)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(O)/user.o/lib/%.o: lib/%.c $(NEWLIB_READY)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) $(USER_CFLAGS) -c $< -o $@

# What a folder takes from elsewhere: USER_EXTRA_NAME, object files.
USER_EXTRA_xl	:= $(patsubst %.c,$(O)/user.o/%.o,$(wildcard lib/guestimage/*.c lib/guestbuild/*.c))
define user_folder
$(O)/user/$(1).sym: $(patsubst user/%.c,$(O)/user.o/%.o,$(wildcard user/$(1)/*.c)) $$(USER_EXTRA_$(1)) $(USER_LIB)
	$$(call say,LINK,$$@)
	$$(Q)$$(RINGLET_CC) $$(filter %.o,$$^) $(USER_LIB) -o $$@
endef
$(foreach folder,$(USER_FOLDERS),$(eval $(call user_folder,$(folder))))
-include $(wildcard $(O)/user.o/*/*.d $(O)/user.o/*/*/*.d)

.SECONDARY: $(USER_PROGRAMS:=.sym) $(USER_BIG:=.sym)
-include $(USER_PROGRAMS:=.sym.d)

$(INITRAMFS): user/initramfs.list tools/mkinitramfs $(wildcard user/etc/* user/xen/*) $(O)/ringlet $(USER_PROGRAMS) $(USER_BIG) \
		$(BUSYBOX)
	$(call say,CPIO,$@)
	$(Q)tools/mkinitramfs $< $(O) $@

.PHONY: user
## user        ring-3 programs and build/initramfs.cpio
user: $(INITRAMFS)
all: $(INITRAMFS)
