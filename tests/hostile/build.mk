# SPDX-License-Identifier: MIT
# The hostile guests: random hypercalls from two unprivileged domains at once.
#
## hostile     100,000 random hypercalls from two domains on two processors (CALLS=N, SEED=N)

$(foreach w,32 64,$(foreach t,hostile witness,\
	$(eval $(call pv_image,tests/hostile,$(t),hostile,$(w)))))

.PHONY: hostile hostile-images
hostile-images: $(foreach w,32 64,$(O)/hostile/hostile-$(w) $(O)/hostile/witness-$(w))
all: hostile-images

hostile: $(O)/ringmaster hostile-images
	$(Q)/usr/bin/python3 tests/hostile/run.py --hypervisor $(O)/ringmaster \
		--calls $(or $(CALLS),100000) --seed $(or $(SEED),1)
