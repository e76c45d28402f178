# SPDX-License-Identifier: MIT
# The whole machine, driven through its console.

## system-test boot, terminal, signals, memory, crash, media, poweroff (TESTS="a b")
.PHONY: system-test
system-test: $(if $(HYPERVISOR),,$(O)/ringmaster) $(if $(KERNEL),,$(O)/ringlet) $(O)/tests.cpio \
		$(if $(HYPERVISOR)$(KERNEL),,$(O)/ringlet.iso)
	$(Q)tests/system/run $(TESTS)
