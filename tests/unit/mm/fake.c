/* SPDX-License-Identifier: MIT */
/*
 * What the code under test calls outside of mm/: domains, refusals, flushes, the M2P.
 */
#include "console/console.h"
#include "domain/domain.h"
#include "domain/rights.h"
#include "irq/irq.h"
#include "mm/m2p.h"
#include "mm/types.h"

#include <stdio.h>

#define DOMAINS 4

uint8_t *fake_ram, *fake_frame_table;
struct pcpu pcpus[FAKE_PCPUS];
unsigned int fake_cpu;
void (*fake_step)(void);
void (*fake_on_cpu_flush)(unsigned int cpu);
unsigned int pcpu_count = 1;
struct vcpu *fake_current;
unsigned int fake_preempt_rate;
uint64_t fake_seed = 88172645463325252ULL;
unsigned int fake_flushes;
void (*fake_on_flush)(void);
_Atomic uint32_t tlb_clock = 1;
maddr_t hv_root;

static struct domain domains[DOMAINS];
static struct vcpu vcpus[DOMAINS];
struct list domain_list;

uint32_t fake_random(uint32_t below)
{
	fake_seed ^= fake_seed << 13;
	fake_seed ^= fake_seed >> 7;
	fake_seed ^= fake_seed << 17;
	return (uint32_t)(fake_seed >> 32) % below;
}

bool right_held(const struct domain *d, enum right kind, uint64_t first, uint64_t last)
{
	(void)kind;
	return d->privileged && first <= last;
}

bool right_any(const struct domain *d, enum right kind)
{
	(void)kind;
	return d->privileged;
}

bool preempt_wanted(void)
{
	return fake_random(256) < fake_preempt_rate;
}

void fake_reset(void)
{
	if (!fake_ram)
		fake_ram = aligned_alloc(PAGE_SIZE, FAKE_FRAMES * PAGE_SIZE);
	if (!fake_frame_table)
		fake_frame_table = aligned_alloc(64, FAKE_FRAMES * sizeof(struct frame));
	memset(fake_ram, 0, FAKE_FRAMES * PAGE_SIZE);
	memset(fake_frame_table, 0, FAKE_FRAMES * sizeof(struct frame));
	memset(domains, 0, sizeof(domains));
	memset(vcpus, 0, sizeof(vcpus));
	list_init(&domain_list);
	max_mfn = _mfn(FAKE_FRAMES);
	for (uint64_t n = 0; n < FAKE_FRAMES; n++) {
		mfn_to_frame(_mfn(n))->owner = DOMID_XEN;
		mfn_to_frame(_mfn(n))->refs = REFS_OURS;
	}
	iomem_add(_maddr(0), _maddr(1 << 20));
}

/* destroy.c's: nobody is reaped here, the tests ask again by themselves. */
struct frame *pirqs_eoi_frame(const struct domain *d)
{
	(void)d;
	return NULL;
}

void domain_frames_gone(struct domain *d)
{
	(void)d;
}

struct domain *fake_domain(domid_t id, bool is_32bit, bool privileged)
{
	struct domain *d = &domains[id];

	d->id = id;
	d->is_32bit = is_32bit;
	d->privileged = privileged;
	d->max_pages = FAKE_FRAMES;
	d->max_vcpus = 1;
	d->refs = 1;
	d->compat_m2p = 0xffc00000;
	spin_init(&d->mm_lock, LOCK_DOMAIN_MM);
	spin_init(&d->pages_lock, LOCK_DOMAIN_PAGES);
	vcpus[id].domain = d;
	d->vcpu[0] = &vcpus[id];
	fake_current = &vcpus[id];
	list_add_tail(&domain_list, &d->all);
	return d;
}

/* FAKE_VERBOSE=1 in the environment shows why the code refused. */
long refuse(long rc, const char *fmt, ...)
{
	va_list args;

	if (getenv("FAKE_VERBOSE")) {
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
		printf(" (%ld)\n", rc);
	}
	return rc;
}

void log_hv(enum log_level level, const char *fmt, ...)
{
	va_list args;

	if (level > LOG_WARNING && !getenv("FAKE_VERBOSE"))
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void bug(const char *file, int line, const char *what)
{
	printf("BUG at %s:%d: %s\n", file, line, what);
	abort();
}

void fake_flush(void)
{
	pcpus[fake_cpu].tlb_epoch = ++tlb_clock;
	fake_flushes++;
	if (fake_on_flush)
		fake_on_flush();
}

/* Others answer the interrupt at once, one after the other. */
void tlb_flush_stale(uint32_t epoch)
{
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++) {
		if (!tlb_cpu_stale(cpu, epoch))
			continue;
		FAKE_STEP();
		pcpus[cpu].tlb_epoch = ++tlb_clock;
		fake_flushes++;
		if (fake_on_flush)
			fake_on_flush();
		if (fake_on_cpu_flush)
			fake_on_cpu_flush(cpu);
	}
}

void m2p_set(mfn_t mfn, uint64_t pfn)
{
	(void)mfn;
	(void)pfn;
}

/* What we install in our slots, at places that the model looks at. */
void m2p_compat_install(const struct domain *d, pte_t *table)
{
	unsigned int slot = m2p_compat_first_slot(d);

	memset(&table[slot], 0, (PT_ENTRIES - slot) * sizeof(pte_t));
	table[511] = FAKE_M2P_ENTRY;
}

void root_install_slots(const struct domain *d, pte_t *table)
{
	(void)d;
	memset(&table[L4_SLOT_FIRST], 0, (L4_SLOT_LAST + 1 - L4_SLOT_FIRST) * sizeof(pte_t));
	table[L4_SLOT_FIRST] = table[L4_SLOT_LAST] = FAKE_ROOT_ENTRY;
}

int root_drop_vcpu(struct vcpu *v)
{
	(void)v;
	return 0;
}

void pv_unmap_ldt(struct vcpu *v)
{
	(void)v;
}

/* A page may be a descriptor table if its first word is even. */
bool descriptor_page_check(const struct domain *d, uint64_t *entries)
{
	(void)d;
	return !(entries[0] & 1);
}
