# SPDX-License-Identifier: MIT
# Small programs that print what they observe of a kernel; the same binaries run on the host and on
# Ringlet, and the outputs are compared.

USER_PROGS	:= $(patsubst tests/user/progs/%.c,$(O)/user/tests/%,$(wildcard tests/user/progs/*.c))
TESTS_CPIO	:= $(O)/tests.cpio

$(O)/user/tests-sym/%: tests/user/progs/%.c $(NEWLIB_READY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) $(WARN) -MMD -MP -MF $@.d $< -o $@

$(O)/user/tests/%: $(O)/user/tests-sym/%
	@mkdir -p $(@D)
	$(Q)strip -o $@ $<

.SECONDARY: $(USER_PROGS:$(O)/user/tests/%=$(O)/user/tests-sym/%)
-include $(wildcard $(O)/user/tests-sym/*.d)

# The root file system of the tests: two archives, one behind the other.
$(TESTS_CPIO): $(O)/initramfs.cpio tests/user/initramfs.list tests/user/one \
		$(wildcard tests/user/scripts/*.sh) $(USER_PROGS)
	$(call say,CPIO,$@)
	$(Q)tools/mkinitramfs tests/user/initramfs.list $(O) $@.programs
	$(Q)cat $(O)/initramfs.cpio $@.programs > $@ && rm $@.programs

## user-test   programs and shell scripts on Ringlet and on the host, outputs compared (TESTS="a b")
.PHONY: user-test
user-test: $(if $(HYPERVISOR),,$(O)/ringmaster) $(if $(KERNEL),,$(O)/ringlet) $(TESTS_CPIO)
	$(Q)tests/user/run $(TESTS)
