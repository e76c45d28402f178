/* SPDX-License-Identifier: MIT */
/*
 * One page, and four vCPUs that want different things of it at once.
 *
 * Mechanism: vCPU 1 maps the page writable and unmaps it without a flush, vCPU 2 pins it as an L1 table
 * and unpins it, vCPU 3 maps it through a grant; vCPU 0 stores to the first mapping's address all the
 * time, whether it is mapped or not. A page is writable or a table: who was told that it is one never
 * sees, while he holds it, that another was told the opposite; and while it is a table no store arrives,
 * however old the translation that a processor remembers.
 * Steps: as many rounds as the word rounds= says, then the counts are as at the start: the page
 * can be pinned and mapped once more.
 * Fails by: both at once; a table that changes; an error that none of them can have; one of them that
 * never succeeded.
 * Run with: vcpus=4 smp=1,4 args=rounds=4000
 * Runs as: domain 0.
 * Also runs on: real Xen, no: who gets its turn among four there is left to chance on a busy host.
 */
#include "lib/grant.h"
#include "lib/pv.h"
#include "lib/smp.h"

#define REF	8
#define READS	20 /* looks at the table during one pin */
#define VCPUS	4
#define DEFAULT 4000

static uint64_t *page;
static mfn_t frame;
static char *window;
static unsigned long rounds;

/* Who holds the page as what, at this moment: raised after the success, lowered before it is given up. */
static unsigned int writers, tables;
static unsigned int ended;
static unsigned long successes[VCPUS], both, changes, strange;

static void count(unsigned long *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static void raise(unsigned int *mine, const unsigned int *others)
{
	__atomic_add_fetch(mine, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(others, __ATOMIC_SEQ_CST))
		count(&both);
}

static void lower(unsigned int *mine)
{
	__atomic_sub_fetch(mine, 1, __ATOMIC_SEQ_CST);
}

static void mapper(void)
{
	uint64_t entry = pt_entry_maddr((unsigned long)window, 1);

	for (unsigned long i = 0; i < rounds; i++) {
		int rc = mmu_set(entry, pte(frame, PTE_KERN));

		if (rc) {
			strange += rc != -XEN_EBUSY;
			continue;
		}
		raise(&writers, &tables);
		successes[1]++;
		lower(&writers);
		strange += mmu_set(entry, 0) != 0;
	}
}

static void pinner(void)
{
	for (unsigned long i = 0; i < rounds; i++) {
		int rc = mmuext(MMUEXT_PIN_L1_TABLE, frame);
		uint64_t before;

		if (rc) {
			strange += rc != -XEN_EINVAL;
			continue;
		}
		raise(&tables, &writers);
		successes[2]++;
		before = *(volatile uint64_t *)page;
		for (int n = 0; n < READS; n++)
			if (*(volatile uint64_t *)page != before) {
				count(&changes);
				break;
			}
		lower(&tables);
		strange += mmuext(MMUEXT_UNPIN_TABLE, frame) != 0;
	}
}

static void granter(void)
{
	unsigned long va = (unsigned long)window + PAGE_SIZE;
	grant_handle_t h;

	for (unsigned long i = 0; i < rounds; i++) {
		int status = grant_map(REF, grant_dom, va, GNTMAP_host_map, &h);

		if (status) {
			strange += status != GNTST_general_error;
			continue;
		}
		raise(&writers, &tables);
		successes[3]++;
		lower(&writers);
		strange += grant_unmap(h, va) != GNTST_okay;
	}
}

/* Even numbers: as an entry of a table they are not present. */
static void storer(void)
{
	for (unsigned long n = 0; __atomic_load_n(&ended, __ATOMIC_ACQUIRE) < VCPUS - 1; n += 2) {
		if (EXC_VECTOR(try_write(window, n)) == EXC_VECTOR(EXC_NONE))
			successes[0]++;
		/* On few processors the others must come to run as well. */
		if (!(n & 0x3fe))
			relax();
	}
}

static void race(unsigned int vcpu)
{
	static void (*const part[VCPUS])(void) = { storer, mapper, pinner, granter };

	part[vcpu]();
	if (vcpu)
		__atomic_add_fetch(&ended, 1, __ATOMIC_RELEASE);
}

static unsigned long number_of(const char *word)
{
	const char *at = (const char *)start_info->cmd_line;
	unsigned long n = 0;

	while (*at && strncmp(at, word, strlen(word)))
		at++;
	if (!*at)
		return DEFAULT;
	for (at += strlen(word); *at >= '0' && *at <= '9'; at++)
		n = 10 * n + (unsigned long)(*at - '0');
	return n;
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	smp_vcpus(VCPUS);
	grant_init();
	window = window_init();
	page = page_alloc();
	frame = virt_to_mfn(page);
	rounds = number_of("rounds=");
	expect(page_make_ro(page), 0, "map it read-only");
	grant_access(REF, grant_dom, frame, false);

	smp_run(VCPUS, race);
	printk("%lu rounds: %lu stores, %lu mappings, %lu pins, %lu grants\n", rounds, successes[0],
	       successes[1], successes[2], successes[3]);
	expect_u64(both, 0, "writable and a table at once");
	expect_u64(changes, 0, "tables that changed");
	expect_u64(strange, 0, "errors that cannot be");
	for (unsigned int i = 1; i < VCPUS; i++)
		ensure(successes[i] > 0, "vCPU %u never had it", i);

	expect(mmuext(MMUEXT_PIN_L1_TABLE, frame), 0, "pin it at the end");
	expect(mmuext(MMUEXT_UNPIN_TABLE, frame), 0, "unpin it");
	expect(page_make_rw(page), 0, "map it writable at the end");
	grant_end(REF);
}
