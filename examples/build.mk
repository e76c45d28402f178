# SPDX-License-Identifier: MIT
# The guest of the README, for both widths.

HELLO	:= $(O)/examples/hello32 $(O)/examples/hello64

$(HELLO): $(O)/examples/hello%: examples/hello/hello.c | $(SETUP)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FREE) -m$* -mgeneral-regs-only -fno-pic -static -nostdlib -Wl,-Ttext-segment=0x100000,-e,hello \
		-Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -o $@ $<

-include $(HELLO:=.d)

## examples    build/examples/hello32 and hello64, the guest of the README
.PHONY: examples
examples: $(HELLO)
all: examples
