/* SPDX-License-Identifier: MIT */
/*
 * What each operation of the PV ABI costs, in instructions.
 *
 * A tiny PV kernel, domain 0 of the hypervisor under test, that times each operation by the TSC. Under
 * QEMU's `-icount shift=0,sleep=off` one tick is one executed instruction, all rings together, so the
 * figures are equal on every run and machine. The cost of the loop and of the call is measured with
 * an empty operation and taken off. One line a row: "bench NAME TENTHS" (tenths of an instruction).
 *
 * The rows are those of bench/xen-4.17.csv, where real Xen's figures stand; run.py joins them.
 */
#include "lib/pv.h"
#include "lib/event.h"

#define ROUNDS 64
#define FAR    1000000000ULL

typedef void (*operation)(void);

static uint64_t empty_cost;
static char *window;
static mfn_t data_mfn[128];
static uint64_t window_maddr;

/* What ROUNDS calls take, without the loop; the smallest of three, so that no timer tick counts. */
static uint64_t cost(operation op)
{
	uint64_t best = ~0ULL;

	op();
	for (int round = 0; round < 3; round++) {
		uint64_t start = rdtsc(), took;

		for (int i = 0; i < ROUNDS; i++) {
			barrier();
			op();
		}
		took = rdtsc() - start;
		if (took < best)
			best = took;
	}
	return best;
}

static void nothing(void)
{
}

static void print_row(const char *name, uint64_t ticks, unsigned int parts)
{
	uint32_t tenths = (uint32_t)ticks * 10 / parts;

	printk("bench %s %u\n", name, tenths);
}

static void row(const char *name, operation op, unsigned int parts)
{
	print_row(name, cost(op) - empty_cost, ROUNDS * parts);
}

/* ---- simple calls ---------------------------------------------------------------------------------- */

static multicall_entry_t calls[32];
static struct trap_info traps[19];
static struct vcpu_runstate_info runstate;
static domid_t self = DOMID_SELF;

static void xen_version(void)
{
	hv_xen_version(XENVER_version, NULL);
}

static void multicall(void)
{
	hv_multicall(calls, ARRAY_SIZE(calls));
}

static void stack_switch(void)
{
	hv_stack_switch(FLAT_KERNEL_SS, (unsigned long)trap_stack_top);
}

static void taskswitch_set(void)
{
	hv_fpu_taskswitch(1);
}

static void taskswitch_clear(void)
{
	hv_fpu_taskswitch(0);
}

static uint64_t deadline;

static void set_timer(void)
{
	hv_set_timer_op(deadline);
}

static void yield(void)
{
	hv_sched_op(SCHEDOP_yield, NULL);
}

static void set_traps(void)
{
	hv_set_trap_table(traps);
}

static void set_debugreg(void)
{
	hv_set_debugreg(0, 0x1000);
}

static void get_runstate(void)
{
	hv_vcpu_op(VCPUOP_get_runstate_info, 0, &runstate);
}

static void reservation(void)
{
	hv_memory_op(XENMEM_current_reservation, &self);
}

static void simple_rows(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		calls[i] = (multicall_entry_t){ .op = __HYPERVISOR_xen_version,
						.args = { XENVER_version } };
	row("xen_version", xen_version, 1);
	row("multicall-32", multicall, 32);
	row("stack_switch", stack_switch, 1);
	row("fpu_taskswitch-1", taskswitch_set, 1);
	row("fpu_taskswitch-0", taskswitch_clear, 1);
	deadline = system_time() + FAR;
	row("set_timer_op", set_timer, 1);
	hv_set_timer_op(0);
	row("yield", yield, 1);
	for (unsigned int i = 0; i < 18; i++)
		traps[i] = (struct trap_info){ i, 0, FLAT_KERNEL_CS, trap_stub(i) };
	row("set_trap_table-18", set_traps, 1);
	row("set_debugreg", set_debugreg, 1);
	row("get_runstate_info", get_runstate, 1);
	row("current_reservation", reservation, 1);
}

/* ---- traps: handlers that only skip the instruction, so that the bounce is what is measured ----------- */

#define NR_iret "23"

#ifdef __i386__
#define HANDLER(name, ...)                                                                     \
	asm(".pushsection .text; .global " #name "; " #name ": " __VA_ARGS__ "; .popsection"); \
	void name(void)
#define TAKE_FRAME ""
#define SKIP_2	   "addl $2, (%esp); "
#define DROP_ERROR "addl $4, %esp; "
#define PLAIN_IRET "iret"
#define HYPER_IRET "pushl $0; popl %eax; jmp hypercall_page + " NR_iret " * 32"
#else
#define HANDLER(name, ...)                                                                     \
	asm(".pushsection .text; .global " #name "; " #name ": " __VA_ARGS__ "; .popsection"); \
	void name(void)
#define TAKE_FRAME "pop %rcx; pop %r11; "
#define SKIP_2	   "addq $2, (%rsp); "
#define DROP_ERROR "addq $8, %rsp; "
/* The frame says RPL 0 for the kernel, which really runs in ring 3 (<xen/arch-x86/xen-x86_64.h>). */
#define PLAIN_IRET "orb $3, 8(%rsp); iretq"
#define HYPER_IRET "pushq $0; jmp hypercall_page + " NR_iret " * 32"
#endif

HANDLER(skip_plain, TAKE_FRAME SKIP_2 PLAIN_IRET);
HANDLER(skip_hyper, TAKE_FRAME SKIP_2 HYPER_IRET);
HANDLER(skip_fault, TAKE_FRAME DROP_ERROR SKIP_2 PLAIN_IRET);

static void raise_ud(void)
{
	asm volatile("ud2" : : : "memory", "cc", "ax", "cx");
}

static void touch_nothing(void)
{
	/* Two bytes in both widths; the page is not there. */
	asm volatile(".byte 0x8b, 0x00" : : "a"(window) : "memory", "cx");
}

static void set_handler(unsigned int vector, void (*handler)(void), unsigned int dpl)
{
	const struct trap_info table[2] = {
		{ vector, dpl, FLAT_KERNEL_CS, (unsigned long)handler },
	};

	hv_set_trap_table(table);
}

static void bounce_rows(void)
{
	set_handler(VEC_UD, skip_plain, 0);
	row("ud-native-iret", raise_ud, 1);
	set_handler(VEC_UD, skip_hyper, 0);
	row("ud-hypervisor-iret", raise_ud, 1);
	set_handler(VEC_PF, skip_fault, 0);
	row("page-fault-native-iret", touch_nothing, 1);
	trap_init();
}

static void forced_cpuid(void)
{
	uint32_t a = 0, c = 0;

	asm volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "+c"(c) : : "ebx", "edx");
}

static void read_efer(void)
{
	asm volatile("rdmsr" : : "c"(0xc0000080) : "eax", "edx");
}

static void read_cr0(void)
{
	unsigned long v;

	asm volatile("mov %%cr0, %0" : "=r"(v));
}

static void read_cr4(void)
{
	unsigned long v;

	asm volatile("mov %%cr4, %0" : "=r"(v));
}

static void read_port(void)
{
	asm volatile("in $0x80, %%al" : : : "eax");
}

#ifdef __x86_64__
static void read_fs_base(void)
{
	asm volatile("rdmsr" : : "c"(0xc0000100) : "eax", "edx");
}
#endif

static void emulation_rows(void)
{
	struct physdev_set_iopl iopl = { 1 };

	row("cpuid-forced", forced_cpuid, 1);
	row("rdmsr-efer", read_efer, 1);
#ifdef __x86_64__
	row("rdmsr-fs-base", read_fs_base, 1);
#endif
	row("mov-cr0", read_cr0, 1);
	row("mov-cr4", read_cr4, 1);
	hv_physdev_op(PHYSDEVOP_set_iopl, &iopl);
	row("in-port-80", read_port, 1);
}

/* ---- page tables -------------------------------------------------------------------------------------- */

static mmu_update_t updates[128];
static unsigned int batch;

static void map_unmap(void)
{
	hv_update_va_mapping((unsigned long)window, pte(data_mfn[0], PTE_KERN), 0);
	hv_update_va_mapping((unsigned long)window, 0, 0);
}

static void map_unmap_flush(void)
{
	hv_update_va_mapping((unsigned long)window, pte(data_mfn[0], PTE_KERN), UVMF_INVLPG);
	hv_update_va_mapping((unsigned long)window, 0, UVMF_INVLPG);
}

static void prepare_updates(bool clear)
{
	for (unsigned int i = 0; i < batch; i++)
		updates[i] = (mmu_update_t){ window_maddr + i * sizeof(uint64_t),
					     clear ? 0 : pte(data_mfn[i], PTE_KERN) };
}

static void run_updates(void)
{
	hv_mmu_update(updates, batch, NULL, DOMID_SELF);
}

/* A new entry can be made only where none is: set and clear are timed apart, in turns. */
static void update_rows(unsigned int n, const char *set_name, const char *clear_name)
{
	uint64_t ticks[2] = { 0, 0 };

	batch = n;
	for (int i = 0; i < ROUNDS; i++) {
		for (int clear = 0; clear < 2; clear++) {
			uint64_t start;

			prepare_updates(clear);
			start = rdtsc();
			run_updates();
			ticks[clear] += rdtsc() - start;
		}
	}
	print_row(set_name, ticks[0], ROUNDS * n);
	print_row(clear_name, ticks[1], ROUNDS * n);
}

static void flush(void)
{
	mmuext_addr(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
}

static void flush_one(void)
{
	mmuext_addr(MMUEXT_INVLPG_LOCAL, (unsigned long)window, 0);
}

static void pin_rows(void)
{
	uint64_t *table = page_alloc(), start;
	uint64_t pin = 0, unpin = 0;

	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		table[i] = pte(data_mfn[i % ARRAY_SIZE(data_mfn)], PTE_KERN);
	page_make_ro(table);
	for (int i = 0; i < 4; i++) {
		start = rdtsc();
		mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table));
		pin += rdtsc() - start;
		start = rdtsc();
		mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table));
		unpin += rdtsc() - start;
	}
	print_row("pin-l1-512", pin, 4);
	print_row("unpin-l1-512", unpin, 4);
	page_make_rw(table);
}

static uint64_t descriptor_maddr;

static void update_descriptor(void)
{
	hv_update_descriptor(descriptor_maddr, 0x00cff3000000ffffULL);
}

static void descriptor_row(void)
{
	char *page = page_alloc();
	unsigned long frame = virt_to_mfn(page).m;

	page_make_ro(page);
	if (hv_set_gdt(&frame, 512)) {
		test_error("set_gdt refused");
		return;
	}
	descriptor_maddr = virt_to_maddr(page) + 8;
	row("update_descriptor", update_descriptor, 1);
}

static mfn_t roots[2];

/* Two roots that map the same: a copy of the first tables above level 2 (32 bits: with its own L2s). */
static bool second_root(void)
{
	uint64_t *copy = page_alloc();
	const uint64_t *root = pfn_to_virt(mfn_to_pfn(root_mfn()));

	roots[0] = root_mfn();
	memcpy(copy, root, PAGE_SIZE);
#ifdef __i386__
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t *l2 = page_alloc();
		unsigned int keep = i == 3 ? 0x1a8 : PT_ENTRIES;

		memcpy(l2, pfn_to_virt(mfn_to_pfn(pte_mfn(root[i]))), keep * sizeof(*l2));
		page_make_ro(l2);
		copy[i] = pte(virt_to_mfn(l2), PTE_P);
	}
	memset(copy + 4, 0, PAGE_SIZE - 4 * sizeof(*copy));
#else
	memset(copy + 256, 0, 16 * sizeof(*copy));
#endif
	page_make_ro(copy);
	roots[1] = virt_to_mfn(copy);
	return !mmuext(PT_LEVELS == 4 ? MMUEXT_PIN_L4_TABLE : MMUEXT_PIN_L3_TABLE, roots[1]);
}

static void switch_root(void)
{
	static unsigned int turn;

	turn ^= 1;
	mmuext(MMUEXT_NEW_BASEPTR, roots[turn]);
}

static void page_table_rows(void)
{
	row("update_va_mapping-pair", map_unmap, 1);
	row("update_va_mapping-pair-invlpg", map_unmap_flush, 1);
	update_rows(1, "mmu_update-1-new", "mmu_update-1-clear");
	update_rows(32, "mmu_update-32-new", "mmu_update-32-clear");
	update_rows(128, "mmu_update-128-new", "mmu_update-128-clear");
	row("tlb_flush_local", flush, 1);
	row("invlpg_local", flush_one, 1);
	pin_rows();
	descriptor_row();
	if (second_root())
		row("new_baseptr", switch_root, 1);
	else
		test_error("the second root was refused");
}

/* ---- memory, events, grants --------------------------------------------------------------------------------- */

static void reserve_rows(unsigned int n, const char *give_name, const char *take_name)
{
	static xen_pfn_t frames[32];
	struct xen_memory_reservation r = { .nr_extents = n, .domid = DOMID_SELF };
	uint64_t ticks[2] = { 0, 0 }, start;
	pfn_t pfn[32];

	set_xen_guest_handle(r.extent_start, frames);
	for (unsigned int i = 0; i < n; i++)
		pfn[i] = pfn_alloc();
	for (int round = 0; round < 8; round++) {
		for (unsigned int i = 0; i < n; i++)
			frames[i] = pfn_to_mfn(pfn[i]).m;
		start = rdtsc();
		hv_memory_op(XENMEM_decrease_reservation, &r);
		ticks[0] += rdtsc() - start;
		for (unsigned int i = 0; i < n; i++)
			frames[i] = pfn[i].p;
		start = rdtsc();
		hv_memory_op(XENMEM_populate_physmap, &r);
		ticks[1] += rdtsc() - start;
		for (unsigned int i = 0; i < n; i++)
			pfn_set_mfn(pfn[i], MFN(frames[i]));
	}
	print_row(give_name, ticks[0], 8 * n);
	print_row(take_name, ticks[1], 8 * n);
}

static evtchn_port_t port;
static evtchn_unmask_t unmask_arg;
static evtchn_send_t send_arg;

/* Clear what is pending and return as a kernel must: the mask comes back with the frame. */
#ifdef __i386__
HANDLER(quick_upcall, "pushl %eax; movl shared_info, %eax; movb $0, (%eax); movl $0, 4(%eax); "
		      "movl $0, 2048(%eax); popl %eax; " HYPER_IRET);
#else
HANDLER(quick_upcall, TAKE_FRAME "push %rax; mov shared_info, %rax; movb $0, (%rax); "
				 "movq $0, 8(%rax); movq $0, 2048(%rax); pop %rax; " HYPER_IRET);
#endif
HANDLER(no_failsafe, "ud2");

static void send(void)
{
	hv_event_channel_op(EVTCHNOP_send, &send_arg);
}

static void unmask(void)
{
	hv_event_channel_op(EVTCHNOP_unmask, &unmask_arg);
}

static void unmask_pending(void)
{
	shared_info->evtchn_mask[0] |= 1UL << port;
	shared_info->evtchn_pending[0] |= 1UL << port;
	hv_event_channel_op(EVTCHNOP_unmask, &unmask_arg);
}

static void event_rows(void)
{
	evtchn_port_t unbound;

	hv_set_callbacks(quick_upcall, no_failsafe);
	upcall_mask(false);
	port = evtchn_bind_ipi(0);
	send_arg.port = unmask_arg.port = port;
	row("send-ipi-upcall", send, 1);
	port_mask(port);
	row("send-ipi-masked", send, 1);
	port_clear(port);
	port_unmask(port);
	row("unmask", unmask, 1);
	row("unmask-pending", unmask_pending, 1);
	unbound = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);
	send_arg.port = evtchn_bind_interdomain(DOMID_SELF, unbound);
	row("send-interdomain-upcall", send, 1);
	upcall_mask(true);
}

static grant_entry_v1_t *grant_table;
static struct gnttab_copy copy_arg;

static void grant_copy(void)
{
	hv_grant_table_op(GNTTABOP_copy, &copy_arg, 1);
}

static bool grant_setup(void)
{
	static xen_pfn_t frame;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(setup.frame_list, &frame);
	if (hv_grant_table_op(GNTTABOP_setup_table, &setup, 1) || setup.status)
		return false;
	grant_table = (grant_entry_v1_t *)(window + PAGE_SIZE);
	if (map_va(grant_table, pte(MFN(frame), PTE_KERN)))
		return false;
	grant_table[8] = (grant_entry_v1_t){ .frame = data_mfn[0].m, .domid = own_domid() };
	barrier();
	grant_table[8].flags = GTF_permit_access;
	return true;
}

static void grant_rows(void)
{
	uint64_t ticks[2] = { 0, 0 }, start;

	if (!grant_setup()) {
		test_error("no grant table");
		return;
	}
	for (int i = 0; i < ROUNDS; i++) {
		struct gnttab_map_grant_ref map = { .host_addr = (unsigned long)window,
						    .flags = GNTMAP_host_map,
						    .ref = 8,
						    .dom = own_domid() };
		struct gnttab_unmap_grant_ref unmap = { .host_addr = (unsigned long)window };

		start = rdtsc();
		hv_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
		ticks[0] += rdtsc() - start;
		unmap.handle = map.handle;
		start = rdtsc();
		hv_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
		ticks[1] += rdtsc() - start;
		if (map.status || unmap.status)
			test_error("grant map %d, unmap %d", map.status, unmap.status);
	}
	print_row("grant-map", ticks[0], ROUNDS);
	print_row("grant-unmap", ticks[1], ROUNDS);
	copy_arg.source.u.ref = 8;
	copy_arg.source.domid = own_domid();
	copy_arg.dest.u.gmfn = data_mfn[1].m;
	copy_arg.dest.domid = DOMID_SELF;
	copy_arg.len = PAGE_SIZE;
	copy_arg.flags = GNTCOPY_source_gref;
	row("grant-copy-4k", grant_copy, 1);
}

/* ---- system calls from user mode ------------------------------------------------------------------------------ */

HANDLER(return_hyper, TAKE_FRAME HYPER_IRET);
HANDLER(return_plain, TAKE_FRAME PLAIN_IRET);

/* ROUNDS system calls; the result is what they took, in ticks. */
#ifdef __i386__
USER_INSN(user_int80, "push %ebx; push %esi; mov $64, %ebx; rdtsc; mov %eax, %esi\n"
		      "1: int $0x80; dec %ebx; jnz 1b\n"
		      "rdtsc; sub %esi, %eax; pop %esi; pop %ebx");
#else
USER_INSN(user_int80, "push %rbx; push %r12; mov $64, %ebx; rdtsc; mov %eax, %r12d\n"
		      "1: int $0x80; dec %ebx; jnz 1b\n"
		      "rdtsc; sub %r12d, %eax; pop %r12; pop %rbx");
USER_INSN(user_syscall, "push %rbx; push %r12; mov $64, %ebx; rdtsc; mov %eax, %r12d\n"
			"1: syscall; dec %ebx; jnz 1b\n"
			"rdtsc; sub %r12d, %eax; pop %r12; pop %rbx");
HANDLER(syscall_return, TAKE_FRAME "pushq $0x100; jmp hypercall_page + " NR_iret " * 32");
#endif

static void user_row(const char *name, user_fn fn)
{
	unsigned long took = 0;

	if (user_call(fn, 0, &took) || user_call(fn, 0, &took)) {
		test_error("%s: the user program faulted", name);
		return;
	}
	/* The loop's two instructions are not the system call's. */
	print_row(name, took - 2 * ROUNDS, ROUNDS);
}

static void user_rows(void)
{
	user_init();
	set_handler(0x80, return_hyper, 3);
	user_row("int80-hypervisor-iret", user_int80);
#ifdef __i386__
	set_handler(0x80, return_plain, 3);
	user_row("int80-native-iret", user_int80);
#else
	struct callback_register cb = { .type = CALLBACKTYPE_syscall,
					.address = (unsigned long)syscall_return };

	hv_callback_op(CALLBACKOP_register, &cb);
	user_row("syscall", user_syscall);
	cb.address = (unsigned long)return_hyper;
	hv_callback_op(CALLBACKOP_register, &cb);
	user_row("syscall-plain", user_syscall);
#endif
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	window = window_init();
	window_maddr = virt_to_maddr(window_l1);
	for (unsigned int i = 0; i < ARRAY_SIZE(data_mfn); i++)
		data_mfn[i] = virt_to_mfn(page_alloc());
	empty_cost = cost(nothing);
	simple_rows();
	bounce_rows();
	emulation_rows();
	page_table_rows();
	reserve_rows(1, "decrease_reservation-1", "populate_physmap-1");
	reserve_rows(32, "decrease_reservation-32", "populate_physmap-32");
	event_rows();
	grant_rows();
	user_rows();
}
