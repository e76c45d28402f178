/* SPDX-License-Identifier: MIT */
/*
 * The first vCPU's registers ("start-of-day" in <xen/xen.h>): at the kernel's entry, on the stack behind the page
 * tables, start_info's address in ESI or RSI, flat segments, interrupts as the hypervisor's upcall mask says.
 */
#include "lib/guestbuild/guestbuild.h"
#include "lib/string.h"

#define FLAG_IF 0x200u

unsigned long guest_builder_root(const struct guest_builder *b, unsigned int *pin_command)
{
	*pin_command = b->image.is_32bit ? MMUEXT_PIN_L3_TABLE : MMUEXT_PIN_L4_TABLE;
	return guest_builder_frame(b, b->layout.tables);
}

static void fill32(const struct guest_builder *b, struct vcpu_guest_context_x86_32 *c)
{
	struct cpu_user_regs_x86_32 *r = &c->user_regs;
	unsigned int command;

	c->flags = VGCF_in_kernel_X86_32 | VGCF_online_X86_32;
	c->ctrlreg[3] = xen_pfn_to_cr3_x86_32((uint32_t)guest_builder_root(b, &command));
	c->kernel_ss = FLAT_KERNEL_SS_X86_32;
	c->kernel_sp = (uint32_t)(b->layout.stack + GUEST_PAGE);
	r->cs = FLAT_KERNEL_CS_X86_32;
	r->ss = r->ds = r->es = r->fs = r->gs = FLAT_KERNEL_DS_X86_32;
	r->eip = (uint32_t)b->image.entry;
	r->esp = c->kernel_sp;
	r->esi = (uint32_t)b->layout.start_info;
	r->eflags = FLAG_IF;
}

static void fill64(const struct guest_builder *b, struct vcpu_guest_context_x86_64 *c)
{
	struct cpu_user_regs_x86_64 *r = &c->user_regs;
	unsigned int command;

	c->flags = VGCF_in_kernel_X86_64 | VGCF_online_X86_64;
	c->ctrlreg[3] = xen_pfn_to_cr3_x86_64((uint64_t)guest_builder_root(b, &command));
	c->kernel_ss = FLAT_KERNEL_SS_X86_64;
	c->kernel_sp = b->layout.stack + GUEST_PAGE;
	r->cs = FLAT_KERNEL_CS_X86_64;
	r->ss = FLAT_KERNEL_SS_X86_64;
	r->rip = b->image.entry;
	r->rsp = c->kernel_sp;
	r->rsi = b->layout.start_info;
	r->rflags = FLAG_IF;
}

void guest_builder_context(const struct guest_builder *b, union guest_context *context)
{
	memset(context, 0, sizeof(*context));
	if (b->image.is_32bit)
		fill32(b, &context->c32);
	else
		fill64(b, &context->c64);
}
