# SPDX-License-Identifier: MIT
# Kernels of other people on Ringmaster.
#
## guests-test Linux and GRUB as guests: kernels that nobody here wrote

.PHONY: guests-test
guests-test: $(O)/ringmaster $(O)/initramfs.cpio
	$(Q)tools/fetch linux linux-modules grub-xen
	$(Q)/usr/bin/python3 tests/guests/run.py --hypervisor $(O)/ringmaster \
		--ramdisk $(O)/initramfs.cpio
