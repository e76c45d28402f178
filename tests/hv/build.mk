# SPDX-License-Identifier: MIT
## test-hv     the hypervisor by itself: boot, panics, its own protection, clocks, keys, power
.PHONY: test-hv
test-hv: $(O)/ringmaster $(O)/pv/hello-32 $(O)/pv/hello-64 $(O)/pv/timer-32 $(O)/pv/timer-64 \
		$(O)/pv/console-input-32
	$(Q)python3 tests/hv/run.py --build $(O) $(HVTEST)
