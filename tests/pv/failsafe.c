/* SPDX-License-Identifier: MIT */
/*
 * The failsafe callback: a selector that was good when it was loaded, and is not when the vCPU runs again.
 *
 * Mechanism: segment registers are loaded anew when a vCPU gets the processor back. If a descriptor is gone then,
 * the register holds the null selector, and the guest continues at its failsafe callback, with all four selectors
 * below an ordinary frame that leads behind the hypercall or instruction where it had left.
 * Steps: 1. descriptors that stay: no callback; 2. one of the GDT vanishes behind fs, then behind gs;
 * 3. the same in the LDT; 4. the LDT itself goes; 5. the callback that masks upcalls.
 * Fails by: the register, the field of the frame, or the callback that came or did not.
 * Run with: vcpus=2
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"
#include "lib/smp.h"

#define DATA_RW 0x00cff2000000ffffULL
#define GDT_SEL (3 << 3 | 3)
#define LDT_SEL (1 << 3 | 7)
#define TURNS	20
#define MS	1000000ULL
#define READ(seg)                                                \
	({                                                       \
		unsigned int sel_;                               \
		asm volatile("mov %%" #seg ", %0" : "=r"(sel_)); \
		sel_ & 0xffff;                                   \
	})
#define LOAD(seg, sel) asm volatile("mov %w0, %%" #seg : : "r"(sel) : "memory")

extern char failsafe_entry[], hypercall_page[];

static volatile bool stop;
static unsigned int calls;
static struct regs last;
static struct failsafe_segs segs;
static unsigned int live_fs;
static bool masked_inside;

static void spin(unsigned int vcpu)
{
	(void)vcpu;
	while (!stop)
		hv_sched_op(SCHEDOP_yield, NULL);
}

static bool on_failsafe(struct regs *regs)
{
	calls++;
	last = *regs;
	segs = failsafe_segs;
	live_fs = READ(fs);
	masked_inside = upcall_masked();
	return true;
}

static void arm(unsigned int flags)
{
	struct callback_register arg = { .type = CALLBACKTYPE_failsafe, .flags = flags };

#ifdef __i386__
	arg.address.cs = FLAT_KERNEL_CS;
	arg.address.eip = (unsigned long)failsafe_entry;
#else
	arg.address = (unsigned long)failsafe_entry;
#endif
	expect(hv_callback_op(CALLBACKOP_register, &arg), 0, "register the callback");
}

/* Give the processor away until the callback came, or long enough. */
static unsigned int leave(void)
{
	calls = 0;
	for (unsigned int i = 0; i < TURNS && !calls; i++) {
		struct sched_poll poll = { .timeout = system_time() + MS };

		hv_sched_op(SCHEDOP_poll, &poll);
	}
	return calls;
}

static void expect_frame(unsigned int fs, const char *what)
{
	unsigned long page = (unsigned long)hypercall_page;

	expect(leave(), 1, "callbacks, %s", what);
	expect(segs.fs, fs, "fs in the frame, %s", what);
	expect(live_fs, 0, "fs in the handler, %s", what);
	expect(READ(fs), 0, "fs afterwards, %s", what);
	ensure(last.ip > page && last.ip < page + PAGE_SIZE,
	       "%s: ip %lx is not in the hypercall page", what, last.ip);
	ensure(!regs_from_user(&last), "%s: the frame says user mode", what);
	expect(leave(), 0, "callbacks after that, %s", what);
}

static void check_gdt(uint64_t *gdt)
{
	uint64_t entry = virt_to_maddr(gdt + 3);

	LOAD(fs, GDT_SEL);
	expect(leave(), 0, "callbacks while the descriptor is there");
	expect(READ(fs), GDT_SEL, "fs, kept");
	hv_update_descriptor(entry, 0);
	expect_frame(GDT_SEL, "the descriptor of the GDT is gone");

	hv_update_descriptor(entry, DATA_RW);
	LOAD(gs, GDT_SEL);
	hv_update_descriptor(entry, 0);
	expect(leave(), 1, "callbacks, gs");
	expect(segs.gs, GDT_SEL, "gs in the frame");
	expect(segs.fs, 0, "fs in the frame, null and good");
	expect(READ(gs), 0, "gs afterwards");
	hv_update_descriptor(entry, DATA_RW);
}

static void check_ldt(uint64_t *ldt)
{
	uint64_t entry = virt_to_maddr(ldt + 1);

	expect(mmuext_addr(MMUEXT_SET_LDT, (unsigned long)ldt, 3), 0, "SET_LDT");
	LOAD(fs, LDT_SEL);
	expect(leave(), 0, "callbacks while the LDT is there");
	expect(READ(fs), LDT_SEL, "fs, kept");
	hv_update_descriptor(entry, 0);
	expect_frame(LDT_SEL, "the descriptor of the LDT is gone");

	hv_update_descriptor(entry, DATA_RW);
	LOAD(fs, LDT_SEL);
	expect(mmuext_addr(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
	expect_frame(LDT_SEL, "the LDT is gone");
}

static void check_mask(uint64_t *gdt)
{
	uint64_t entry = virt_to_maddr(gdt + 3);

	for (unsigned int flag = 0; flag < 2; flag++) {
		arm(flag ? CALLBACKF_mask_events : 0);
		upcall_mask(false);
		LOAD(fs, GDT_SEL);
		hv_update_descriptor(entry, 0);
		expect(leave(), 1, "callbacks, with upcalls open");
		expect(masked_inside, flag, "masked in the handler, flag %u", flag);
		expect(last.saved_mask, 0, "the mask in the frame");
		ensure(last.flags & FLAG_IF, "the frame's flags say that upcalls were closed");
		expect(upcall_masked(), false, "masked afterwards");
		upcall_mask(true);
		hv_update_descriptor(entry, DATA_RW);
	}
}

void test_main(void)
{
	uint64_t *gdt = page_alloc(), *ldt = page_alloc();
	unsigned long frame = virt_to_mfn(gdt).m;

	trap_init();
	shared_info_map();
	event_init();
	smp_vcpus(2);
	trap_handle(VEC_FAILSAFE, on_failsafe);
	arm(0);
	gdt[3] = ldt[1] = DATA_RW;
	page_make_ro(gdt);
	page_make_ro(ldt);
	expect(hv_set_gdt(&frame, 512), 0, "set_gdt");
	expect(smp_start(1, spin), 0, "start one that takes the processor");
	check_gdt(gdt);
	check_ldt(ldt);
	check_mask(gdt);
	stop = true;
	smp_wait(1);
	LOAD(fs, 0);
	expect(hv_set_gdt(NULL, 0), 0, "no GDT");
}
