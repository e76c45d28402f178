# SPDX-License-Identifier: MIT
# Unit tests: pure logic, compiled for the host with address and undefined-behaviour sanitizers.
#
# Every folder here is an area. Each *_test.c in it is one program under cmocka. sources.mk names
# what is under test: AREA_SOURCES (files of the tree, compiled once an area), AREA_HELPERS (files
# of the area that all its tests link), AREA_FLAGS, AREA_LIBS.

## unit        logic on the host under sanitizers: make unit [AREA=fs]

UT	:= $(O)/unit
UTAREAS	:= $(if $(AREA),$(AREA),$(notdir $(patsubst %/sources.mk,%,$(wildcard tests/unit/*/sources.mk))))
UTF	:= -std=gnu11 -O1 -g $(WARN) -fno-omit-frame-pointer -fsanitize=address,undefined \
	   -fno-sanitize-recover=all -I. -isystem $(O)/include \
	   -D__XEN_INTERFACE_VERSION__=0x00040d00 -MMD -MP

include $(UTAREAS:%=tests/unit/%/sources.mk)

# $(1) = area: its objects lie below build/unit/AREA, its programs are build/unit/AREA/NAME_test.
define unit-area
UTOBJS_$(1) := $$($(1)_SOURCES:%.c=$(UT)/$(1)/%.o) \
	$$($(1)_HELPERS:%.c=$(UT)/$(1)/tests/unit/$(1)/%.o)
UTPROGS_$(1) := $$(patsubst tests/unit/$(1)/%.c,$(UT)/$(1)/%,$$(wildcard tests/unit/$(1)/*_test.c))

$(UT)/$(1)/%.o: %.c tests/unit/$(1)/sources.mk | $$(SETUP)
	$$(call say,CC,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(UTF) $$($(1)_FLAGS) -c -o $$@ $$<

$$(UTPROGS_$(1)): $(UT)/$(1)/%_test: $(UT)/$(1)/tests/unit/$(1)/%_test.o $$(UTOBJS_$(1))
	$$(call say,LD,$$@)
	$$(Q)$$(CC) -fsanitize=address,undefined -o $$@ $$^ $$($(1)_LIBS) -lcmocka

-include $$(UTOBJS_$(1):.o=.d) $$(wildcard $(UT)/$(1)/tests/unit/$(1)/*.d)
UTPROGS += $$(UTPROGS_$(1))
endef
$(foreach a,$(UTAREAS),$(eval $(call unit-area,$(a))))

.PHONY: unit
.SECONDARY:
unit: $(UTPROGS)
	$(Q)sh tests/unit/run $(UT) $(UTPROGS)
