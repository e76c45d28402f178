/* SPDX-License-Identifier: MIT */
/*
 * Virtual I/O privilege: who may use ports.
 *
 * Mechanism: PHYSDEVOP_set_iopl sets a virtual IOPL; the real one stays 0, and EFLAGS never shows
 * it. At 0 even the kernel's in and out are #GP; from 1 on the kernel's are emulated, at 3 user
 * mode's too. cli and sti follow the same rule, and do nothing. An I/O bitmap opens single ports.
 * Steps: 1. each level from kernel and user; 2. the bitmap; 3. refusals.
 * Fails by: the level and instruction.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

USER_INSN(user_in, "mov $0x80, %edx; in %dx, %al");
USER_INSN(user_in_word, "mov $0x7f, %edx; in %dx, %ax");
USER_INSN(user_out, "mov $0x80, %edx; out %al, %dx");
USER_INSN(user_cli, "cli");
USER_INSN(user_sti, "sti");

#define GP EXC(VEC_GP, 0)

static int set_iopl(unsigned int level)
{
	struct physdev_set_iopl arg = { .iopl = level };

	return hv_physdev_op(PHYSDEVOP_set_iopl, &arg);
}

static int set_bitmap(void *map, unsigned int n)
{
	struct physdev_set_iobitmap arg = { .nr_ports = n };

	set_xen_guest_handle(arg.bitmap, map);
	return hv_physdev_op(PHYSDEVOP_set_iobitmap, &arg);
}

static exc_t kernel_in(void)
{
	return TRY("in %%dx, %%al", : "d"(0x80) : "eax");
}

static void check_level(unsigned int level)
{
	exc_t kernel = level >= 1 ? EXC_NONE : GP, user = level == 3 ? EXC_NONE : GP;

	expect(set_iopl(level), 0, "set_iopl %u", level);
	expect_exc(kernel_in(), kernel, "iopl %u: in, kernel", level);
	expect_exc(TRY("out %%al, $0x80", : "a"(0)), kernel, "iopl %u: out, kernel", level);
	expect_exc(TRY("cli", :), kernel, "iopl %u: cli, kernel", level);
	expect(upcall_masked(), true, "mask after cli");
	expect_exc(TRY("sti", :), kernel, "iopl %u: sti, kernel", level);
	expect(upcall_masked(), true, "mask after sti");
	expect_exc(user_call(user_in, 0, NULL), user, "iopl %u: in, user", level);
	expect_exc(user_call(user_out, 0, NULL), user, "iopl %u: out, user", level);
	expect_exc(user_call(user_cli, 0, NULL), user, "iopl %u: cli, user", level);
	expect_exc(user_call(user_sti, 0, NULL), user, "iopl %u: sti, user", level);
	expect_exc(TRY("hlt", :), GP, "iopl %u: hlt", level);
}

static void check_flags(void)
{
	unsigned long flags = 0;

	TRY("pushf; orl $0x3000, (%%" SP "); popf; pushf; pop %0", "=r"(flags) : : "cc");
	expect_u64(flags & FLAG_IOPL, 0, "IOPL after popf");
	expect_exc(TRY("ud2", :), EXC(VEC_UD, 0), "ud2");
	expect_u64(exc_last.flags & FLAG_IOPL, 0, "IOPL in a frame");
}

static void check_bitmap(void)
{
	static uint8_t map[8192];

	memset(map, 0xff, sizeof(map));
	map[0x80 / 8] &= ~1;
	expect(set_bitmap(map, 0x100), 0, "set_iobitmap");
	expect_exc(kernel_in(), EXC_NONE, "in of the open port, kernel");
	expect_exc(user_call(user_in, 0, NULL), EXC_NONE, "in of the open port, user");
	expect_exc(user_call(user_in_word, 0, NULL), GP, "a word that begins before it");
	expect_exc(TRY("in %%dx, %%al", : "d"(0x81) : "eax"), GP, "in of another port");
	expect_exc(TRY("in %%dx, %%al", : "d"(0x180) : "eax"), GP, "in beyond the bitmap");
	map[0x80 / 8] |= 1;
	expect_exc(kernel_in(), GP, "the hypervisor reads the bitmap at each use");
	expect(set_bitmap(map, 65536), 0, "65536 ports");
	expect(set_bitmap(map, 65537), -XEN_EINVAL, "65537 ports");
	expect(set_bitmap(NULL, 0), 0, "no bitmap");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	user_init();
	expect_exc(kernel_in(), GP, "in, before set_iopl");
	for (unsigned int level = 0; level <= 3; level++)
		check_level(level);
	check_flags();
	expect(set_iopl(0), 0, "set_iopl 0");
	check_bitmap();
	expect(set_iopl(4), -XEN_EINVAL, "set_iopl 4");
	expect(hv_physdev_op(PHYSDEVOP_set_iopl, NULL), -XEN_EFAULT, "set_iopl, null");
	expect(hv_physdev_op(99, NULL), -XEN_ENOSYS, "physdev_op 99");
}
