/* SPDX-License-Identifier: MIT */
/*
 * Four vCPUs change page tables at once.
 *
 * Mechanism: every call takes and gives references atomically: whatever runs beside, an update is done
 * whole, the count of updates is right, and what is a table is no writable page at the same time.
 * Steps: all vCPUs at once, thousands of times: 1. map, check and unmap pages in their own part of one shared
 * level-1 table, by mmu_update batches and update_va_mapping; 2. contend for one frame: some map it
 * writable, some pin it as a table; whoever has it, the other is refused (races=N).
 * Fails by: a wrong page behind an address, an error that the rules do not know, or the audit.
 * Run with: vcpus=4 smp=1,2,4
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/smp.h"

enum { ROUNDS = 400, BATCH = 8, RACES = 1500 };

static unsigned int vcpus, mapped, pinned;
static char *window;
static uint32_t *page[SMP_MAX][BATCH];
static char *contended;

static uint32_t mark(unsigned int vcpu, unsigned int i, unsigned int round)
{
	return vcpu << 28 | i << 20 | round;
}

static void own_part(unsigned int me)
{
	mmu_update_t req[BATCH];
	char *at = window + me * BATCH * PAGE_SIZE;

	smp_barrier(vcpus);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int done = 0;

		for (unsigned int i = 0; i < BATCH; i++) {
			*page[me][i] = mark(me, i, round);
			req[i].ptr = virt_to_maddr(window_l1) + (me * BATCH + i) * 8;
			req[i].val = pte(virt_to_mfn(page[me][(i + round) % BATCH]), PTE_KERN_R);
		}
		expect(hv_mmu_update(req, BATCH, &done, DOMID_SELF), 0, "mmu_update");
		expect(done, BATCH, "its count");
		for (unsigned int i = 0; i < BATCH; i++) {
			uint32_t want = mark(me, (i + round) % BATCH, round);
			uint32_t got = *(volatile uint32_t *)(at + i * PAGE_SIZE);

			if (got != want)
				expect_u64(got, want, "vCPU %u round %u", me, round);
			expect(hv_update_va_mapping((unsigned long)at + i * PAGE_SIZE, 0,
						    UVMF_INVLPG),
			       0, "unmap");
		}
	}
	smp_barrier(vcpus);
}

static void map_it(unsigned int me)
{
	unsigned long va = (unsigned long)window + (256 + me) * PAGE_SIZE;
	int rc = hv_update_va_mapping(va, pte(virt_to_mfn(contended), PTE_KERN), UVMF_INVLPG);

	/* Busy: another vCPU has it validated, or another kind of reference, this moment. */
	if (rc == -XEN_EINVAL || rc == -XEN_EBUSY) {
		relax();
		return;
	}
	if (rc) {
		expect(rc, 0, "map a contended page");
		return;
	}
	__atomic_add_fetch(&mapped, 1, __ATOMIC_RELAXED);
	/* It is ours to write now, so no table: but leave it a good one. */
	*(volatile uint64_t *)(va + 8 * me) = 0;
	expect(hv_update_va_mapping(va, 0, UVMF_INVLPG), 0, "unmap a contended page");
}

static void pin_it(void)
{
	int rc = mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(contended));

	if (rc == -XEN_EINVAL || rc == -XEN_EBUSY) {
		relax();
		return;
	}
	if (rc) {
		expect(rc, 0, "pin a contended page");
		return;
	}
	__atomic_add_fetch(&pinned, 1, __ATOMIC_RELAXED);
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(contended)), 0, "unpin a contended page");
}

static void race(unsigned int me)
{
	unsigned long races = argument("races=", RACES);

	smp_barrier(vcpus);
	for (unsigned long i = 0; i < races; i++) {
		if (me == 0)
			pin_it();
		else
			map_it(me);
	}
	smp_barrier(vcpus);
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	event_init();
	vcpus = smp_vcpus(2);
	vcpus = vcpus > 4 ? 4 : vcpus;
	window = window_init();
	for (unsigned int v = 0; v < vcpus; v++)
		for (unsigned int i = 0; i < BATCH; i++)
			page[v][i] = page_alloc();
	contended = page_alloc();
	smp_run(vcpus, own_part);
	page_make_ro(contended);
	smp_run(vcpus, race);
	printk("mapped %u times, pinned %u times\n", mapped, pinned);
	ensure(mapped && pinned, "both sides won sometimes");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(contended)), 0, "pin it in peace");
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(contended)), 0, "unpin it");
}
