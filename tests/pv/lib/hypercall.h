/* SPDX-License-Identifier: MIT */
/*
 * Typed wrappers: one inline function a hypercall, over the hypercall page.
 *
 * All return what the hypervisor left in the accumulator; those whose ABI type is int are cut to
 * int, since a 64-bit hypervisor may leave such a result zero-extended. Real Xen changes argument
 * registers when it continues a call, so every argument register is an output as well.
 */
#ifndef PV_HYPERCALL_H
#define PV_HYPERCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

extern char hypercall_page[];

#ifdef __i386__
#define hypercall(nr, a1, a2, a3, a4, a5) \
	hypercall5(nr, (long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5))

static inline long hypercall5(unsigned int nr, long a1, long a2, long a3, long a4, long a5)
{
	long rc;

	asm volatile("call *%[entry]"
		     : "=a"(rc), "+b"(a1), "+c"(a2), "+d"(a3), "+S"(a4), "+D"(a5)
		     : [entry] "0"(hypercall_page + nr * 32)
		     : "memory");
	return rc;
}
#else
#define hypercall(nr, a1, a2, a3, a4, a5) \
	hypercall5(nr, (long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5))

static inline long hypercall5(unsigned int nr, long a1, long a2, long a3, long a4, long a5)
{
	register long r10 asm("r10") = a4;
	register long r8 asm("r8") = a5;
	long rc;

	asm volatile("call *%[entry]"
		     : "=a"(rc), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
		     : [entry] "0"(hypercall_page + nr * 32)
		     : "memory", "rcx", "r11");
	return rc;
}
#endif

/* A 64-bit argument is two registers for a 32-bit guest, low half first. */
static inline long hypercall_u64_u64(unsigned int nr, uint64_t a, uint64_t b)
{
#ifdef __i386__
	return hypercall(nr, (uint32_t)a, a >> 32, (uint32_t)b, b >> 32, 0);
#else
	return hypercall(nr, a, b, 0, 0, 0);
#endif
}

static inline int hv_set_trap_table(const struct trap_info *table)
{
	return hypercall(__HYPERVISOR_set_trap_table, table, 0, 0, 0, 0);
}

/* dom: whose frames; above them, if not 0, one more than whose tables. */
static inline int hv_mmu_update(const mmu_update_t *reqs, unsigned int n, unsigned int *done,
				uint32_t dom)
{
	return hypercall(__HYPERVISOR_mmu_update, reqs, n, done, dom, 0);
}

static inline int hv_set_gdt(const unsigned long *frames, unsigned int entries)
{
	return hypercall(__HYPERVISOR_set_gdt, frames, entries, 0, 0, 0);
}

static inline int hv_stack_switch(unsigned long ss, unsigned long sp)
{
	return hypercall(__HYPERVISOR_stack_switch, ss, sp, 0, 0, 0);
}

/* The 32-bit call takes selector and offset of each handler, the 64-bit one offsets only. */
static inline int hv_set_callbacks(void (*event)(void), void (*failsafe)(void))
{
#ifdef __i386__
	return hypercall(__HYPERVISOR_set_callbacks, FLAT_KERNEL_CS, event, FLAT_KERNEL_CS,
			 failsafe, 0);
#else
	return hypercall(__HYPERVISOR_set_callbacks, event, failsafe, 0, 0, 0);
#endif
}

static inline int hv_fpu_taskswitch(int set)
{
	return hypercall(__HYPERVISOR_fpu_taskswitch, set, 0, 0, 0, 0);
}

static inline int hv_sched_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_sched_op, cmd, arg, 0, 0, 0);
}

static inline int hv_set_debugreg(int reg, unsigned long value)
{
	return hypercall(__HYPERVISOR_set_debugreg, reg, value, 0, 0, 0);
}

static inline unsigned long hv_get_debugreg(int reg)
{
	return hypercall(__HYPERVISOR_get_debugreg, reg, 0, 0, 0, 0);
}

static inline int hv_update_descriptor(uint64_t maddr, uint64_t desc)
{
	return hypercall_u64_u64(__HYPERVISOR_update_descriptor, maddr, desc);
}

static inline long hv_memory_op(unsigned long cmd, void *arg)
{
	return hypercall(__HYPERVISOR_memory_op, cmd, arg, 0, 0, 0);
}

static inline int hv_multicall(multicall_entry_t *calls, unsigned int n)
{
	return hypercall(__HYPERVISOR_multicall, calls, n, 0, 0, 0);
}

static inline int hv_update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
{
#ifdef __i386__
	return hypercall(__HYPERVISOR_update_va_mapping, va, (uint32_t)pte, pte >> 32, flags, 0);
#else
	return hypercall(__HYPERVISOR_update_va_mapping, va, pte, flags, 0, 0);
#endif
}

static inline int hv_update_va_mapping_otherdomain(unsigned long va, uint64_t pte,
						   unsigned long flags, domid_t dom)
{
#ifdef __i386__
	return hypercall(__HYPERVISOR_update_va_mapping_otherdomain, va, (uint32_t)pte, pte >> 32,
			 flags, dom);
#else
	return hypercall(__HYPERVISOR_update_va_mapping_otherdomain, va, pte, flags, dom, 0);
#endif
}

static inline int hv_set_timer_op(uint64_t deadline)
{
	return hypercall_u64_u64(__HYPERVISOR_set_timer_op, deadline, 0);
}

static inline long hv_xen_version(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_xen_version, cmd, arg, 0, 0, 0);
}

static inline long hv_console_io(int cmd, unsigned int n, void *buf)
{
	return hypercall(__HYPERVISOR_console_io, cmd, n, buf, 0, 0);
}

static inline int hv_grant_table_op(unsigned int cmd, void *ops, unsigned int n)
{
	return hypercall(__HYPERVISOR_grant_table_op, cmd, ops, n, 0, 0);
}

static inline int hv_vm_assist(unsigned int cmd, unsigned int type)
{
	return hypercall(__HYPERVISOR_vm_assist, cmd, type, 0, 0, 0);
}

static inline int hv_vcpu_op(int cmd, unsigned int vcpu, void *arg)
{
	return hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu, arg, 0, 0);
}

static inline int hv_set_segment_base(int which, unsigned long base)
{
	return hypercall(__HYPERVISOR_set_segment_base, which, base, 0, 0, 0);
}

static inline int hv_mmuext_op(struct mmuext_op *ops, unsigned int n, unsigned int *done,
			       domid_t dom)
{
	return hypercall(__HYPERVISOR_mmuext_op, ops, n, done, dom, 0);
}

static inline int hv_nmi_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_nmi_op, cmd, arg, 0, 0, 0);
}

static inline int hv_callback_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_callback_op, cmd, arg, 0, 0, 0);
}

static inline int hv_event_channel_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_event_channel_op, cmd, arg, 0, 0, 0);
}

static inline int hv_physdev_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_physdev_op, cmd, arg, 0, 0, 0);
}

#endif
