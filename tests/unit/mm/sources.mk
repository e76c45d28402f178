# SPDX-License-Identifier: MIT
mm_SOURCES := hypervisor-stub/mm/types.c hypervisor-stub/mm/l1.c hypervisor-stub/mm/upper.c \
	hypervisor-stub/mm/frame.c hypervisor-stub/mm/heap.c hypervisor-stub/mm/kalloc.c \
	hypervisor-stub/mm/iomem.c hypervisor-stub/mm/teardown.c hypervisor-stub/mm/audit.c
mm_HELPERS := fake.c course.c model.c
mm_FLAGS := -include tests/unit/mm/fake.h -Ihypervisor-stub
