/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls, by way of the page of stubs that the builder filled.
 *
 * Arguments go in ebx ecx edx esi edi, the result comes in eax. A hypercall that was continued
 * returns with changed argument registers, hence the read-write operands. Drivers include this too.
 */
#ifndef XEN_HYPERCALL_H
#define XEN_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define HYPERCALL_STUB_SIZE 32

#define hypercall5(nr, a1, a2, a3, a4, a5)                                                  \
	({                                                                                  \
		long res_;                                                                  \
		unsigned long b_ = (unsigned long)(a1), c_ = (unsigned long)(a2),           \
			      d_ = (unsigned long)(a3), s_ = (unsigned long)(a4),           \
			      t_ = (unsigned long)(a5);                                     \
		asm volatile("call hypercall_page + %c6"                                    \
			     : "=a"(res_), "+b"(b_), "+c"(c_), "+d"(d_), "+S"(s_), "+D"(t_) \
			     : "i"((nr)*HYPERCALL_STUB_SIZE)                                \
			     : "memory");                                                   \
		res_;                                                                       \
	})
#define hypercall4(nr, a1, a2, a3, a4) hypercall5(nr, a1, a2, a3, a4, 0)
#define hypercall3(nr, a1, a2, a3)                                                \
	({                                                                        \
		long res_;                                                        \
		unsigned long b_ = (unsigned long)(a1), c_ = (unsigned long)(a2), \
			      d_ = (unsigned long)(a3);                           \
		asm volatile("call hypercall_page + %c4"                          \
			     : "=a"(res_), "+b"(b_), "+c"(c_), "+d"(d_)           \
			     : "i"((nr)*HYPERCALL_STUB_SIZE)                      \
			     : "memory");                                         \
		res_;                                                             \
	})
#define hypercall2(nr, a1, a2)                                                    \
	({                                                                        \
		long res_;                                                        \
		unsigned long b_ = (unsigned long)(a1), c_ = (unsigned long)(a2); \
		asm volatile("call hypercall_page + %c3"                          \
			     : "=a"(res_), "+b"(b_), "+c"(c_)                     \
			     : "i"((nr)*HYPERCALL_STUB_SIZE)                      \
			     : "memory");                                         \
		res_;                                                             \
	})
#define hypercall1(nr, a1) hypercall2(nr, a1, 0)

/* A 64-bit argument takes two registers, low half first. */
#define LO32(x) ((uint32_t)(x))
#define HI32(x) ((uint32_t)((uint64_t)(x) >> 32))

static inline long hypercall_set_trap_table(const struct trap_info *table)
{
	return hypercall1(__HYPERVISOR_set_trap_table, table);
}

static inline long hypercall_mmu_update(struct mmu_update *req, unsigned count, unsigned *done)
{
	return hypercall4(__HYPERVISOR_mmu_update, req, count, done, DOMID_SELF);
}

static inline long hypercall_mmuext_op(struct mmuext_op *op, unsigned count)
{
	return hypercall4(__HYPERVISOR_mmuext_op, op, count, NULL, DOMID_SELF);
}

static inline long hypercall_update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
{
	return hypercall4(__HYPERVISOR_update_va_mapping, va, LO32(pte), HI32(pte), flags);
}

static inline long hypercall_set_gdt(const unsigned long *frames, unsigned entries)
{
	return hypercall2(__HYPERVISOR_set_gdt, frames, entries);
}

static inline long hypercall_update_descriptor(uint64_t maddr, uint64_t desc)
{
	return hypercall4(__HYPERVISOR_update_descriptor, LO32(maddr), HI32(maddr), LO32(desc),
			  HI32(desc));
}

static inline long hypercall_stack_switch(unsigned long ss, unsigned long esp)
{
	return hypercall2(__HYPERVISOR_stack_switch, ss, esp);
}

static inline long hypercall_set_callbacks(unsigned long event_cs, unsigned long event_eip,
					   unsigned long failsafe_cs, unsigned long failsafe_eip)
{
	return hypercall4(__HYPERVISOR_set_callbacks, event_cs, event_eip, failsafe_cs,
			  failsafe_eip);
}

static inline long hypercall_fpu_taskswitch(int set)
{
	return hypercall1(__HYPERVISOR_fpu_taskswitch, set);
}

static inline long hypercall_multicall(struct multicall_entry *calls, unsigned count)
{
	return hypercall2(__HYPERVISOR_multicall, calls, count);
}

static inline long hypercall_memory_op(unsigned cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_memory_op, cmd, arg);
}

static inline long hypercall_xen_version(int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_xen_version, cmd, arg);
}

static inline long hypercall_console_io(int cmd, unsigned count, char *buf)
{
	return hypercall3(__HYPERVISOR_console_io, cmd, count, buf);
}

static inline long hypercall_set_timer_op(uint64_t deadline)
{
	return hypercall2(__HYPERVISOR_set_timer_op, LO32(deadline), HI32(deadline));
}

static inline long hypercall_vcpu_op(int cmd, unsigned vcpu, void *arg)
{
	return hypercall3(__HYPERVISOR_vcpu_op, cmd, vcpu, arg);
}

static inline long hypercall_sched_op(int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_sched_op, cmd, arg);
}

static inline long hypercall_event_channel_op(int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

#endif
