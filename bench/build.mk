# SPDX-License-Identifier: MIT
# Benchmarks, timed by counted instructions: the hypervisor's operations and the isolation of domains (pv
# guests over the pv tests' library), and Ringlet's system calls (a ring-3 program).
#
## bench       instruction counts beside real Xen's and Linux's, costs and shares of many domains (ALL=1: more);
##             CSV files and plots in build/bench

$(foreach w,32 64,$(foreach t,operations domains isolation,\
	$(eval $(call pv_image,bench,$(t),bench,$(w)))))

BENCH_CPIO := $(O)/bench/bench.cpio

$(O)/bench/syscalls: bench/syscalls.c $(NEWLIB_READY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) $(WARN) $< -o $@

BENCH_LOADS := $(addprefix $(O)/bench/,database disk network)

$(BENCH_LOADS): $(O)/bench/%: bench/%.c $(NEWLIB_READY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) $(WARN) -s $< -o $@

$(O)/bench/nothing: bench/nothing.c | $(SETUP)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -Os $(WARN) -ffreestanding -fno-pic -static -nostdlib -Wl,--build-id=none $< -o $@

$(BENCH_CPIO): $(O)/initramfs.cpio bench/initramfs.list $(O)/bench/syscalls $(O)/bench/nothing
	$(call say,CPIO,$@)
	$(Q)tools/mkinitramfs bench/initramfs.list $(O) $@.programs
	$(Q)cat $(O)/initramfs.cpio $@.programs > $@ && rm $@.programs

.PHONY: bench bench-images
bench-images: $(foreach w,32 64,$(foreach t,operations domains isolation,$(O)/bench/$(t)-$(w))) \
	$(BENCH_CPIO) $(BENCH_LOADS)
all: bench-images

bench: $(O)/ringmaster $(O)/ringlet bench-images
	$(Q)/usr/bin/python3 bench/operations.py --hypervisor $(O)/ringmaster \
		--images $(O)/bench --out $(O)/bench/operations.csv
	$(Q)/usr/bin/python3 bench/syscalls.py --hypervisor $(O)/ringmaster --kernel $(O)/ringlet \
		--ramdisk $(BENCH_CPIO) --out $(O)/bench/syscalls.csv
	$(Q)/usr/bin/python3 bench/isolation.py --hypervisor $(O)/ringmaster \
		--images $(O)/bench --out $(O)/bench/isolation.csv
	$(Q)/usr/bin/python3 bench/domains.py --hypervisor $(O)/ringmaster --images $(O)/bench \
		--out $(O)/bench $(if $(ALL),--all)
	$(Q)/usr/bin/python3 bench/devices.py --hypervisor $(O)/ringmaster --out $(O)/bench
	$(Q)/usr/bin/python3 bench/neighbour.py --out $(O)/bench
