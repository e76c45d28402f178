# SPDX-License-Identifier: MIT
# mm/ between processors. Without sanitizers: the same code runs under them in tests/unit/mm, and here
# it runs on stacks of ours, millions of times.
interplay_SOURCES := hypervisor-stub/mm/types.c hypervisor-stub/mm/l1.c hypervisor-stub/mm/upper.c \
	hypervisor-stub/mm/frame.c hypervisor-stub/mm/heap.c hypervisor-stub/mm/kalloc.c \
	hypervisor-stub/mm/iomem.c hypervisor-stub/mm/teardown.c hypervisor-stub/mm/mapping.c
interplay_HELPERS := explore.c world.c programs.c
interplay_FLAGS := -include tests/unit/interplay/fake.h -Ihypervisor-stub -DDEBUG -O2 -fno-sanitize=all
