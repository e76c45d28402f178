/* SPDX-License-Identifier: MIT */
/*
 * The world, what the code under test calls outside of mm/, and what must be true of it.
 *
 * The check is naive: it counts who refers to a frame by looking at every table, pin and owner. All
 * variables of the program are put back before a run by copying them, those of the code under test too.
 */
#include "tests/unit/interplay/world.h"
#include "console/console.h"
#include "domain/rights.h"
#include "mm/m2p.h"

#define FIRST 256
#define SLOTS 4 /* of each table that are ever used */

enum { TLB_READ = 1, TLB_WRITE = 2, TLB_WALK = 4 };

uint8_t *fake_ram, *fake_frame_table;
struct pcpu pcpus[CPUS];
unsigned int pcpu_count = CPUS;
bool fake_preempt;
_Atomic uint32_t tlb_clock = 1;
maddr_t hv_root;
struct list domain_list;

struct domain *a, *b;
static struct domain domains[2];
static struct vcpu vcpus[CPUS];
static uint64_t locks_held[CPUS];

static struct {
	uint8_t what;
	domid_t owner;
} tlb[CPUS][FRAMES];

mfn_t mfn_of(unsigned int f)
{
	return _mfn(FIRST + f);
}

struct frame *frame_of(unsigned int f)
{
	return mfn_to_frame(mfn_of(f));
}

static pte_t *entry_of(unsigned int f, unsigned int slot)
{
	return (pte_t *)mfn_to_virt(mfn_of(f)) + slot;
}

/* ---- neighbours ----------------------------------------------------------------------------------- */

struct vcpu *fake_current(void)
{
	return &vcpus[explore_cpu()];
}

void world_place(unsigned int cpu, struct domain *d)
{
	vcpus[cpu].domain = d;
}

bool right_held(const struct domain *d, enum right kind, uint64_t first, uint64_t last)
{
	(void)kind;
	(void)first;
	(void)last;
	return d == b;
}

bool right_any(const struct domain *d, enum right kind)
{
	return right_held(d, kind, 0, 0);
}

void domain_frames_gone(struct domain *d)
{
	(void)d;
}

long refuse(long rc, const char *fmt, ...)
{
	(void)fmt;
	return rc;
}

void log_hv(enum log_level level, const char *fmt, ...)
{
	(void)level;
	explore_note("says: %s", fmt);
}

void bug(const char *file, int line, const char *what)
{
	explore_failed("BUG at %s:%d: %s", file, line, what);
}

void lock_order_enter(const struct spinlock *l)
{
	uint64_t *held = &locks_held[explore_cpu()];

	if (*held >> l->class)
		explore_failed("lock of class %u while %lx are held", l->class, *held);
	*held |= 1ULL << l->class;
}

void lock_order_leave(const struct spinlock *l)
{
	locks_held[explore_cpu()] &= ~(1ULL << l->class);
}

void m2p_set(mfn_t mfn, uint64_t pfn)
{
	(void)mfn;
	(void)pfn;
	explore_wrote();
}

void m2p_compat_install(const struct domain *d, pte_t *table)
{
	(void)d;
	(void)table;
}

void root_install_slots(const struct domain *d, pte_t *table)
{
	(void)d;
	(void)table;
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

pte_t *walk_l1e(const struct vcpu *v, uint64_t va)
{
	(void)v;
	(void)va;
	return NULL;
}

bool descriptor_page_check(const struct domain *d, uint64_t *entries)
{
	(void)d;
	(void)entries;
	explore_point();
	return true;
}

/* ---- what processors remember ---------------------------------------------------------------------- */

static void remember(unsigned int f, uint8_t what)
{
	tlb[explore_cpu()][f].what |= what;
	tlb[explore_cpu()][f].owner = frame_of(f)->owner;
}

void touch(unsigned int table)
{
	pte_t e;

	explore_point();
	e = *entry_of(table, explore_cpu());
	if (e & PTE_P)
		remember((unsigned int)mfn_x(pte_mfn(e)) - FIRST,
			 e & PTE_RW ? TLB_READ | TLB_WRITE : TLB_READ);
}

static bool is_table(const struct frame *f)
{
	uint64_t use = f->use;

	return (use & USE_VALID) && type_level(use_type(use));
}

void walk(unsigned int f)
{
	explore_point();
	if (is_table(frame_of(f)))
		remember(f, TLB_WALK);
}

/* What the flush interrupt does: one step, for whoever looks. */
static void flush_other(unsigned int cpu)
{
	explore_wrote();
	memset(tlb[cpu], 0, sizeof(tlb[cpu]));
	pcpus[cpu].tlb_epoch = ++tlb_clock;
}

void tlb_flush_stale(uint32_t epoch)
{
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		if (tlb_cpu_stale(cpu, epoch))
			flush_other(cpu);
}

void tlb_flush_domain(struct domain *d)
{
	(void)d;
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		flush_other(cpu);
}

/* As tlb_load_cr3(): the number first, then the flush, then the note. */
void flush_self(void)
{
	struct pcpu *cpu = this_pcpu();
	uint32_t before = cpu->tlb_epoch, epoch;

	explore_wrote();
	epoch = ++tlb_clock;
	explore_point();
	memset(tlb[cpu->id], 0, sizeof(tlb[0]));
	explore_point();
	if (cpu->tlb_epoch == before)
		cpu->tlb_epoch = epoch;
}

/* ---- what must hold ------------------------------------------------------------------------------------ */

static void check_remembered(unsigned int cpu, unsigned int i)
{
	const struct frame *f = frame_of(i);
	uint8_t what = tlb[cpu][i].what;
	uint64_t use = f->use, refs = f->refs;

	if (!what || !(refs & REFS_COUNT))
		return;
	if ((what & TLB_WRITE) && (use & USE_VALID))
		explore_failed("processor %u can still write to frame %u: type %u", cpu, i,
			       use_type(use));
	if ((what & TLB_WALK) && use_type(use) == FT_WRITABLE && (use & USE_COUNT) &&
	    !(use & USE_BUSY))
		explore_failed("processor %u still walks frame %u, which is writable", cpu, i);
	if (tlb[cpu][i].owner != f->owner)
		explore_failed("processor %u reaches frame %u, which was d%u's and is d%u's", cpu,
			       i, tlb[cpu][i].owner, f->owner);
}

void world_step(void)
{
	for (unsigned int i = 0; i < FRAMES; i++) {
		for (unsigned int cpu = 0; cpu < CPUS; cpu++)
			check_remembered(cpu, i);
		if (frame_of(i)->owner == DOMID_INVALID && (frame_of(i)->refs & REFS_COUNT))
			explore_failed("frame %u is free and has references", i);
	}
}

struct count {
	unsigned int refs, types;
};

static void count_entries(unsigned int table, struct count *count)
{
	bool upper = type_level(use_type(frame_of(table)->use)) > 1;

	for (unsigned int s = 0; s < SLOTS; s++) {
		pte_t e = *entry_of(table, s);
		struct count *c = &count[(mfn_x(pte_mfn(e)) - FIRST) % FRAMES];

		if (!(e & PTE_P))
			continue;
		c->refs++;
		c->types += upper || (e & PTE_RW);
	}
}

static void recount(void)
{
	struct count count[FRAMES] = { 0 };
	unsigned int pages[2] = { 0 }, free = 0;

	for (unsigned int i = 0; i < FRAMES; i++) {
		const struct frame *f = frame_of(i);
		uint64_t refs = f->refs, use = f->use;

		if (f->owner == DOMID_INVALID) {
			free++;
			continue;
		}
		pages[f->owner == b->id]++;
		count[i].refs += (refs & REFS_OWNED) != 0;
		count[i].refs += (use & USE_PINNED) != 0;
		count[i].types += (use & USE_PINNED) != 0;
		if (use & USE_UNSETTLED)
			explore_failed("frame %u is left half-way", i);
		if (is_table(f))
			count_entries(i, count);
	}
	for (unsigned int i = 0; i < FRAMES; i++) {
		const struct frame *f = frame_of(i);
		unsigned long refs = f->refs & REFS_COUNT, types = f->use & USE_COUNT;

		if (f->owner != DOMID_INVALID && (refs != count[i].refs || types != count[i].types))
			explore_failed("frame %u: %lu references, %lu types, but %u and %u holders",
				       i, refs, types, count[i].refs, count[i].types);
	}
	if (a->tot_pages != pages[0] || b->tot_pages != pages[1] || heap_free_pages() != free)
		explore_failed("pages: %u, %u, free %lu; counted %u, %u, %u", a->tot_pages,
			       b->tot_pages, heap_free_pages(), pages[0], pages[1], free);
}

void world_check(void)
{
	int rc;

	world_step();
	if (a->mm_lock.taken || b->mm_lock.taken || a->pages_lock.taken || b->pages_lock.taken)
		explore_failed("a lock is left taken");
	if (a->state == DOM_DYING) {
		do
			rc = mm_relinquish(a);
		while (rc == -ERESTART);
		if (rc || a->tot_pages)
			explore_failed("the dead domain keeps %u frames (%d)", a->tot_pages, rc);
	}
	if (a->undo_head || b->undo_head)
		explore_failed("something is left to undo");
	recount();
}

/* ---- the beginning ---------------------------------------------------------------------------------------- */

extern char __data_start[], _end[];

static struct {
	char *variables;
	uint8_t frames[FAKE_FRAMES * sizeof(struct frame)];
	pte_t entries[FRAMES][SLOTS];
} * saved;

static struct domain *new_domain(unsigned int i)
{
	struct domain *d = &domains[i];

	d->id = (domid_t)(i + 1);
	d->max_pages = FAKE_FRAMES;
	d->refs = 1;
	spin_init(&d->mm_lock, LOCK_DOMAIN_MM);
	spin_init(&d->pages_lock, LOCK_DOMAIN_PAGES);
	return d;
}

static void give_frame(unsigned int f, struct domain *d)
{
	heap_add(mfn_to_maddr(mfn_of(f)), mfn_to_maddr(mfn_of(f + 1)));
	if (domain_alloc_frames(d, 0, 0) != frame_of(f))
		explore_failed("frame %u is not to be had", f);
}

static void pin_table(struct domain *d, unsigned int f)
{
	if (frame_pin(d, mfn_of(f), FT_L1))
		explore_failed("the table of d%u is not valid", d->id);
}

static void make_frames(void)
{
	fake_ram = aligned_alloc(PAGE_SIZE, FAKE_FRAMES * PAGE_SIZE);
	fake_frame_table = aligned_alloc(64, FAKE_FRAMES * sizeof(struct frame));
	memset(fake_ram, 0, FAKE_FRAMES * PAGE_SIZE);
	memset(fake_frame_table, 0, FAKE_FRAMES * sizeof(struct frame));
	max_mfn = _mfn(FAKE_FRAMES);
	for (uint64_t n = 0; n < FAKE_FRAMES; n++) {
		mfn_to_frame(_mfn(n))->owner = DOMID_XEN;
		mfn_to_frame(_mfn(n))->refs = REFS_OURS;
	}
	iomem_add(_maddr(0), _maddr(1 << 20));
}

static void save(void)
{
	size_t size = (size_t)(_end - __data_start);

	saved = malloc(sizeof(*saved));
	saved->variables = malloc(size);
	memcpy(saved->frames, fake_frame_table, sizeof(saved->frames));
	for (unsigned int f = 0; f < FRAMES; f++)
		memcpy(saved->entries[f], entry_of(f, 0), sizeof(saved->entries[f]));
	memcpy(saved->variables, __data_start, size);
}

void world_make(void)
{
	make_frames();
	list_init(&domain_list);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		pcpus[cpu].id = cpu;
		vcpus[cpu].domain = &domains[1];
	}
	a = new_domain(0);
	b = new_domain(1);
	for (unsigned int f = 0; f < FRAMES; f++)
		give_frame(f, f == TABLE_B ? b : a);
	pin_table(a, TABLE_A);
	pin_table(b, TABLE_B);
	*entry_of(X, 0) = pte_make(mfn_of(Y), PTE_P | PTE_US);
	*entry_of(Y, 0) = pte_make(mfn_of(X), PTE_P | PTE_RW | PTE_US);
	*entry_of(W, 0) = pte_make(mfn_of(Y), PTE_P | PTE_RW | PTE_US);
	/* It was memory lately, so that taking it and putting it leaves no trace in its type. */
	if (frame_get_typed(mfn_of(X), a, FT_WRITABLE))
		explore_failed("frame %u cannot be written", X);
	frame_put_typed(frame_of(X));
	save();
}

void world_restore(void)
{
	memcpy(__data_start, saved->variables, (size_t)(_end - __data_start));
	memcpy(fake_frame_table, saved->frames, sizeof(saved->frames));
	for (unsigned int f = 0; f < FRAMES; f++)
		memcpy(entry_of(f, 0), saved->entries[f], sizeof(saved->entries[f]));
}
