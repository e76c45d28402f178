# SPDX-License-Identifier: MIT
# The 32-bit layouts: shapes.def compiled with -m32, its rows picked out of the assembler output.

SHAPES32 := $(HV)/gen/shapes32.h
OFFSETS32 := $(HV)/gen/offsets32.h

$(SHAPES32): hypervisor-stub/abi/gen/shapes32.c | $(SETUP)
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -g,$(FREE)) -m32 -include hypervisor-stub/base.h -Ihypervisor-stub -I. \
		-MT $@ -MF $(@:.h=.d) -S $< -o $(@:.h=.s)
	$(Q)sed -n 's/^@//p' $(@:.h=.s) > $@

$(OFFSETS32): $(SHAPES32)
	$(Q)sed -n 's/^%//p' $(<:.h=.s) > $@

$(HVOBJ): | $(SHAPES32) $(OFFSETS32)

# The toolstack's headers ask who reads them.
$(HV)/hypervisor-stub/control/%.c.o: HVFLAGS += -D__XEN_TOOLS__
$(HV)/hypervisor-stub/mm/memory_op.c.o: HVFLAGS += -D__XEN_TOOLS__
$(HV)/hypervisor-stub/sched/params.c.o: HVFLAGS += -D__XEN_TOOLS__

-include $(SHAPES32:.h=.d)
