/* SPDX-License-Identifier: MIT */
/*
 * xl dump: what a vCPU was doing. Registers, the top of its stack, and how its page tables lead to an address
 * (its instruction pointer, or the one that is asked for).
 *
 * The domain is paused meanwhile. Tables are walked as the processor does it: three levels at 32 bits (PAE),
 * four at 64; frames are machine frames, mapped read-only.
 */
#include "user/xl/xl.h"

#include <stdlib.h>
#include <string.h>
#include <xen/foreign/x86_32.h>
#include <xen/foreign/x86_64.h>

#define PAGE	 4096u
#define PTE_P	 1u
#define PTE_PS	 0x80u
#define FRAME(e) (((e)&0x000ffffffffff000ull) >> 12)

static union {
	struct vcpu_guest_context_x86_32 c32;
	struct vcpu_guest_context_x86_64 c64;
} context;

struct vcpu {
	unsigned domid, number;
	bool is_32bit;
	uint64_t ip, sp, cr3_frame;
};

/* The machine frame behind an address, or 0; with `talk`, each step as a line. */
static uint64_t walk(const struct vcpu *v, uint64_t va, bool talk)
{
	uint64_t frame = v->cr3_frame;

	for (int level = v->is_32bit ? 3 : 4; level; level--) {
		unsigned slot = (unsigned)(va >> (12 + 9 * (level - 1))) %
				(v->is_32bit && level == 3 ? 4 : 512);
		uint64_t *table = xc_map_one((domid_t)v->domid, (xen_pfn_t)frame, false), entry;

		if (!table) {
			if (talk)
				printf("  L%d mfn %llx: %s\n", level, (unsigned long long)frame,
				       strerror(errno));
			return 0;
		}
		entry = table[slot];
		xc_unmap(table, 1);
		if (talk)
			printf("  L%d mfn %llx [%3x] = %016llx%s\n", level,
			       (unsigned long long)frame, slot, (unsigned long long)entry,
			       entry & PTE_P ? "" : " not present");
		if (!(entry & PTE_P))
			return 0;
		frame = FRAME(entry);
		if (level == 2 && entry & PTE_PS)
			return frame + (va >> 12) % 512;
	}
	return frame;
}

static void print_stack(const struct vcpu *v)
{
	unsigned word = v->is_32bit ? 4 : 8;
	uint64_t frame = walk(v, v->sp, false);
	const char *page = frame ? xc_map_one((domid_t)v->domid, (xen_pfn_t)frame, false) : NULL;

	printf("Stack at %0*llx:", v->is_32bit ? 8 : 16, (unsigned long long)v->sp);
	if (!page) {
		printf(" not mapped\n");
		return;
	}
	for (unsigned at = v->sp % PAGE, n = 0; at + word <= PAGE && n < 32; at += word, n++) {
		uint64_t value = 0;

		memcpy(&value, page + at, word);
		printf("%s%0*llx", n % (v->is_32bit ? 8 : 4) ? " " : "\n  ", (int)word * 2,
		       (unsigned long long)value);
	}
	putchar('\n');
	xc_unmap((void *)page, 1);
}

static void print_registers32(struct vcpu *v)
{
	const struct vcpu_guest_context_x86_32 *c = &context.c32;
	const struct cpu_user_regs_x86_32 *r = &c->user_regs;

	printf("eip %04x:%08x  eflags %08x  esp %04x:%08x\n", r->cs, r->eip, r->eflags, r->ss,
	       r->esp);
	printf("eax %08x  ebx %08x  ecx %08x  edx %08x\n", r->eax, r->ebx, r->ecx, r->edx);
	printf("esi %08x  edi %08x  ebp %08x\n", r->esi, r->edi, r->ebp);
	printf("ds %04x  es %04x  fs %04x  gs %04x  cr3 %08x\n", r->ds, r->es, r->fs, r->gs,
	       c->ctrlreg[3]);
	v->ip = r->eip;
	v->sp = r->esp;
	v->cr3_frame = xen_cr3_to_pfn_x86_32(c->ctrlreg[3]);
}

static void print_registers64(struct vcpu *v)
{
	const struct vcpu_guest_context_x86_64 *c = &context.c64;
	const struct cpu_user_regs_x86_64 *r = &c->user_regs;

	printf("rip %04x:%016llx  rflags %08llx\n", r->cs, (unsigned long long)r->rip,
	       (unsigned long long)r->rflags);
	printf("rsp %04x:%016llx  cr3 %016llx\n", r->ss, (unsigned long long)r->rsp,
	       (unsigned long long)c->ctrlreg[3]);
	printf("rax %016llx  rbx %016llx  rcx %016llx\n", (unsigned long long)r->rax,
	       (unsigned long long)r->rbx, (unsigned long long)r->rcx);
	printf("rdx %016llx  rsi %016llx  rdi %016llx\n", (unsigned long long)r->rdx,
	       (unsigned long long)r->rsi, (unsigned long long)r->rdi);
	printf("rbp %016llx  r8  %016llx  r9  %016llx\n", (unsigned long long)r->rbp,
	       (unsigned long long)r->r8, (unsigned long long)r->r9);
	printf("r10 %016llx  r11 %016llx  r12 %016llx\n", (unsigned long long)r->r10,
	       (unsigned long long)r->r11, (unsigned long long)r->r12);
	printf("r13 %016llx  r14 %016llx  r15 %016llx\n", (unsigned long long)r->r13,
	       (unsigned long long)r->r14, (unsigned long long)r->r15);
	v->ip = r->rip;
	v->sp = r->rsp;
	v->cr3_frame = c->ctrlreg[3] >> 12;
}

static int dump(struct vcpu *v, const char *address)
{
	struct xen_domctl op = { 0 };
	uint64_t at;

	if (xc_domctl(XEN_DOMCTL_get_address_size, (domid_t)v->domid, &op) < 0)
		return complain("domain %u: %s", v->domid, strerror(errno));
	v->is_32bit = op.u.address_size.size == 32;
	memset(&op, 0, sizeof(op));
	memset(&context, 0, sizeof(context));
	op.u.vcpucontext.vcpu = v->number;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)&context);
	if (xc_domctl(XEN_DOMCTL_getvcpucontext, (domid_t)v->domid, &op) < 0)
		return complain("vCPU %u of domain %u: %s", v->number, v->domid, strerror(errno));
	printf("Domain %u vCPU %u, %d bits\n", v->domid, v->number, v->is_32bit ? 32 : 64);
	if (v->is_32bit)
		print_registers32(v);
	else
		print_registers64(v);
	print_stack(v);
	at = address ? strtoull(address, NULL, 16) : v->ip;
	printf("Walk of %llx:\n", (unsigned long long)at);
	walk(v, at, true);
	return 0;
}

int cmd_dump(int argc, char **argv)
{
	struct vcpu v = { .domid = domain_find(argv[1]) };
	struct xen_domctl op = { 0 };
	int status;

	if (v.domid == DOMAIN_NONE)
		return 1;
	if (!v.domid)
		return complain(
			"domain 0 runs this command: its registers would be this program's");
	v.number = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	if (xc_domctl(XEN_DOMCTL_pausedomain, (domid_t)v.domid, &op) < 0)
		return complain("domain %u cannot be paused: %s", v.domid, strerror(errno));
	status = dump(&v, argc > 3 ? argv[3] : NULL);
	memset(&op, 0, sizeof(op));
	xc_domctl(XEN_DOMCTL_unpausedomain, (domid_t)v.domid, &op);
	return status;
}
