# SPDX-License-Identifier: MIT
# The C library of ring-3 programs: newlib from the distribution's source package, unpatched, with
# Linux's numbers (overlay/), Linux's further headers (include/) and the system calls (glue/).
# $(RINGLET_CC) compiles and links a static i386 program that runs on Ringlet and on Linux alike.

NEWLIB		:= $(O)/newlib
NEWLIB_SRC	:= $(O)/inputs/newlib
NEWLIB_LIBC	:= $(NEWLIB)/inst/i686-elf/lib/libc.a
NEWLIB_GLUE	:= $(NEWLIB)/libglue.a
NEWLIB_CRT0	:= $(NEWLIB)/glue/crt0.o
RINGLET_CC	:= $(O)/ringlet-cc

$(NEWLIB_SRC): | $(SETUP)
	$(Q)tools/fetch newlib

$(NEWLIB_LIBC): lib/newlib/build-libc $(shell find lib/newlib/overlay -name '*.h') | $(NEWLIB_SRC)
	$(Q)lib/newlib/build-libc $(NEWLIB_SRC) $(NEWLIB) lib/newlib/overlay
	$(Q)touch $@

$(RINGLET_CC): lib/newlib/ringlet-cc | $(SETUP)
	@mkdir -p $(@D)
	$(Q)install -m 755 $< $@

# Library files that newlib does not build for a system without a sys/ directory of its own.
NEWLIB_POSIX	:= closedir collate collcmp creat dirfd execl execle execlp execv execvp fnmatch glob \
		   opendir popen posix_spawn readdir readdir_r regcomp regerror regexec regfree \
		   rewinddir scandir seekdir telldir wordexp wordfree
NEWLIB_UNIX	:= basename dirname getpass getpwent sigset ttyname ttyname_r

NEWLIB_OWN	:= $(patsubst lib/newlib/glue/%,$(NEWLIB)/glue/%.o,$(filter-out %/crt0.S, \
		   $(wildcard lib/newlib/glue/*.c lib/newlib/glue/*.S)))
NEWLIB_EXTRA	:= $(NEWLIB_POSIX:%=$(NEWLIB)/posix/%.o) $(NEWLIB_UNIX:%=$(NEWLIB)/unix/%.o)

$(NEWLIB)/glue/%.c.o: lib/newlib/glue/%.c $(NEWLIB_LIBC) $(RINGLET_CC) lib/newlib/build.mk
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) -fno-builtin -ffunction-sections -fdata-sections $(WARN) -MMD -MP -c $< -o $@

$(NEWLIB)/glue/%.S.o: lib/newlib/glue/%.S $(NEWLIB_LIBC) $(RINGLET_CC)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) -MMD -MP -c $< -o $@

$(NEWLIB_CRT0): $(NEWLIB)/glue/crt0.S.o
	$(Q)cp $< $@

$(NEWLIB_EXTRA): $(NEWLIB)/%.o: $(NEWLIB_LIBC) $(RINGLET_CC)
	$(call say,CC,newlib/libc/$*.c)
	@mkdir -p $(@D)
	$(Q)$(RINGLET_CC) -w $(NEWLIB_FLAGS) -D_COMPILING_NEWLIB -D_GNU_SOURCE -I$(NEWLIB_SRC)/newlib/libc/posix \
		-c $(NEWLIB_SRC)/newlib/libc/$*.c -o $@

# popen()'s child writes to a variable that its parent goes on to use: with a vfork that really
# shares memory, the parent would find a null pointer.
$(NEWLIB)/posix/popen.o: NEWLIB_FLAGS := -Dvfork=fork

$(NEWLIB_GLUE): $(NEWLIB_OWN) $(NEWLIB_EXTRA)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

# What a program depends on beside its own source.
NEWLIB_READY	:= $(NEWLIB_LIBC) $(NEWLIB_GLUE) $(NEWLIB_CRT0) $(RINGLET_CC)

-include $(wildcard $(NEWLIB)/glue/*.d)

.PHONY: newlib
## newlib      the C library of ring-3 programs, below build/newlib
newlib: $(NEWLIB_READY)
