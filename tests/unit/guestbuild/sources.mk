# SPDX-License-Identifier: MIT
guestbuild_SOURCES := $(addprefix lib/guestbuild/,memory.c tables.c context.c) \
	$(addprefix lib/guestimage/,elf.c notes.c layout.c)
guestbuild_FLAGS := -D__XEN_TOOLS__
