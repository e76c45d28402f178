/* SPDX-License-Identifier: MIT */
/*
 * Stores to a level-1 table: the hypervisor emulates and validates them.
 *
 * Mechanism: a table is mapped read-only, so a store to it faults. When the page is a level-1 table
 * and the guest's kernel did it, the hypervisor decodes the instruction and performs it as a
 * checked update. A value that would be refused leaves the entry alone and the guest with its page
 * fault. Stores to tables of upper levels are plain faults.
 * Steps: 1. several instructions; 2. halves of an entry; 3. refused values; 4. stores to an
 * upper level and to a page that is no table any more.
 * Fails by: the instruction, and the entry that it left.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define MARKS	    (PT_LEVELS == 4 ? PTE_US | PTE_G | 1ULL << 52 : 0)
#define WRITE_FAULT EXC(VEC_PF, PF_PRESENT | PF_WRITE)

static volatile uint64_t *entry;

static void expect_entry(uint64_t want, const char *what)
{
	expect_u64(*entry & ~MARKS, want & ~MARKS, "entry after %s", what);
}

static exc_t cmpxchg8b(uint64_t old, uint64_t new)
{
	return TRY("cmpxchg8b %0", "+m"(*entry)
		   : "a"((uint32_t)old), "d"((uint32_t)(old >> 32)), "b"((uint32_t) new),
		     "c"((uint32_t)(new >> 32))
		   : "memory", "cc");
}

static void check_instructions(mfn_t a, mfn_t b)
{
	volatile uint32_t *half = (volatile uint32_t *)entry;
	uint32_t old = 0;
	uint64_t va = pte(a, PTE_KERN), vb = pte(b, PTE_KERN);

	expect_exc(TRY("movl %1, %0", "+m"(half[0])
		       : "r"((uint32_t)va)),
		   EXC_NONE, "mov, low half");
	expect_entry(va, "mov");
	expect_exc(TRY("movl %1, %0", "+m"(half[1]) : "r"(0x80000000)), EXC_NONE, "mov, high half");
	expect_entry(va | PTE_NX, "mov of the high half");
	expect_exc(TRY("movl $0, %0", "+m"(half[0])), EXC_NONE, "mov of 0");
	expect_exc(TRY("movl $0, %0", "+m"(half[1])), EXC_NONE, "mov of 0");
	expect_entry(0, "both halves");
	expect_exc(cmpxchg8b(0, vb), EXC_NONE, "cmpxchg8b");
	expect_entry(vb, "cmpxchg8b");
	expect_exc(cmpxchg8b(va, 0), EXC_NONE, "cmpxchg8b that does not match");
	expect_entry(vb, "cmpxchg8b that does not match");
	old = 0;
	expect_exc(TRY("xchgl %0, %1", "+r"(old), "+m"(half[0])), EXC_NONE, "xchg");
	expect_u64(old & ~MARKS, (uint32_t)vb & ~MARKS, "what xchg read");
	expect_exc(TRY("movl %1, %0", "+m"(half[0]) : "r"((uint32_t)va)), EXC_NONE, "mov");
	expect_exc(TRY("andl %1, %0", "+m"(half[0])
		       : "r"(~(uint32_t)PTE_RW)
		       : "cc"),
		   EXC_NONE, "and");
	expect_entry(va & ~PTE_RW, "and");
	expect_exc(TRY("orl %1, %0", "+m"(half[0]) : "r"((uint32_t)PTE_RW) : "cc"), EXC_NONE, "or");
	expect_entry(va, "or");
	expect_exc(TRY("lock btrl $1, %0", "+m"(half[0]) : : "cc"), EXC_NONE, "lock btr");
	expect_entry(va & ~PTE_RW, "lock btr");
#ifdef __x86_64__
	expect_exc(TRY("movq %1, %0", "+m"(*entry) : "r"(vb)), EXC_NONE, "mov of 8 bytes");
	expect_entry(vb, "mov of 8 bytes");
	expect_exc(TRY("xchgq %0, %1", "+r"(va), "+m"(*entry)), EXC_NONE, "xchg of 8 bytes");
	expect_u64(va & ~MARKS, vb & ~MARKS, "what xchg read");
#endif
	expect_exc(TRY("movl $0, %0", "+m"(half[0])), EXC_NONE, "mov of 0");
	expect_exc(TRY("movl $0, %0", "+m"(half[1])), EXC_NONE, "mov of 0");
}

static void check_refusals(void)
{
	volatile uint32_t *half = (volatile uint32_t *)entry;
	uint64_t bad = pte(root_mfn(), PTE_P | PTE_RW);

	expect_exc(TRY("movl %1, %0", "+m"(half[0])
		       : "r"((uint32_t)bad)),
		   WRITE_FAULT, "RW to the root");
	expect_u64(exc_last.cr2, (unsigned long)entry, "cr2 of that");
	expect_entry(0, "RW to the root");
	expect_exc(cmpxchg8b(0, pte(hypervisor_mfn(), PTE_P)), WRITE_FAULT, "a hypervisor frame");
	expect_entry(0, "a hypervisor frame");
	expect_exc(TRY("movl %1, %0", "+m"(half[0])
		       : "r"(0x1230)),
		   EXC_NONE, "not present, garbage");
	expect_exc(TRY("movl $0, %0", "+m"(half[0])), EXC_NONE, "mov of 0");
}

void test_main(void)
{
	char *window;
	uint64_t *spare = page_alloc();

	trap_init();
	shared_info_map();
	window = window_init();
	entry = window_l1 + 7;
	check_instructions(virt_to_mfn(page_alloc()), virt_to_mfn(page_alloc()));
	check_refusals();

	expect_exc(try_write((void *)pt_entry((unsigned long)window, 2), 0), WRITE_FAULT,
		   "a store to level 2");
	ensure(*pt_entry((unsigned long)window, 2) & PTE_P, "level 2 was written");
	expect_exc(try_write((void *)pt_entry((unsigned long)window, 3), 0), WRITE_FAULT,
		   "a store to level 3");
	page_make_ro(spare);
	expect_exc(try_write(spare, 1), WRITE_FAULT, "a store to a read-only page");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(spare)), 0, "pin it as level 1");
	expect_exc(try_write(spare, 0x10), EXC_NONE, "a store to it now");
	expect_u64(spare[0], 0x10, "what it wrote");
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(spare)), 0, "unpin");
	expect_exc(try_write(spare, 2), WRITE_FAULT, "a store to it afterwards");
}
