# SPDX-License-Identifier: MIT
# Kernels of other people on Ringmaster, and their toolstack.
#
## guests-test Linux and GRUB as guests, xl as a toolstack: what nobody here wrote

TOOLSTACK_CPIO := $(O)/toolstack.cpio
TOOLSTACK_IN := $(wildcard tests/guests/toolstack tests/guests/*.cfg tests/guests/scripts/*)

# Two archives in a row are one to Linux.
$(TOOLSTACK_CPIO): $(O)/initramfs.cpio tests/guests/toolstack.list $(TOOLSTACK_IN) $(O)/pv/hello-64 \
		$(KIT)/kernel.o examples/httpd/httpd.c \
		tools/mkinitramfs tools/fetch
	$(call say,CPIO,$@)
	$(Q)tools/fetch linux xen-tools
	$(Q)$(MAKE) --no-print-directory app APP=examples/httpd/httpd.c
	$(Q)tools/mkinitramfs tests/guests/toolstack.list $(O) $@.tools
	$(Q)cat $(O)/initramfs.cpio $@.tools > $@ && rm $@.tools

.PHONY: guests-test
guests-test: $(O)/ringmaster $(O)/initramfs.cpio $(TOOLSTACK_CPIO)
	$(Q)tools/fetch linux linux-modules grub-xen
	$(Q)/usr/bin/python3 tests/guests/run.py --hypervisor $(O)/ringmaster \
		--ramdisk $(O)/initramfs.cpio --toolstack $(TOOLSTACK_CPIO)
