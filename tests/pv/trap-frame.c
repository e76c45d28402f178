/* SPDX-License-Identifier: MIT */
/*
 * Trap frames: what the hypervisor pushes, field by field.
 *
 * Mechanism: the code-segment slot carries the upcall mask as it was (a byte of its own); EFLAGS.IF
 * in the frame is the opposite of it, whatever pushf shows; IOPL reads 0. A trap gate masks upcalls
 * only when its entry's flag 4 says so. TF and NT are clear in the handler, as on hardware.
 * Steps: 1. masked and unmasked, through both kinds of entry; 2. flags that the guest set; 3. the
 * mask after the return is the one of the frame.
 * Fails by: the field.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

static struct regs seen;
static bool seen_masked;
static unsigned long handler_flags;

static bool on_ud(struct regs *regs)
{
	asm volatile("pushf; pop %0" : "=r"(handler_flags));
	memcpy(&seen, regs, offsetof(struct regs, sp));
	seen_masked = upcall_masked();
	regs->ip += 2;
	return true;
}

static void check_mask(bool masked, bool gate_masks)
{
	expect(trap_set(VEC_UD, gate_masks ? 4 : 0), 0, "set one trap");
	upcall_mask(masked);
	asm volatile("ud2");
	expect(upcall_masked(), masked, "mask %d gate %d: mask after the return", masked,
	       gate_masks);
	upcall_mask(true);
	expect(seen.saved_mask, masked, "mask %d gate %d: saved mask", masked, gate_masks);
	expect(!(seen.flags & FLAG_IF), masked, "mask %d gate %d: IF in the frame", masked,
	       gate_masks);
	expect(seen_masked, masked || gate_masks, "mask %d gate %d: mask in the handler", masked,
	       gate_masks);
	expect_u64(seen.flags & FLAG_IOPL, 0, "IOPL in the frame");
	expect_u64(seen.cs | 3, FLAT_KERNEL_CS | 3, "cs in the frame");
	expect_u64(seen.unused_mask[0], 0, "byte beside the saved mask");
}

/* Raise #UD with a flag set, and clear it again behind. */
static void raise_with(unsigned long flag)
{
	asm volatile("pushf; or %0, (%%" SP "); popf; ud2; pushf; and %1, (%%" SP "); popf"
		     :
		     : "r"(flag), "r"(~flag)
		     : "cc", "memory");
}

static void check_flags(void)
{
	raise_with(FLAG_DF);
	ensure(seen.flags & FLAG_DF, "DF is lost in the frame");
	raise_with(FLAG_AC);
	ensure(seen.flags & FLAG_AC, "AC is lost in the frame");
	raise_with(FLAG_ID);
	ensure(seen.flags & FLAG_ID, "ID is lost in the frame");
	raise_with(FLAG_CF);
	ensure(seen.flags & FLAG_CF, "CF is lost in the frame");
	raise_with(FLAG_NT);
	ensure(seen.flags & FLAG_NT, "NT is lost in the frame");
	ensure(!(handler_flags & FLAG_NT), "NT is set in the handler");
	ensure(handler_flags & FLAG_IF, "IF reads 0 in the handler");
	expect_u64(handler_flags & (FLAG_TF | FLAG_VM | FLAG_RF), 0, "TF, VM, RF in the handler");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	trap_handle(VEC_UD, on_ud);
	for (unsigned int n = 0; n < 4; n++)
		check_mask(n & 1, n & 2);
	check_flags();
}
