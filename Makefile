# SPDX-License-Identifier: MIT
# Every command that a person needs; `make help` lists them. Each folder's own build.mk says how it
# is built: this file holds what they share. Everything made goes below build/.

O	:= build
Q	:= $(if $(V),,@)
say	= @printf '  %-7s %s\n' $(1) $(2)

CC	:= gcc
GCCINC	:= $(shell $(CC) -print-file-name=include)
WARN	:= -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wshadow -fno-common
# Code for the bare machine or for a guest: no host header but the compiler's own and <xen/...>,
# which $(O)/include/xen names (a link to the installed package, so that nothing else comes along).
FREE	:= -std=gnu11 -O2 -g $(WARN) -ffreestanding -nostdinc -isystem $(GCCINC) \
	   -isystem $(O)/include -D__XEN_INTERFACE_VERSION__=0x00040d00 -fno-strict-aliasing \
	   -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -MMD -MP

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:

SETUP	:= $(O)/.setup
$(SETUP): tools/setup
	$(Q)tools/setup
	@mkdir -p $(O)/include && ln -sfn /usr/include/xen $(O)/include/xen && touch $@

# On a machine without a compiler, what the rules below ask it is answered only after the set-up: make
# builds this file first and then starts again.
ifeq ($(filter help clean,$(MAKECMDGOALS)),)
-include $(O)/setup.mk
endif
$(O)/setup.mk: $(SETUP)
	@echo '# The tools are installed.' > $@

# tests/pv first: the benchmark and the hostile guest are built over its library.
include $(wildcard hypervisor-stub/build.mk lib/lwip/build.mk arch/xen-x86/build.mk lib/newlib/build.mk \
	lib/kit/build.mk user/build.mk tests/pv/build.mk) \
	$(filter-out tests/pv/build.mk,$(wildcard tests/*/build.mk)) \
	$(wildcard bench/build.mk examples/*/build.mk tools/build.mk)

.PHONY: all help clean
all:

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | sort

## clean       remove everything that was built (downloads too)
clean:
	$(Q)rm -rf $(O)
