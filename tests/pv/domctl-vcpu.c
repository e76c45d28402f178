/* SPDX-License-Identifier: MIT */
/*
 * domctl on a domain that runs: stop it, look into it, change it, let it go on.
 *
 * Mechanism: a paused domain does nothing at all; the state of its vCPU can be read whole and set again,
 * but for the tables that it holds references on. What a toolstack learns of its frames is what they are.
 * Rights over ports are handed out by number.
 * Steps: 1. pausing; 2. its registers and tables; 3. other registers; 4. what cannot be set; 5. entries
 * beyond the context; 6. its frames; 7. a hypercall page; 8. ports; 9. an NMI; 10. a reset; 11. its end
 * while it is paused.
 * Fails by: the step.
 * Run with: guest=same
 * Runs as: domain 0.
 */
#include "lib/event.h"
#include "lib/pv.h"
#include "lib/toolstack.h"

enum { COUNT, SEEN, GO, TO_US, PORT_VALUE, NMIS };

#define MARK	0x600dcafe
#define MARK2	0x7eadbeef
#define VGA_SEQ 0x3c4

static struct guest g;
static vcpu_guest_context_t context;

/* ---- the guest ------------------------------------------------------------------------------------- */

/* Counts, and shows a register that nothing here changes, until it is told to go on. */
static void count(struct mailbox_page *box)
{
	unsigned long mark = MARK;

	asm volatile("1:	incl %[count]\n"
		     "	movl %k[mark], %[seen]\n"
		     "	cmpl $0, %[go]\n"
		     "	je 1b\n"
		     : [count] "+m"(box->word[COUNT]), [seen] "=m"(box->word[SEEN])
		     : [mark] "b"(mark), [go] "m"(box->word[GO]));
}

static bool on_nmi(struct regs *r)
{
	(void)r;
	guest_mailbox()->word[NMIS]++;
	return true;
}

static void guest(void)
{
	struct mailbox_page *box = guest_mailbox();
	struct physdev_set_iopl iopl = { .iopl = 1 };
	uint32_t last = 0;
	uint8_t value;

	shared_info_map();
	trap_init();
	trap_handle(VEC_NMI, on_nmi);
	count(box);
	expect(hv_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl");
	/* Each word that domain 0 writes into GO is a wish to read the port. */
	for (;;) {
		uint32_t wish = box->word[GO];

		if (wish == last)
			continue;
		last = wish;
		asm volatile("inb %%dx, %%al" : "=a"(value) : "d"(VGA_SEQ));
		box->word[PORT_VALUE] = value;
		box->word[TO_US] = wish;
	}
}

/* ---- domain 0 -------------------------------------------------------------------------------------- */

static bool moves(void)
{
	uint32_t before = g.mailbox->word[COUNT];

	toolstack_sleep(30);
	return g.mailbox->word[COUNT] != before;
}

static int get_context(void)
{
	struct xen_domctl op = { 0 };

	memset(&context, 0xa5, sizeof(context));
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	return domctl(XEN_DOMCTL_getvcpucontext, g.domid, &op);
}

static int set_context(void)
{
	struct xen_domctl op = { 0 };

	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	return domctl(XEN_DOMCTL_setvcpucontext, g.domid, &op);
}

static void pausing(void)
{
	struct xen_domctl_getdomaininfo info;
	struct xen_domctl op = { 0 };

	ensure(moves(), "it runs");
	expect(toolstack_pause(&g), 0, "pause");
	ensure(!moves(), "it does not move while it is paused");
	expect(toolstack_info(g.domid, &info), 0, "getdomaininfo");
	expect(info.flags & 0xffff, XEN_DOMINF_paused, "flags");
	ensure(info.cpu_time > 0, "it has used time");
	expect(info.nr_online_vcpus, 1, "vCPUs online");
	expect(domctl(XEN_DOMCTL_getvcpuinfo, g.domid, &op), 0, "getvcpuinfo");
	expect(op.u.getvcpuinfo.online, 1, "online");
	expect(op.u.getvcpuinfo.running, 0, "not running");
	expect_u64(op.u.getvcpuinfo.cpu_time, info.cpu_time, "its time");
	expect(toolstack_pause(&g), 0, "pause again");
	expect(toolstack_unpause(&g), 0, "unpause");
	ensure(!moves(), "one pause is left");
	expect(toolstack_unpause(&g), 0, "unpause");
	ensure(moves(), "it runs again");
}

static mfn_t context_root_mfn(void)
{
	unsigned long cr3 = context.ctrlreg[3];

#ifdef __i386__
	return MFN(cr3 >> 12 | cr3 << 20);
#else
	return MFN(cr3 >> 12);
#endif
}

static void registers(void)
{
	const struct cpu_user_regs *r = &context.user_regs;
	uint32_t ip;

	expect(get_context(), 0, "getvcpucontext of a vCPU that runs");
	ip = (uint32_t)r->eip;
	ensure(moves(), "it goes on");
	expect_u64((uint32_t)r->ebx, MARK, "a register");
	ensure(ip >= (uint32_t)(unsigned long)_image && ip < (uint32_t)(unsigned long)_image_end,
	       "eip %x", ip);
	ensure(context.flags & VGCF_online && context.flags & VGCF_in_kernel, "flags %lx",
	       (unsigned long)context.flags);
	expect_u64(context_root_mfn().m, g.root.m, "its root");
	ensure(context.ctrlreg[0] & 1 && context.ctrlreg[0] >> 31 & 1, "cr0 %lx",
	       (unsigned long)context.ctrlreg[0]);
	expect(context.trap_ctxt[14].vector, 14, "a trap's vector");
	ensure(context.trap_ctxt[14].address != 0, "its handler");
	ensure(r->eflags & FLAG_IF && !(r->eflags & FLAG_IOPL), "eflags %lx",
	       (unsigned long)r->eflags);
	expect(context.ldt_ents, 0, "no LDT");
	expect(context.debugreg[7] & ~0x400, 0, "no breakpoints");
}

static void other_registers(void)
{
	expect(toolstack_pause(&g), 0, "pause");
	expect(get_context(), 0, "getvcpucontext");
	context.user_regs.ebx = MARK2;
	expect(set_context(), 0, "setvcpucontext");
	expect(get_context(), 0, "getvcpucontext");
	expect_u64((uint32_t)context.user_regs.ebx, MARK2, "the register");
	expect(toolstack_unpause(&g), 0, "unpause");
	ensure(moves(), "it runs on");
	expect_u64(g.mailbox->word[SEEN], MARK2, "what the guest sees in it");

	expect(get_context(), 0, "getvcpucontext");
	context.flags &= ~VGCF_online;
	expect(set_context(), 0, "setvcpucontext, offline");
	ensure(!moves(), "a vCPU that is offline does not run");
	context.flags |= VGCF_online;
	expect(set_context(), 0, "setvcpucontext, online");
	ensure(moves(), "a vCPU that is online does");
}

static void not_these(void)
{
	vcpu_guest_context_t good;

	expect(get_context(), 0, "getvcpucontext");
	good = context;
	context.ctrlreg[3] += 0x1000;
	expect(set_context(), -XEN_EOPNOTSUPP, "another root");
	context = good;
	context.gdt_ents++;
	expect(set_context(), -XEN_EOPNOTSUPP, "another GDT");
	context = good;
	context.ldt_ents = 1;
	expect(set_context(), -XEN_EOPNOTSUPP, "another LDT");
	context.ldt_ents = 8193;
	expect(set_context(), -XEN_EINVAL, "too big an LDT");
	context = good;
	context.ldt_base = 0x123;
	expect(set_context(), -XEN_EINVAL, "an LDT that is not aligned");
	context = good;
	context.gdt_ents = 7169;
	expect(set_context(), -XEN_EINVAL, "too big a GDT");
	context = good;
	context.vm_assist = ~0ul;
	expect(set_context(), -XEN_EINVAL, "unknown assists");
#ifdef __x86_64__
	context = good;
	context.user_regs.rip = 1ull << 47;
	expect(set_context(), -XEN_EINVAL, "an address that is not canonical");
	context = good;
	context.trap_ctxt[3].address = 1ull << 50;
	expect(set_context(), -XEN_EINVAL, "a handler that is not canonical");
#endif
	ensure(moves(), "the guest runs on");
}

static void beyond(void)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_ext_vcpucontext *e = &op.u.ext_vcpucontext;
	uint64_t area[2] = { 5, 5 };

	expect(domctl(XEN_DOMCTL_get_ext_vcpucontext, g.domid, &op), 0, "get_ext_vcpucontext");
	expect(e->sysenter_callback_eip, 0, "no sysenter callback");
	e->sysenter_callback_eip = 0x1234;
	e->sysenter_callback_cs = FLAT_KERNEL_CS;
	e->size = offsetof(struct xen_domctl_ext_vcpucontext, vmce);
	expect(domctl(XEN_DOMCTL_set_ext_vcpucontext, g.domid, &op), 0, "set_ext_vcpucontext");
	memset(&op, 0, sizeof(op));
	expect(domctl(XEN_DOMCTL_get_ext_vcpucontext, g.domid, &op), 0, "get it");
	expect_u64(e->sysenter_callback_eip, 0x1234, "the callback");
	expect(e->size, sizeof(*e), "size");
	e->size = 8;
	expect(domctl(XEN_DOMCTL_set_ext_vcpucontext, g.domid, &op), -XEN_EINVAL, "too small");
	e->vcpu = 1;
	expect(domctl(XEN_DOMCTL_get_ext_vcpucontext, g.domid, &op), -XEN_ESRCH, "of vCPU 1");

	memset(&op, 0, sizeof(op));
	expect(domctl(XEN_DOMCTL_getvcpuextstate, g.domid, &op), 0, "the size of extended state");
	if (op.u.vcpuextstate.xfeature_mask) /* real Xen on a processor with XSAVE */
		return;
	expect(op.u.vcpuextstate.size, 16, "its size");
	set_xen_guest_handle(op.u.vcpuextstate.buffer, area);
	expect(domctl(XEN_DOMCTL_getvcpuextstate, g.domid, &op), 0, "getvcpuextstate");
	expect_u64(area[0] | area[1], 0, "no extended state");
	expect(domctl(XEN_DOMCTL_setvcpuextstate, g.domid, &op), 0, "setvcpuextstate");
	op.u.vcpuextstate.size = 15;
	expect(domctl(XEN_DOMCTL_setvcpuextstate, g.domid, &op), -XEN_EINVAL, "15 bytes of it");
	memset(&op, 0, sizeof(op));
	expect(domctl(XEN_DOMCTL_get_vcpu_msrs, g.domid, &op), 0, "the number of registers");
	ensure(op.u.vcpu_msrs.msr_count >= 1, "%u registers", op.u.vcpu_msrs.msr_count);
	op.u.vcpu_msrs.msr_count = 100;
	expect(domctl(XEN_DOMCTL_set_vcpu_msrs, g.domid, &op), -XEN_EINVAL, "100 registers");
}

static int frame_infos(xen_pfn_t *list, unsigned long n)
{
	struct xen_domctl op = { .u.getpageframeinfo3.num = n };

	set_xen_guest_handle(op.u.getpageframeinfo3.array, list);
	return domctl(XEN_DOMCTL_getpageframeinfo3, g.domid, &op);
}

static void frames(void)
{
	xen_pfn_t list[4] = { g.root.m, guest_frame(&g, 5).m, virt_to_mfn(&context).m,
			      hypervisor_mfn().m };
	uint32_t root = PT_LEVELS == 4 ? XEN_DOMCTL_PFINFO_L4TAB : XEN_DOMCTL_PFINFO_L3TAB;

	expect(frame_infos(list, 4), 0, "getpageframeinfo3");
	expect_u64((uint32_t)list[0], root | XEN_DOMCTL_PFINFO_LPINTAB, "its root");
	expect_u64((uint32_t)list[1], XEN_DOMCTL_PFINFO_NOTAB, "its plain page");
	expect_u64((uint32_t)list[2], XEN_DOMCTL_PFINFO_XTAB, "a page of domain 0");
	expect_u64((uint32_t)list[3], XEN_DOMCTL_PFINFO_XTAB, "a page of the hypervisor");
	list[0] = g.shared_info.m;
	list[1] = ~0ul;
	expect(frame_infos(list, 2), 0, "getpageframeinfo3");
	expect_u64((uint32_t)list[0], XEN_DOMCTL_PFINFO_XTAB, "its shared_info");
	expect_u64((uint32_t)list[1], XEN_DOMCTL_PFINFO_XTAB, "no page at all");
	expect(frame_infos(list, 0), 0, "of no frames");
	expect(frame_infos(list, 1025), -XEN_E2BIG, "of too many frames");
	expect(frame_infos((xen_pfn_t *)16, 1), -XEN_EFAULT, "an unreadable list");
}

static int hypercall_page_at(mfn_t mfn)
{
	struct xen_domctl op = { .u.hypercall_init.gmfn = mfn.m };

	return domctl(XEN_DOMCTL_hypercall_init, g.domid, &op);
}

static void a_hypercall_page(void)
{
	mfn_t mfn = guest_frame(&g, 7);
	uint8_t *page = foreign_map(g.domid, mfn, false);

	if (!page) {
		test_error("cannot map its page: %d", foreign_error);
		return;
	}
	expect(hypercall_page_at(mfn), 0, "hypercall_init");
	ensure(page[0] && !memcmp(page, hypercall_page, 8), "the first entry is like ours");
	foreign_unmap(page);
	expect(hypercall_page_at(g.root), -XEN_EPERM, "in its root");
	expect(hypercall_page_at(virt_to_mfn(&context)), -XEN_EINVAL, "in our own page");
	expect(hypercall_page_at(MFN(~0ul)), -XEN_EINVAL, "nowhere");
}

static uint32_t guest_reads(uint32_t wish)
{
	g.mailbox->word[GO] = wish;
	if (!toolstack_wait_word(&g, TO_US, wish, 5000))
		test_failure("it did not read the port");
	return g.mailbox->word[PORT_VALUE];
}

static int allow(uint32_t first, uint32_t n, bool yes)
{
	struct xen_domctl op = { .u.ioport_permission = { first, n, yes } };

	return domctl(XEN_DOMCTL_ioport_permission, g.domid, &op);
}

static void ports(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };
	struct xen_domctl op = { 0 };

	expect(hv_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl");
	asm volatile("outb %%al, %%dx" : : "a"(2), "d"(VGA_SEQ));
	expect_u64(guest_reads(1), 0xff, "a port without a right to it");
	expect(allow(VGA_SEQ, 2, true), 0, "the right");
	expect_u64(guest_reads(2), 2, "the port");
	expect(allow(VGA_SEQ, 1, false), 0, "take it back");
	expect_u64(guest_reads(3), 0xff, "again without");
	expect(allow(0xfff0, 17, true), -XEN_EINVAL, "beyond the last port");
	expect(allow(0x10, 0, true), -XEN_EINVAL, "no ports");
	expect(allow(0x10, ~0u, true), -XEN_EINVAL, "2^32-1 ports");
	op.u.iomem_permission.first_mfn = ~0ull;
	op.u.iomem_permission.nr_mfns = 2;
	expect(domctl(XEN_DOMCTL_iomem_permission, g.domid, &op), -XEN_EINVAL, "frames that wrap");
	op.u.iomem_permission.first_mfn = 0xb8;
	op.u.iomem_permission.nr_mfns = 8;
	op.u.iomem_permission.allow_access = 1;
	expect(domctl(XEN_DOMCTL_iomem_permission, g.domid, &op), 0, "the text screen");
	memset(&op, 0, sizeof(op));
	op.u.memory_mapping.first_mfn = 0xb8;
	op.u.memory_mapping.nr_mfns = 8;
	expect(domctl(XEN_DOMCTL_memory_mapping, g.domid, &op), 0, "may be mapped");
	op.u.memory_mapping.first_mfn = ~0ull;
	expect(domctl(XEN_DOMCTL_memory_mapping, g.domid, &op), -XEN_EINVAL, "frames that wrap");
}

static void an_nmi(void)
{
	struct xen_domctl op = { .u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_NMI };

	expect(domctl(XEN_DOMCTL_sendtrigger, g.domid, &op), 0, "sendtrigger");
	ensure(toolstack_wait_word(&g, NMIS, 1, 5000), "it came");
}

static void a_reset(void)
{
	struct xen_domctl_getdomaininfo info;
	struct xen_domctl op = { 0 };

	expect(domctl(XEN_DOMCTL_setvcpucontext, g.domid, &op), 0, "setvcpucontext of nothing");
	expect(get_context(), -XEN_ENODATA, "there is no state");
	expect(toolstack_info(g.domid, &info), 0, "getdomaininfo");
	expect(info.nr_online_vcpus, 0, "vCPUs online");
}

void test_main(void)
{
	struct xen_domctl_getdomaininfo info;
	domid_t domid;

	if (!is_dom0()) {
		guest();
		return;
	}
	toolstack_init();
	if (toolstack_create(&g, &(struct guest_config){ .cmdline = "" })) {
		test_failure("no domain");
		return;
	}
	domid = g.domid;
	ensure(toolstack_wait_word(&g, COUNT, 1, 5000), "it has begun");
	pausing();
	registers();
	other_registers();
	not_these();
	beyond();
	frames();
	a_hypercall_page();
	ports();
	an_nmi();
	a_reset();
	expect(toolstack_pause(&g), 0, "pause");
	expect(toolstack_destroy(&g), 0, "destroy it while it is paused");
	expect(toolstack_info(domid, &info), -XEN_ESRCH, "it is gone");
}
