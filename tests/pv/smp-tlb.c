/* SPDX-License-Identifier: MIT */
/*
 * A page-table change and its flush are seen by every vCPU before the call returns.
 *
 * Mechanism: UVMF_*_ALL, MMUEXT_INVLPG_MULTI/ALL and TLB_FLUSH_MULTI/ALL reach the processors on which other
 * vCPUs of the domain run. A frame given up and taken for another purpose is never written through an old
 * translation, flush asked for or not.
 * Steps: siblings read one address without pause; vCPU 0 points it at frame after frame, each holding its
 * number, flushes by each of the means, and then publishes the number: nobody may read an older one.
 * Then a page that siblings write to all the time becomes a page table: from that moment it may not change.
 * Fails by: the means, and the number that a sibling read.
 * Run with: vcpus=4 smp=1,2,4
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/smp.h"

enum { CHANGES = 72, TABLES = 12, FRAMES = 8, MEANS = 6 };

static unsigned int vcpus;
static volatile uint32_t published, looks[SMP_MAX], wrong, seen, needed;
static volatile bool stop;
static volatile uint32_t *window;
static uint32_t *frame[FRAMES];

static void watch(unsigned int me)
{
	while (!stop) {
		uint32_t least = published, got = *window;

		if (got < least) {
			seen = got;
			needed = least;
			wrong++;
		}
		looks[me]++;
	}
}

static int flush(unsigned int means, uint64_t entry)
{
	unsigned long vcpumask = ~0UL, va = (unsigned long)window;
	struct mmuext_op op = { .arg1.linear_addr = va };
	unsigned int cmds[] = { MMUEXT_INVLPG_ALL, MMUEXT_TLB_FLUSH_ALL, MMUEXT_INVLPG_MULTI,
				MMUEXT_TLB_FLUSH_MULTI };
	int rc;

	if (means == 0)
		return hv_update_va_mapping(va, entry, UVMF_INVLPG | UVMF_ALL);
	if (means == 1)
		return hv_update_va_mapping(va, entry, UVMF_TLB_FLUSH | UVMF_ALL);
	rc = hv_update_va_mapping(va, entry, 0);
	if (rc)
		return rc;
	op.cmd = cmds[means - 2];
	set_xen_guest_handle(op.arg2.vcpumask, &vcpumask);
	return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Let every sibling look at least once, if it gets a processor. */
static void let_look(void)
{
	uint32_t before = looks[1];

	for (unsigned int i = 0; i < 20 && looks[1] == before; i++)
		relax();
}

static void change(unsigned int me)
{
	static const char *const names[] = { "UVMF_INVLPG|ALL", "UVMF_TLB_FLUSH|ALL",
					     "INVLPG_ALL",	"TLB_FLUSH_ALL",
					     "INVLPG_MULTI",	"TLB_FLUSH_MULTI" };

	if (me) {
		watch(me);
		return;
	}
	for (uint32_t n = 1; n <= CHANGES; n++) {
		uint32_t *next = frame[n % FRAMES];

		*next = n;
		expect(flush(n % MEANS, pte(virt_to_mfn(next), PTE_KERN_R)), 0, "%s",
		       names[n % MEANS]);
		published = n;
		if (n % 4 == 0)
			let_look();
		if (wrong) {
			test_failure("after %s a sibling read %u, not %u at least",
				     names[n % MEANS], seen, needed);
			break;
		}
	}
	stop = true;
}

/* ---- a written page becomes a table -------------------------------------------------------------------- */

static volatile uint64_t *victim;
static uint32_t forbidden;

/* A fault is the expected end of a store into what is no longer writable: step over it. */
static bool skip_store(struct regs *regs)
{
	extern char store_skip[];

	regs->ip = (unsigned long)store_skip;
	return true;
}

/* Stores what in a table would be a writable mapping of the hypervisor's memory: no such table is valid. */
__attribute__((noinline)) static void store(void)
{
	asm volatile("mov %1, %0\n\t.global store_skip\nstore_skip:"
		     : "=m"(*(volatile uint32_t *)victim)
		     : "r"(forbidden));
}

static void write_on(unsigned int me)
{
	while (!stop) {
		store();
		looks[me]++;
	}
}

static void become_table(unsigned int me)
{
	if (me) {
		write_on(me);
		return;
	}
	for (unsigned int i = 0; i < TABLES && !wrong; i++) {
		mfn_t mfn = virt_to_mfn(frame[0]);
		int rc;

		let_look();
		/* No flush is asked for: the hypervisor owes it before the page may be a table. */
		hv_update_va_mapping((unsigned long)victim, 0, 0);
		memset(frame[0], 0, PAGE_SIZE);
		hv_update_va_mapping((unsigned long)frame[0], pte(mfn, PTE_KERN_R), 0);
		rc = mmuext(MMUEXT_PIN_L1_TABLE, mfn);
		/* A store between memset and the last flush makes it no good table. That is no mistake. */
		if (!rc) {
			let_look();
			if (*(volatile uint64_t *)frame[0])
				wrong = 1;
			expect(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpin");
		}
		hv_update_va_mapping((unsigned long)frame[0], pte(mfn, PTE_KERN), UVMF_INVLPG);
		hv_update_va_mapping((unsigned long)victim, pte(mfn, PTE_KERN), 0);
	}
	ensure(!wrong, "a page table was written through an old translation");
	stop = true;
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	event_init();
	vcpus = smp_vcpus(2);
	vcpus = vcpus > 4 ? 4 : vcpus;
	window = (volatile uint32_t *)window_init();
	for (unsigned int i = 0; i < FRAMES; i++)
		frame[i] = page_alloc();
	expect(map_va((void *)window, pte(virt_to_mfn(frame[0]), PTE_KERN_R)), 0, "first mapping");
	smp_run(vcpus, change);

	stop = false;
	victim = (volatile uint64_t *)((char *)window + PAGE_SIZE);
	forbidden = (uint32_t)pte(hypervisor_mfn(), PTE_KERN);
	trap_handle(VEC_PF, skip_store);
	expect(map_va((void *)victim, pte(virt_to_mfn(frame[0]), PTE_KERN)), 0, "second mapping");
	smp_run(vcpus, become_table);
}
