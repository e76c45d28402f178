# SPDX-License-Identifier: MIT
guestimage_SOURCES := lib/guestimage/elf.c lib/guestimage/notes.c lib/guestimage/layout.c \
	lib/guestimage/inflate.c lib/guestimage/symbols.c
