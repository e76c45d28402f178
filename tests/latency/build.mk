# SPDX-License-Identifier: MIT
# What a second domain feels while the first pins half a gigabyte of page tables.
#
## latency     a sleeping domain beside one that pins 512 MB again and again

$(foreach w,32 64,$(foreach t,pinner ticker,\
	$(eval $(call pv_image,tests/latency,$(t),latency,$(w)))))

.PHONY: latency latency-images
latency-images: $(foreach w,32 64,$(O)/latency/pinner-$(w) $(O)/latency/ticker-$(w))
all: latency-images

latency: $(O)/ringmaster latency-images
	$(Q)/usr/bin/python3 tests/latency/run.py --hypervisor $(O)/ringmaster --images $(O)/latency
