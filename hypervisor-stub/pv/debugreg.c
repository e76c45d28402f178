/* SPDX-License-Identifier: MIT */
/*
 * Debug registers: four breakpoints of the guest's own, and the rules that keep them its own.
 *
 * What the guest set is loaded only while a breakpoint is enabled; the processor's DR7 is zero otherwise.
 * Addresses inside the hypervisor are refused (a 32-bit guest cannot name one), but a breakpoint on the
 * guest's own memory may still fire while we copy from it: the entry code ignores a #DB of ring 0.
 */
#include "console/console.h"
#include "pv/internal.h"

#define DR6_FIXED    0xffff0ff0UL /* read as ones */
#define DR6_SETTABLE 0x0000e00fUL /* BT BS BD B3-B0 */
#define DR7_FIXED    (1UL << 10)
#define DR7_ZERO     0xd800UL /* reserved, must be written as zero */
#define DR7_GD	     (1UL << 13)
#define DR7_ENABLES  0xffUL

#define RW_IO 2u /* the R/W field's value for I/O breakpoints */

#define READ_DR(n)                                             \
	({                                                     \
		uint64_t v_;                                   \
		asm volatile("mov %%db" #n ", %0" : "=r"(v_)); \
		v_;                                            \
	})
#define WRITE_DR(n, value) asm volatile("mov %0, %%db" #n : : "r"((uint64_t)(value)))

static inline bool active(const struct vcpu *v)
{
	return v->pv.dr7 & DR7_ENABLES;
}

static inline bool live(const struct vcpu *v)
{
	return v == current;
}

void debugregs_save(struct vcpu *v)
{
	if (active(v))
		WRITE_DR(7, 0);
}

void debugregs_load(struct vcpu *v)
{
	if (!active(v))
		return;
	WRITE_DR(0, v->pv.dr[0]);
	WRITE_DR(1, v->pv.dr[1]);
	WRITE_DR(2, v->pv.dr[2]);
	WRITE_DR(3, v->pv.dr[3]);
	WRITE_DR(6, DR6_FIXED);
	WRITE_DR(7, v->pv.dr7);
}

void debugregs_note_trap(struct vcpu *v)
{
	v->pv.dr6 |= READ_DR(6) & DR6_SETTABLE; /* sticky: only the guest clears it */
	WRITE_DR(6, DR6_FIXED);
}

static bool hypervisor_address(const struct vcpu *v, uint64_t va)
{
	if (v->domain->is_32bit)
		return false;
	return (va >= HV_VIRT_START && va < HV_VIRT_END) ||
	       (uint64_t)((int64_t)(va << 16) >> 16) != va;
}

static void set_address(struct vcpu *v, int reg, uint64_t value)
{
	v->pv.dr[reg] = value;
	if (live(v) && active(v))
		debugregs_load(v);
}

static long set_control(struct vcpu *v, uint64_t value)
{
	if (value >> 32)
		return refuse(-EPERM, "DR7 has 32 bits, not %lx", value);
	value &= ~DR7_ZERO;
	if (value & DR7_GD)
		return refuse(-EPERM, "DR7 %lx: general detect (bit 13) would trap the hypervisor",
			      value);
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int rw = value >> (16 + 4 * i) & 3;

		if ((value >> 2 * i & 3) && rw == RW_IO && !(v->pv.cr4 & CR4_DE))
			return refuse(-EPERM, "DR7 %lx: I/O breakpoint %u needs CR4.DE", value, i);
	}
	if (live(v) && active(v))
		debugregs_save(v);
	v->pv.dr7 = value | DR7_FIXED;
	if (live(v))
		debugregs_load(v);
	return 0;
}

/* DR4 and DR5 are DR6 and DR7 while CR4.DE is off. */
static int unalias(const struct vcpu *v, int reg)
{
	if (reg != 4 && reg != 5)
		return reg;
	return v->pv.cr4 & CR4_DE ? -1 : reg + 2;
}

long pv_set_debugreg(struct vcpu *v, int reg, uint64_t value)
{
	switch (unalias(v, reg)) {
	case 0 ... 3:
		if (hypervisor_address(v, value))
			return refuse(-EPERM, "DR%d %lx is the hypervisor's address", reg, value);
		set_address(v, reg, value);
		return 0;
	case 6:
		if (value >> 32)
			return refuse(-EPERM, "DR6 has 32 bits, not %lx", value);
		v->pv.dr6 = (value & DR6_SETTABLE) | DR6_FIXED;
		return 0;
	case 7:
		return set_control(v, value);
	default:
		return refuse(-ENODEV, "there is no DR%d", reg);
	}
}

bool debugreg_get(const struct vcpu *v, int reg, uint64_t *value)
{
	switch (unalias(v, reg)) {
	case 0 ... 3:
		*value = v->pv.dr[reg];
		return true;
	case 6:
		*value = v->pv.dr6;
		return true;
	case 7:
		*value = v->pv.dr7;
		return true;
	default:
		return false;
	}
}

long do_set_debugreg(int reg, uint64_t value)
{
	return pv_set_debugreg(current, reg, value);
}

/* The interface is defective: an error and a value cannot be told apart (arch-x86/xen.h). */
long do_get_debugreg(int reg)
{
	uint64_t value;

	if (!debugreg_get(current, reg, &value))
		return refuse(-ENODEV, "there is no DR%d", reg);
	return value;
}
