# SPDX-License-Identifier: MIT
# What a person does with the result: run it, put it on a medium, look inside, check and test it.

## run         boot to the shell of a guest (GUESTS= DISK= CPUS= MEM= PORT=), or another kernel (GUEST= ARGS= INITRD= HV_ARGS= DOMU=)
.PHONY: run
run: $(if $(HYPERVISOR),,$(O)/ringmaster) $(if $(GUEST),,$(O)/ringlet $(O)/initramfs.cpio)
	@GUESTS='$(GUESTS)' DISK='$(DISK)' CPUS='$(CPUS)' PORT='$(PORT)' GUEST='$(GUEST)' ARGS='$(ARGS)' $(if $(INITRD),INITRD='$(INITRD)') MEM='$(MEM)' \
		HV_ARGS='$(HV_ARGS)' DOMU='$(DOMU)' DOMU_INITRD='$(DOMU_INITRD)' \
		tools/run

## iso         build/ringlet.iso, which boots as CD and as disk
ISO	:= $(O)/ringlet.iso
$(ISO): tools/mkiso $(O)/ringmaster $(O)/ringlet $(O)/initramfs.cpio
	$(call say,ISO,$@)
	$(Q)tools/mkiso $@ $(O)/ringmaster $(O)/ringlet $(O)/initramfs.cpio
.PHONY: iso
iso: $(ISO)

## gdb         QEMU halted at its first instruction, gdb attached (PROG=hello adds a program's symbols)
.PHONY: gdb
gdb: $(O)/ringmaster $(O)/ringlet $(O)/initramfs.cpio
	@PROG='$(PROG)' ARGS='$(ARGS)' MEM='$(MEM)' HV_ARGS='$(HV_ARGS)' tools/gdb/start

## check       formatting, warnings, static analysis, who may include whom
.PHONY: check
check: all
	$(Q)tools/check

## test        every suite, two side by side: unit, hv, pv (also on real Xen), hostile, guests, user, system, ...
.PHONY: test
test: all test-ready
	$(Q)tests/all

# All that any suite builds or downloads: suites that run side by side find it done.
.PHONY: test-ready
test-ready: $(UTPROGS) $(O)/tests.cpio $(O)/ringlet.iso $(O)/toolstack.cpio $(O)/consoles.cpio $(O)/store.cpio \
		$(O)/host/volume $(O)/user/tests-system/volume
	$(Q)tools/fetch xen linux linux-modules grub-xen

# Inputs that are downloaded when something wants them.
$(O)/inputs/xen-4.17: | $(SETUP)
	$(Q)tools/fetch xen
$(O)/inputs/linux: | $(SETUP)
	$(Q)tools/fetch linux
$(O)/inputs/grub-xen: | $(SETUP)
	$(Q)tools/fetch grub-xen

include examples/build.mk
