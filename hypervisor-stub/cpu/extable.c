/* SPDX-License-Identifier: MIT */
/*
 * The fault table: where to go on after a fault that we expected.
 *
 * A few dozen entries, searched one after the other: a fault in ring 0 is rare and dear anyway.
 */
#include "cpu/extable.h"
#include "cpu/cpu.h"
#include "cpu/entry.h"

extern const struct extable_entry extable_start[], extable_end[];

static uint64_t address_of(const int32_t *offset)
{
	return (uint64_t)offset + (int64_t)*offset;
}

bool extable_fixup(struct cpu_user_regs *regs)
{
	/* The linker's symbols are two objects to the compiler: count by addresses. */
	size_t count = ((uint64_t)extable_end - (uint64_t)extable_start) / sizeof(extable_start[0]);

	for (const struct extable_entry *e = extable_start; count--; e++) {
		if (address_of(&e->from) == regs->rip) {
			regs->rip = address_of(&e->to);
			return true;
		}
	}
	return false;
}
