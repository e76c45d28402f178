# SPDX-License-Identifier: MIT
# The long figures, resumable by seed.
#
## soak        10^7 random hypercalls, seed after seed; resumes where it stopped (SOAK=--restart)

.PHONY: soak
soak: $(O)/ringmaster hostile-images
	$(Q)/usr/bin/python3 tests/soak/run.py --hypervisor $(O)/ringmaster --images $(O)/hostile \
		--state $(O)/soak.state $(SOAK)
