# SPDX-License-Identifier: MIT
# The hostile guest: random hypercalls from an unprivileged domain.
#
## hostile     100,000 random hypercalls of each width (CALLS=N, SEED=N)

$(foreach w,32 64,$(eval $(call pv_image,tests/hostile,hostile,hostile,$(w))))

.PHONY: hostile hostile-images
hostile-images: $(O)/hostile/hostile-32 $(O)/hostile/hostile-64
all: hostile-images

hostile: $(O)/ringmaster hostile-images
	$(Q)/usr/bin/python3 tests/hostile/run.py --hypervisor $(O)/ringmaster \
		--calls $(or $(CALLS),100000) --seed $(or $(SEED),1)
