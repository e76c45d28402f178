/* SPDX-License-Identifier: MIT */
/*
 * Entry state: the registers at a domain's first instruction.
 *
 * Mechanism: the builder starts vCPU 0 at the ENTRY note with the address of start_info in (r)si,
 * flat selectors of the kernel's ring, a small stack right above the page tables, and zero in all
 * other registers. Events are masked, although EFLAGS.IF always reads 1.
 * Steps: 1. general registers; 2. stack and flags; 3. selectors; 4. control registers as the guest
 * may read them.
 * Fails by: the register and its value.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static void check_selectors(void)
{
	const struct entry_regs *r = &entry_regs;

#ifdef __i386__
	expect_u64(r->cs, FLAT_KERNEL_CS, "cs");
	expect_u64(r->ss, FLAT_KERNEL_SS, "ss");
	expect_u64(r->ds, FLAT_KERNEL_DS, "ds");
	expect_u64(r->es, FLAT_KERNEL_DS, "es");
	expect_u64(r->fs, FLAT_KERNEL_DS, "fs");
	expect_u64(r->gs, FLAT_KERNEL_DS, "gs");
#else
	expect_u64(r->cs, FLAT_KERNEL_CS, "cs");
	expect_u64(r->ss, FLAT_KERNEL_SS, "ss");
	expect_u64(r->ds, 0, "ds");
	expect_u64(r->es, 0, "es");
	expect_u64(r->fs, 0, "fs");
	expect_u64(r->gs, 0, "gs");
#endif
}

static void check_control(void)
{
	unsigned long cr0 = 0, cr3 = 0, cr4 = 0;

	trap_init();
	expect_exc(TRY("mov %%cr0, %0", "=r"(cr0)), EXC_NONE, "mov from cr0");
	ensure(cr0 & 1 && cr0 >> 31 & 1, "cr0 %#lx without PE or PG", cr0);
	expect_exc(TRY("mov %%cr3, %0", "=r"(cr3)), EXC_NONE, "mov from cr3");
	expect_u64(xen_cr3_to_pfn(cr3), root_mfn().m, "cr3 names the root table");
	expect_exc(TRY("mov %%cr4, %0", "=r"(cr4)), EXC_NONE, "mov from cr4");
	ensure(cr4 & 1 << 5, "cr4 %#lx without PAE", cr4);
	ensure(!(cr4 & 1 << 7), "cr4 %#lx shows PGE", cr4);
}

void test_main(void)
{
	const struct entry_regs *r = &entry_regs;
	unsigned long stack = start_info->pt_base + start_info->nr_pt_frames * PAGE_SIZE;

	expect_u64(r->si, (unsigned long)start_info, "si is start_info");
	expect_u64(r->ax, 0, "ax");
	expect_u64(r->bx, 0, "bx");
	expect_u64(r->cx, 0, "cx");
	expect_u64(r->dx, 0, "dx");
	expect_u64(r->di, 0, "di");
	expect_u64(r->bp, 0, "bp");
	ensure(r->sp > stack && r->sp <= stack + PAGE_SIZE, "sp %#lx is not in the page at %#lx",
	       r->sp, stack);
	expect_u64(r->stack0, 0, "word at sp");
	expect_u64(r->flags & ~FLAG_IF, 2, "flags");
	ensure(r->flags & FLAG_IF, "IF reads 0");
	check_selectors();
	shared_info_map();
	expect(shared_info->vcpu_info[0].evtchn_upcall_mask, 1, "events start masked");
	expect(shared_info->vcpu_info[0].evtchn_upcall_pending, 0, "none is pending");
	check_control();
}
