# SPDX-License-Identifier: MIT
#
## fuzz        random instructions through the decoder and objdump, lengths compared (FUZZ=count)

pv_SOURCES := hypervisor-stub/pv/decode.c hypervisor-stub/pv/alu.c
# The arithmetic pushes flags beside the compiler's back.
pv_FLAGS := -Ihypervisor-stub -mno-red-zone

PV_DRIVER := $(UT)/pv/decode_driver
$(PV_DRIVER): $(UT)/pv/tests/unit/pv/decode_driver.o $(UT)/pv/hypervisor-stub/pv/decode.o
	$(call say,LD,$@)
	$(Q)$(CC) -fsanitize=address,undefined -o $@ $^

.PHONY: fuzz fuzz-decode
fuzz: fuzz-decode
fuzz-decode: $(PV_DRIVER)
	$(Q)python3 tests/unit/pv/fuzz_decode.py $< --count $(or $(FUZZ),100000)
