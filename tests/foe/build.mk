# SPDX-License-Identifier: MIT
# The hostile guest with a disk and a network, over the library of the pv tests; tests/system/stack runs it.

FOE_PARTS := store disk net

define foe_width
$(call pv_image,tests/foe,foe,foe,$(1))
$(O)/foe/obj$(1)/%.o: tests/foe/%.c | $(SETUP)
	$$(call say,CC$(1),$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(PV_CF) $$(PV_CF$(1)) -c -o $$@ $$<
$(O)/foe/foe-$(1): $(patsubst %,$(O)/foe/obj$(1)/%.o,$(FOE_PARTS))
endef
$(foreach w,32 64,$(eval $(call foe_width,$(w))))
-include $(wildcard $(O)/foe/obj*/*.d)

.PHONY: foe
foe: $(O)/foe/foe-32 $(O)/foe/foe-64
all: foe
