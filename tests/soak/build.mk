# SPDX-License-Identifier: MIT
# The long figures, resumable by seed.
#
## soak        10^8 hostile calls, races, 256 domains: hours; goes on where it stopped (SOAK="--scale 0.01")

.PHONY: soak
soak: $(O)/ringmaster hostile-images pv $(addprefix $(O)/unit/,mm/types_test mm/states_test mm/steps_test \
		interplay/interplay_test) $(O)/host/volume stack-ready
	$(Q)/usr/bin/python3 tests/soak/run.py --hypervisor $(O)/ringmaster --state $(O)/soak.state $(SOAK)
