# SPDX-License-Identifier: MIT
# The benchmark of operations: a pv guest over the pv tests' library, timed by counted instructions.
#
## bench       instruction counts of every operation, beside real Xen's

$(foreach w,32 64,$(eval $(call pv_image,bench,operations,bench,$(w))))

.PHONY: bench bench-images
bench-images: $(O)/bench/operations-32 $(O)/bench/operations-64
all: bench-images

bench: $(O)/ringmaster bench-images
	$(Q)/usr/bin/python3 bench/run.py --hypervisor $(O)/ringmaster --out $(O)/bench/operations.csv
