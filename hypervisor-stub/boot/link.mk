# SPDX-License-Identifier: MIT
# build/ringmaster      what a boot loader loads: ELF32 around 64-bit code, since Multiboot 1 knows no other
# build/ringmaster.sym  the same as ELF64 with symbols and lines, for gdb
#
# Linked twice: the first link says where the functions are, the second has that as a table.

HVLINK	:= -m elf_x86_64 -nostdlib -static --no-dynamic-linker -z max-page-size=4096 \
	   -z noexecstack --build-id=none -T hypervisor-stub/boot/link.ld
HVLIBGCC := $(shell $(CC) -m64 -print-libgcc-file-name)

## hypervisor  Ringmaster alone: build/ringmaster and build/ringmaster.sym
.PHONY: hypervisor
hypervisor: $(O)/ringmaster
all: hypervisor

$(HV)/no-symbols.S:
	@mkdir -p $(@D)
	$(Q)printf '' | hypervisor-stub/boot/symbols.sh >$@

$(HV)/symbols.S: $(HV)/pass1 hypervisor-stub/boot/symbols.sh
	$(Q)nm -n $< | hypervisor-stub/boot/symbols.sh >$@

$(HV)/no-symbols.o $(HV)/symbols.o: %.o: %.S
	$(Q)$(CC) -m64 -c $< -o $@

$(HV)/pass1: $(HVOBJ) $(HV)/no-symbols.o hypervisor-stub/boot/link.ld
	$(Q)ld $(HVLINK) -o $@ $(HVOBJ) $(HV)/no-symbols.o $(HVLIBGCC)

$(O)/ringmaster.sym: $(HV)/pass1 $(HV)/symbols.o
	$(call say,LD,$@)
	$(Q)ld $(HVLINK) -o $@ $(HVOBJ) $(HV)/symbols.o $(HVLIBGCC)

$(O)/ringmaster: $(O)/ringmaster.sym
	$(Q)objcopy -O elf32-i386 --strip-all $< $@
