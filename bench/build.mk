# SPDX-License-Identifier: MIT
# The benchmark of operations: a pv guest over the pv tests' library, timed by counted instructions.
#
## bench       instruction counts of every operation, beside real Xen's

define bench_width
$(O)/bench/operations-$(1): $(O)/bench/obj$(1)/operations.o $(O)/pv/pv$(1).lds \
		$(patsubst %,$(O)/pv/obj$(1)/lib/%.o,$(PV_LIB))
	$$(call say,LD$(1),$$@)
	$$(Q)$$(LD) $$(PV_LD$(1)) -nostdlib -static -z noexecstack -z max-page-size=4096 \
		--no-warn-rwx-segments -T $(O)/pv/pv$(1).lds -o $$@ $$(filter %.o,$$^)
$(O)/bench/obj$(1)/%.o: bench/%.c | $(SETUP)
	$$(call say,CC$(1),$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(PV_CF) $$(PV_CF$(1)) -c -o $$@ $$<
endef
$(foreach w,32 64,$(eval $(call bench_width,$(w))))
-include $(wildcard $(O)/bench/obj*/*.d)

.PHONY: bench bench-images
bench-images: $(O)/bench/operations-32 $(O)/bench/operations-64
all: bench-images

bench: $(O)/ringmaster bench-images
	$(Q)/usr/bin/python3 bench/run.py --hypervisor $(O)/ringmaster --out $(O)/bench/operations.csv
