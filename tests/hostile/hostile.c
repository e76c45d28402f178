/* SPDX-License-Identifier: MIT */
/*
 * A hostile guest: random and near-valid hypercalls, as many as its command line says.
 *
 * Mechanism: whatever an unprivileged domain asks for, the hypervisor survives, no other domain
 * notices, and every count is right afterwards (its audit runs at the end).
 * Steps: arguments are drawn from pools of good and bad numbers, pointers and frames, so that most
 * calls get past the first check of something; every 1024 calls the guest repairs what it needs
 * itself (trap table, callbacks, debug registers) and goes on. It leaves out only what would end or
 * stop itself: shutdown, taking its vCPU down, HYPERVISOR_iret with junk, unmapping its own code.
 * Control of domains and of the machine must be refused whatever its arguments are. With a neighbour
 * of the same kind it grants to it, maps what that one grants, and sends it events.
 * Fails by: a panic, a failed audit, a control operation that was done, or no last line.
 * Command line: seed=N calls=N peer=DOMID. All are printed: a run on one processor can be repeated.
 */
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/pv.h"
#include <xen/domctl.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

enum { POOL = 64, SPARES = 8, SCRATCH_WORDS = PAGE_SIZE / sizeof(uint64_t) };

static uint64_t random_state;
static char *window;
static void *pool_page[POOL]; /* mapped pages that hold nothing we need */
static uint64_t *scratch;     /* argument memory: the first of these pages that can be written */
static uint64_t *spare[SPARES];
static char *read_only;
static domid_t peer; /* the neighbour, or domain 0 */
static unsigned int grants_mapped, ports_bound;

static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)(random64() >> 32) % n;
}

/* ---- pools ------------------------------------------------------------------------------------------- */

static uint64_t number(void)
{
	static const uint64_t edges[] = {
		0,	  1,	      2,	  3,	      4,      127,
		128,	  129,	      255,	  256,	      511,    512,
		513,	  1023,	      1024,	  4095,	      4096,   4097,
		7168,	  65535,      0x7ff0,	  0x7ff1,     0x7ff2, 0x7fffffff,
		1u << 31, 0xffffffff, 1ULL << 32, 1ULL << 52, ~0ULL,  ~0ULL << 63
	};

	switch (below(4)) {
	case 0:
		return random64();
	case 1:
		return below(16);
	default:
		return edges[below(ARRAY_SIZE(edges))];
	}
}

static uint32_t count(void)
{
	static const uint32_t counts[] = { 0, 1, 1, 1, 1, 2, 3, 8, 64, 1u << 31, ~0u };

	return counts[below(ARRAY_SIZE(counts))];
}

static uint64_t pool_frame(void)
{
	return virt_to_mfn(pool_page[below(POOL)]).m;
}

/*
 * Machine frames: our own, our tables, shared_info, the hypervisor's, devices', nobody's. A random one
 * that turns out to be ours is not used: calls that write would hit our own code.
 */
static uint64_t frame(void)
{
	uint64_t any;

	switch (below(8)) {
	case 0:
		any = below(4) ? below(0x20000) : random64() & 0xffffffffff;
		return mfn_to_pfn(MFN(any)).p < start_info->nr_pages ? pool_frame() : any;
	case 1:
		return root_mfn().m;
	case 2:
		return virt_to_mfn(window_l1).m;
	case 3:
		return start_info->shared_info >> PAGE_SHIFT;
	case 4:
		return 0xfee00 + below(2) * 0x100;
	default:
		return pool_frame();
	}
}

static uint64_t entry(void)
{
	static const uint64_t bits[] = { PTE_P,	   PTE_RW,     PTE_US,	  PTE_PWT, PTE_PCD,
					 PTE_A,	   PTE_D,      PTE_PSE,	  PTE_G,   PTE_NX,
					 PTE_AVL0, 1ULL << 51, 1ULL << 52 };
	uint64_t e = frame() << PAGE_SHIFT | PTE_P | (below(2) ? PTE_RW : 0);

	while (!below(2))
		e ^= bits[below(ARRAY_SIZE(bits))];
	return below(8) ? e : random64();
}

/* Our kernel, stack and tables, which a 32-bit random number hits now and then: that would be suicide. */
static bool is_ours(unsigned long va)
{
	return va - VIRT_BASE < start_info->nr_pages * PAGE_SIZE;
}

/* Addresses of ours that may be changed, and addresses that are nobody's business. */
static unsigned long address(void)
{
	unsigned long any;

	switch (below(6)) {
	case 0:
		any = (unsigned long)random64() | 1UL << (sizeof(long) * 8 - 1);
		return is_ours(any) ? (unsigned long)window : any;
	case 1:
		return -(unsigned long)below(0x1000000);
	case 2:
		return below(0x10000);
	default:
		return (unsigned long)window + below(16) * PAGE_SIZE + (below(4) ? 0 : below(4096));
	}
}

static void *pointer(void)
{
	switch (below(8)) {
	case 0:
		return (void *)address();
	case 1:
		return (char *)scratch + PAGE_SIZE - below(64);
	case 2:
		return read_only + below(4096);
	default:
		return scratch;
	}
}

/* Structures are runs of words: fill them with numbers of all kinds, mostly small. */
static void fill_scratch(void)
{
	for (unsigned int i = 0; i < 32; i++) {
		switch (below(8)) {
		case 0:
			scratch[i] = entry();
			break;
		case 1:
			scratch[i] = frame();
			break;
		case 2:
			scratch[i] = (unsigned long)pointer();
			break;
		case 3:
			scratch[i] = frame() << PAGE_SHIFT | below(4096);
			break;
		case 4:
			scratch[i] = (uint64_t)number() << 32 | (uint32_t)number();
			break;
		default:
			scratch[i] = number();
		}
	}
}

/* ---- calls with arguments that fit ------------------------------------------------------------------------ */

static void call_mmu_update(void)
{
	mmu_update_t *req = (mmu_update_t *)scratch;
	domid_t dom = below(8) ? DOMID_SELF : (domid_t)number();

	for (unsigned int i = 0; i < 8; i++) {
		/* The window's own table, or a frame of the pool, or (which must fail) anything. */
		uint64_t at = below(4) ? virt_to_maddr(window_l1) : frame() << PAGE_SHIFT;
		unsigned int slots = PT_ENTRIES;

		/* Our kernel hangs on the root's lower half, or on its last entry. */
		if (at >> PAGE_SHIFT == root_mfn().m) {
			at += PAGE_SIZE / 2;
			slots = PT_ENTRIES / 2 - 1;
		}
		req[i].ptr = at + below(slots) * 8 + (below(8) ? 0 : below(8));
		req[i].val = entry();
	}
	hv_mmu_update(below(16) ? req : pointer(), below(8) ? below(8) : count(),
		      below(4) ? NULL : pointer(), dom);
}

static void call_mmuext(void)
{
	struct mmuext_op *op = (struct mmuext_op *)scratch;

	for (unsigned int i = 0; i < 4; i++) {
		op[i].cmd = below(24);
		op[i].arg1.mfn = below(4) ? frame() : address();
		op[i].arg2.nr_ents = below(2) ? frame() : number();
		/* An empty page would be taken as a root, and be the end of us. */
		if (op[i].cmd == MMUEXT_NEW_BASEPTR || op[i].cmd == MMUEXT_SET_LDT)
			op[i].arg1.mfn = start_info->shared_info >> PAGE_SHIFT;
		if (op[i].cmd == MMUEXT_CLEAR_PAGE || op[i].cmd == MMUEXT_COPY_PAGE)
			op[i].arg1.mfn = virt_to_mfn(pool_page[below(POOL)]).m;
	}
	hv_mmuext_op(below(16) ? op : pointer(), below(8) ? below(5) : count(),
		     below(4) ? NULL : pointer(), below(8) ? DOMID_SELF : (domid_t)number());
}

static void call_va_mapping(void)
{
	hv_update_va_mapping(address(), entry(), below(4) ? below(6) : number());
}

static void call_memory(void)
{
	struct xen_memory_reservation *r = (struct xen_memory_reservation *)scratch;
	static xen_pfn_t frames[8];
	unsigned int cmd = below(32);

	if (below(2) || cmd == XENMEM_decrease_reservation || cmd == XENMEM_exchange) {
		cmd = below(2) ? XENMEM_populate_physmap : XENMEM_increase_reservation;
		for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++)
			frames[i] = below(2) ? number() : start_info->nr_pages + below(64);
		set_xen_guest_handle(r->extent_start, frames);
		r->nr_extents = below(4) ? below(9) : count();
		r->extent_order = below(4) ? 0 : (unsigned int)number();
		r->mem_flags = (unsigned int)number();
		r->domid = below(4) ? DOMID_SELF : (domid_t)number();
	}
	hv_memory_op(cmd | (below(16) ? 0 : number() << 6), below(8) ? scratch : pointer());
}

/* Give frames away and take frames back: the pool's pages, through their kernel mappings or without. */
static void call_balloon(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	unsigned int i = below(POOL);
	xen_pfn_t f = virt_to_mfn(pool_page[i]).m;

	set_xen_guest_handle(r.extent_start, &f);
	if (hv_memory_op(XENMEM_decrease_reservation, &r) != 1)
		return;
	map_va(pool_page[i], 0);
	f = virt_to_pfn(pool_page[i]).p;
	if (hv_memory_op(XENMEM_populate_physmap, &r) == 1) {
		pfn_set_mfn(virt_to_pfn(pool_page[i]), MFN(f));
		map_va(pool_page[i], pte(MFN(f), PTE_KERN));
	}
}

static void call_grant(void)
{
	unsigned int cmd = below(14);

	hv_grant_table_op(cmd, below(8) ? scratch : pointer(), below(4) ? 1 : count());
}

static void call_event(void)
{
	hv_event_channel_op((int)below(16), below(8) ? scratch : pointer());
}

static void call_sched(void)
{
	struct sched_poll *poll = (struct sched_poll *)scratch;
	static evtchn_port_t ports[4];

	if (below(2)) {
		hv_sched_op(SCHEDOP_yield, NULL);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++)
		ports[i] = (evtchn_port_t)number();
	set_xen_guest_handle(poll->ports, ports);
	poll->nr_ports = below(4) ? below(5) : count();
	poll->timeout = 1; /* past: never sleeps long */
	hv_sched_op(SCHEDOP_poll, poll);
}

static void call_vcpu(void)
{
	int cmd = (int)below(16);

	if (cmd == VCPUOP_down || cmd == VCPUOP_register_vcpu_info)
		cmd = VCPUOP_is_up;
	hv_vcpu_op(cmd, below(2) ? 0 : (unsigned int)number(), below(8) ? scratch : pointer());
}

static void call_descriptors(void)
{
	unsigned long frames[4] = { frame(), frame(), frame(), frame() };

	if (below(2))
		hv_update_descriptor(frame() << PAGE_SHIFT | below(512) * 8, random64());
	else
		hv_set_gdt(frames, (unsigned int)number());
}

static void call_multicall(void)
{
	multicall_entry_t *call = (multicall_entry_t *)(scratch + 64);
	static const unsigned char safe[] = { __HYPERVISOR_xen_version,
					      __HYPERVISOR_event_channel_op,
					      __HYPERVISOR_update_va_mapping,
					      __HYPERVISOR_grant_table_op,
					      __HYPERVISOR_multicall,
					      __HYPERVISOR_physdev_op,
					      63,
					      200 };

	for (unsigned int i = 0; i < 4; i++) {
		call[i].op = safe[below(ARRAY_SIZE(safe))];
		for (unsigned int a = 0; a < 6; a++)
			call[i].args[a] = (unsigned long)number();
		if (call[i].op == __HYPERVISOR_update_va_mapping)
			call[i].args[0] = address();
	}
	/* Entries behind the fourth are zero: set_trap_table(NULL), which would clear our own table. */
	if (below(8))
		hv_multicall(call, below(5));
	else
		hv_multicall((multicall_entry_t *)-4096L, count());
}

static void call_simple(void)
{
	switch (below(9)) {
	case 0:
		hv_xen_version((int)below(16), below(2) ? (void *)scratch : pointer());
		break;
	case 1:
		hv_set_debugreg((int)below(10), (unsigned long)number());
		break;
	case 2:
		hv_vm_assist(below(3), below(8));
		break;
	case 3:
		hv_physdev_op((int)below(40), below(2) ? (void *)scratch : pointer());
		break;
	case 4:
		hv_set_timer_op(number());
		break;
	case 5:
		hv_nmi_op(1 + (int)below(3), pointer());
		break;
	case 6:
		hv_console_io((int)below(3), below(4) ? 0 : count(), (void *)-4096L);
		break;
	case 7:
		hv_update_va_mapping_otherdomain(address(), entry(), number(), (domid_t)number());
		break;
	default:
		/* Numbers without a function, and those of a privileged domain. */
		hypercall(33 + below(95), pointer(), number(), pointer(), number(), 0);
	}
}

static void call_instruction(void)
{
	switch (below(6)) {
	case 0:
		TRY("mov %0, %%cr4", : "r"((unsigned long)number()));
		break;
	case 1:
		TRY("wrmsr", : "c"((uint32_t)number()), "a"((uint32_t)number()), "d"(0));
		break;
	case 2:
		TRY("out %%al, %%dx", : "a"(0), "d"((uint16_t)number()));
		break;
	case 3:
		TRY("mov %0, %%cr0", : "r"((unsigned long)number()));
		break;
	case 4:
		try_write((char *)window_l1 + below(512) * 8, (unsigned long)entry());
		break;
	default:
		TRY("mov %w0, %%fs", : "r"((uint32_t)number()));
		/* Its descriptor may go away: do not let a trap's return load it again. */
		TRY("mov %w0, %%fs", : "r"(0));
	}
}

/* ---- the neighbour, and what is not for us --------------------------------------------------------------- */

static domid_t domain(void)
{
	static const domid_t special[] = { DOMID_SELF, DOMID_IO, DOMID_XEN, DOMID_COW,
					   DOMID_INVALID };

	switch (below(8)) {
	case 0:
		return 0;
	case 1:
		return special[below(ARRAY_SIZE(special))];
	case 2:
		return (domid_t)number();
	case 3:
		return grant_dom;
	default:
		return peer;
	}
}

static void call_grant_peer(void)
{
	static grant_handle_t last;
	struct gnttab_copy copy = { .flags = (uint16_t)below(4), .len = (uint16_t)below(4096) };
	unsigned long at = (unsigned long)window + below(16) * PAGE_SIZE;

	switch (below(6)) {
	case 0:
		grant_access(1 + below(64), domain(), MFN(frame()), below(4) == 0);
		break;
	case 1:
		grant_end(1 + below(64));
		break;
	case 2:
	case 3:
		grants_mapped += !grant_map(1 + below(64), domain(), at,
					    below(4) ? GNTMAP_host_map : below(64), &last);
		break;
	case 4:
		grant_unmap(below(4) ? last : below(32), at);
		break;
	default:
		copy.source.domid = domain();
		copy.dest.domid = domain();
		copy.source.u.gmfn = copy.dest.u.gmfn = pool_frame();
		if (copy.flags & GNTCOPY_source_gref)
			copy.source.u.ref = below(64);
		if (copy.flags & GNTCOPY_dest_gref)
			copy.dest.u.ref = below(64);
		hv_grant_table_op(GNTTABOP_copy, &copy, 1);
	}
}

static void call_event_peer(void)
{
	struct evtchn_expand_array expand = { .array_gfn = frame() };
	struct evtchn_init_control control = { .control_gfn = frame(),
					       .offset = below(4096) & ~7u,
					       .vcpu = below(2) };
	evtchn_port_t port = below(64);

	switch (below(10)) {
	case 0:
		evtchn_alloc_unbound(DOMID_SELF, domain());
		break;
	case 1:
		ports_bound += evtchn_bind_interdomain(domain(), port) > 0;
		break;
	case 2:
		evtchn_close(port);
		break;
	case 3:
		hv_event_channel_op(EVTCHNOP_expand_array, &expand);
		break;
	case 4:
		/* The queues' words would land in it: a page of the pool, or one that is not ours. */
		if (mfn_to_pfn(MFN(control.control_gfn)).p >= start_info->nr_pages)
			hv_event_channel_op(EVTCHNOP_init_control, &control);
		break;
	default:
		evtchn_send(port);
	}
}

static void call_memory_peer(void)
{
	xen_pfn_t frames[4] = { frame(), number(), frame(), number() };
	struct xen_memory_reservation r = { .nr_extents = below(5), .domid = domain() };
	domid_t dom = domain();

	set_xen_guest_handle(r.extent_start, frames);
	/* Giving back frames of our own is call_balloon()'s. */
	if (r.domid == DOMID_SELF || r.domid == grant_dom)
		return;
	switch (below(4)) {
	case 0:
		hv_memory_op(XENMEM_populate_physmap, &r);
		break;
	case 1:
		hv_memory_op(XENMEM_decrease_reservation, &r);
		break;
	case 2:
		hv_memory_op(XENMEM_maximum_reservation, &dom);
		break;
	default:
		hv_update_va_mapping_otherdomain((unsigned long)window + below(16) * PAGE_SIZE,
						 entry(), below(6), dom);
	}
}

/* Whatever it asks, whoever it names, with the right version or not: never done. */
static void call_control(void)
{
	static struct xen_domctl dom;
	static struct xen_sysctl sys;
	long rc;

	if (below(2)) {
		memcpy(&dom.u, scratch, sizeof(dom.u));
		dom.cmd = below(90);
		dom.interface_version = XEN_DOMCTL_INTERFACE_VERSION + !below(16);
		dom.domain = domain();
		rc = hypercall(__HYPERVISOR_domctl, below(16) ? &dom : pointer(), 0, 0, 0, 0);
		if (rc >= 0)
			test_failure("domctl %u on d%u was done", dom.cmd, dom.domain);
		return;
	}
	memcpy(&sys.u, scratch, sizeof(sys.u));
	sys.cmd = below(32);
	sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION + !below(16);
	rc = hypercall(__HYPERVISOR_sysctl, below(16) ? &sys : pointer(), 0, 0, 0, 0);
	if (rc >= 0)
		test_failure("sysctl %u was done", sys.cmd);
}

static void (*const callers[])(void) = {
	call_mmu_update,  call_mmuext,	call_va_mapping,  call_memory,	   call_balloon,
	call_grant,	  call_event,	call_sched,	  call_vcpu,	   call_descriptors,
	call_multicall,	  call_simple,	call_instruction, call_grant_peer, call_event_peer,
	call_memory_peer, call_control,
};

/* ---- argument memory ------------------------------------------------------------------------------------- */

/* A call may have made a table of the page or taken its mapping away: then it is another one's turn. */
static bool find_scratch(void)
{
	for (unsigned int i = 0; i < SPARES; i++) {
		scratch = spare[i];
		if (try_write(scratch, 0) == EXC_NONE)
			return true;
	}
	return false;
}

/* ---- the run --------------------------------------------------------------------------------------------- */

/* A breakpoint that a random debug register set: switch them all off and go on. */
static bool forget_breakpoints(struct regs *regs)
{
	(void)regs;
	hv_set_debugreg(7, 0);
	return true;
}

static void repair(void)
{
	hv_fpu_taskswitch(0);
	hv_set_debugreg(7, 0);
	hv_set_timer_op(0);
	trap_init();
	event_init();
	upcall_mask(true);
	for (unsigned int i = 0; i < 16; i++)
		map_va(window + i * PAGE_SIZE, 0);
	map_va(read_only, pte(virt_to_mfn(read_only), PTE_KERN_R));
}

static uint64_t option(const char *name, uint64_t otherwise)
{
	const char *at = strstr((const char *)start_info->cmd_line, name);

	return at ? strtoul(at + strlen(name), NULL, 0) : otherwise;
}

void test_main(void)
{
	uint64_t calls = option("calls=", 2000), seed = option("seed=", 1);

	random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
	shared_info_map();
	window = window_init();
	grant_init();
	peer = (domid_t)option("peer=", 0);
	for (unsigned int i = 0; i < SPARES; i++)
		spare[i] = page_alloc();
	read_only = page_alloc();
	for (unsigned int i = 0; i < POOL; i++)
		pool_page[i] = page_alloc();
	trap_handle(VEC_DB, forget_breakpoints);
	trap_handle(VEC_NMI, forget_breakpoints);
	printk("hostile: seed %llu, %llu calls, peer %u\n", (unsigned long long)seed,
	       (unsigned long long)calls, peer);
	for (uint64_t i = 0; i < calls; i++) {
		if (i % 1024 == 0)
			repair();
		if (!find_scratch()) {
			printk("hostile: no memory of our own can be written any more\n");
			break;
		}
		fill_scratch();
		callers[below(ARRAY_SIZE(callers))]();
	}
	repair();
	printk("hostile: done, %u grants mapped, %u ports bound\n", grants_mapped, ports_bound);
}
