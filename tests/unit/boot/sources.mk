# SPDX-License-Identifier: MIT
boot_SOURCES := hypervisor-stub/boot/options.c hypervisor-stub/boot/memmap.c
boot_HELPERS := fake.c
boot_FLAGS := -include tests/unit/boot/fake.h -Ihypervisor-stub
