# SPDX-License-Identifier: MIT
# Test images of the PV ABI: one C file a test, built for both widths as $(O)/pv/NAME-32 and -64.
#
## pv          build every pv test image
## test-pv     run the pv tests on Ringmaster (PV="a b" selects tests, WIDTH=32 one width)

PV_DIR	:= tests/pv
# What only one width has.
PV_32ONLY := pae-root syscall32 call-gate
PV_64ONLY := mmu-l4 syscall segment-base user-root init-p2m
PV_ALL	:= $(patsubst $(PV_DIR)/%.c,%,$(wildcard $(PV_DIR)/*.c))
PV_IMG	:= $(patsubst %,$(O)/pv/%-32,$(filter-out $(PV_64ONLY),$(PV_ALL))) \
	   $(patsubst %,$(O)/pv/%-64,$(filter-out $(PV_32ONLY),$(PV_ALL)))

PV_LIB	:= $(patsubst $(PV_DIR)/lib/%.c,%,$(wildcard $(PV_DIR)/lib/*.c)) start stubs string vsnprintf
# Only for tests that make domains or use more vCPUs: in an archive, so that the others do not carry it.
PV_TOOL := smp toolstack toolstack_image $(addprefix guestimage/,elf notes layout) \
	   $(addprefix guestbuild/,memory tables context)
PV_LIB	:= $(filter-out $(PV_TOOL),$(PV_LIB))
# No SSE or x87: a test that uses them says so itself. A kernel in ring 3 has no red zone either.
PV_CF	:= $(FREE) -mgeneral-regs-only -fno-pic -fno-pie -I. -I$(PV_DIR) -D__XEN_TOOLS__
PV_CF32	:= -m32 -march=i686 -mregparm=3 -freg-struct-return
PV_CF64	:= -m64 -mcmodel=kernel -mno-red-zone
PV_LD32	:= -m elf_i386
PV_LD64	:= -m elf_x86_64

define pv_width
$(O)/pv/obj$(1)/%.o: $(PV_DIR)/%.c | $(SETUP)
	$$(call say,CC$(1),$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(PV_CF) $$(PV_CF$(1)) -c -o $$@ $$<
$(O)/pv/obj$(1)/lib/%.o: $(PV_DIR)/lib/%.c | $(SETUP)
	$$(call say,CC$(1),$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(PV_CF) $$(PV_CF$(1)) -c -o $$@ $$<
$(O)/pv/obj$(1)/lib/%.o: lib/%.c | $(SETUP)
	$$(call say,CC$(1),$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(PV_CF) $$(PV_CF$(1)) -c -o $$@ $$<
$(O)/pv/obj$(1)/lib/%.o: $(PV_DIR)/lib/%.S | $(SETUP)
	$$(call say,AS$(1),$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(PV_CF) $$(PV_CF$(1)) -c -o $$@ $$<
$(O)/pv/pv$(1).lds: $(PV_DIR)/lib/pv.lds.S $(PV_DIR)/lib/width.h | $(SETUP)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -E -P -x assembler-with-cpp -m$(1) -o $$@ $$<
$(O)/pv/libtool$(1).a: $(patsubst %,$(O)/pv/obj$(1)/lib/%.o,$(PV_TOOL))
	$$(call say,AR$(1),$$@)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
$(O)/pv/%-$(1): $(O)/pv/obj$(1)/%.o $(O)/pv/pv$(1).lds \
		$(patsubst %,$(O)/pv/obj$(1)/lib/%.o,$(PV_LIB)) $(O)/pv/libtool$(1).a
	$$(call say,LD$(1),$$@)
	$$(Q)$$(LD) $$(PV_LD$(1)) -nostdlib -static -z noexecstack -z max-page-size=4096 \
		--no-warn-rwx-segments -T $(O)/pv/pv$(1).lds -o $$@ $$(filter %.o %.a,$$^)
endef
$(foreach w,32 64,$(eval $(call pv_width,$(w))))

# $(eval $(call pv_image,FOLDER,NAME,OUT,WIDTH)): $(O)/OUT/NAME-WIDTH from FOLDER/NAME.c over the
# same library, for guests that are no tests of one promise (the benchmark, the hostile guest).
define pv_image
$(O)/$(3)/$(2)-$(4): $(O)/$(3)/obj$(4)/$(2).o $(O)/pv/pv$(4).lds \
		$(patsubst %,$(O)/pv/obj$(4)/lib/%.o,$(PV_LIB)) $(O)/pv/libtool$(4).a
	$$(call say,LD$(4),$$@)
	$$(Q)$$(LD) $$(PV_LD$(4)) -nostdlib -static -z noexecstack -z max-page-size=4096 \
		--no-warn-rwx-segments -T $(O)/pv/pv$(4).lds -o $$@ $$(filter %.o %.a,$$^)
$(O)/$(3)/obj$(4)/$(2).o: $(1)/$(2).c | $(SETUP)
	$$(call say,CC$(4),$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(PV_CF) $$(PV_CF$(4)) -c -o $$@ $$<
-include $(O)/$(3)/obj$(4)/$(2).d
endef

.SECONDARY: $(foreach w,32 64,$(patsubst %,$(O)/pv/obj$(w)/%.o,$(PV_ALL) $(addprefix lib/,$(PV_LIB) $(PV_TOOL))))
-include $(wildcard $(O)/pv/obj*/*.d $(O)/pv/obj*/lib/*.d $(O)/pv/obj*/lib/*/*.d)

.PHONY: pv test-pv
pv: $(PV_IMG)
all: pv

PV_RUN	= python3 tests/run.py --jobs $(or $(PV_JOBS),2) --hypervisor $(O)/ringmaster $(if $(WIDTH),--width $(WIDTH))
# What may depend on the processor's model and number, again on another machine.
PV_MATRIX := traps trap-user iret syscall syscall32 fpu control-regs cpuid descriptors mmu-update pin \
	big-tree stale-tlb pt-emulation events timer sched runstate vcpu-op grant-map two-domains deaths
# What changes memory, four domains of it on four processors.
PV_SIDE_BY_SIDE := pin grant-map pt-emulation exchange mmu-batch reservation big-tree stale-tlb ldt va-mapping
# As domain 0, as the only and unprivileged domain, the matrix, side by side; each also when one before failed.
test-pv: pv $(O)/ringmaster
	$(Q)$(PV_RUN) $(PV); first=$$?; $(PV_RUN) --domu $(PV); second=$$?; \
		$(PV_RUN) --smp 4 --cpu max $(or $(PV),$(PV_MATRIX)); third=$$?; \
		$(if $(PV),true,$(PV_RUN) --smp 4 --crowd 4 $(PV_SIDE_BY_SIDE)); \
		test $$first$$second$$third$$? = 0000
