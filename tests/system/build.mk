# SPDX-License-Identifier: MIT
# The whole machine, driven through its console, and the programs those tests use.

SYSTEM_PROGS	:= $(patsubst tests/system/progs/%.c,$(O)/user/tests-system/%, \
		   $(wildcard tests/system/progs/*.c))

$(SYSTEM_PROGS): $(O)/user/tests-system/%: tests/system/progs/%.c $(NEWLIB_READY) $(USER_LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) $(USER_CFLAGS) $< $(USER_LIB) -s -o $@

$(O)/tests.cpio: $(SYSTEM_PROGS)

## system-test boot, terminal, signals, memory, crash, media, poweroff (TESTS="a b")
.PHONY: system-test
system-test: $(if $(HYPERVISOR),,$(O)/ringmaster) $(if $(KERNEL),,$(O)/ringlet) $(O)/tests.cpio \
		$(if $(HYPERVISOR)$(KERNEL),,$(O)/ringlet.iso)
	$(Q)tests/system/run $(TESTS)

# Ringlet as a guest of Ringlet: kernel and ramdisk inside the ramdisk of domain 0.
$(eval $(call pv_image,tests/system/guests,liar,system,64))
$(O)/consoles.cpio: $(O)/system/liar-64 $(O)/initramfs.cpio $(O)/ringlet tests/system/consoles.list $(wildcard tests/system/*.cfg)
	$(call say,CPIO,$@)
	$(Q)tools/mkinitramfs tests/system/consoles.list $(O) $@.guests
	$(Q)cat $(O)/initramfs.cpio $@.guests > $@ && rm $@.guests

## console-test guests' consoles: output, logs, detaching, a daemon that is killed (TESTS="a b")
.PHONY: console-test
console-test: $(O)/ringmaster $(O)/consoles.cpio
	$(Q)tests/system/consoles $(TESTS)

$(O)/store.cpio: $(O)/consoles.cpio tests/system/store.list $(SYSTEM_PROGS)
	$(call say,CPIO,$@)
	$(Q)tools/mkinitramfs tests/system/store.list $(O) $@.more
	$(Q)cat $(O)/consoles.cpio $@.more > $@ && rm $@.more

## store-test the store: its commands, programs that meet, a server that is replaced (TESTS="a b")
.PHONY: store-test
store-test: $(O)/ringmaster $(O)/store.cpio
	$(Q)tests/system/store $(TESTS)

## stack-test  guests on split drivers: disk, network, toolstack, kills, refusals (TESTS="a b")
.PHONY: stack-test stack-ready
stack-test: stack-ready
	$(Q)tests/system/stack $(TESTS)

# What its machine has on its disks.
stack-ready: $(O)/ringmaster $(O)/ringlet $(O)/initramfs.cpio $(SYSTEM_PROGS) foe
	$(Q)$(MAKE) --no-print-directory app APP=examples/httpd/httpd.c
	$(Q)$(MAKE) --no-print-directory app APP=examples/kv/kv.c

$(O)/host/volume: tests/system/progs/volume.c | $(SETUP)
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)gcc -O2 $(WARN) -o $@ $<

## volume-test data through the split drivers, each byte judged; guests that die writing (VOLUME="--kills 100")
.PHONY: volume-test
volume-test: $(O)/ringmaster $(O)/ringlet $(O)/initramfs.cpio $(O)/host/volume $(O)/user/tests-system/volume
	$(Q)tests/system/volume $(VOLUME) $(TESTS)
