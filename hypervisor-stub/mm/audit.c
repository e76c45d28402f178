/* SPDX-License-Identifier: MIT */
/*
 * The audit: recount every reference from nothing, and compare.
 *
 * Whatever holds a reference is walked: owners, pins, tables (also those half-way through validation or
 * undoing), roots, descriptor windows, registered pages, shared pages, and what other folders report.
 * The counts in the frame table must be the same, and every holder must fit the type. Each difference is
 * one line. Runs while nothing else does, on the boot pCPU; a debug key, and the end of every test.
 *
 * When domains hold so much memory that there is none to count all frames at once, it counts a window
 * of frames at a time, and walks everything for each.
 */
#include "console/console.h"
#include "irq/irq.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/explain.h"
#include "mm/m2p.h"

#define MOST_LINES 32
#define REPORTERS  8

struct tally {
	uint32_t refs, types;
};

static struct tally *tally;
static uint64_t window_first, window_end; /* the frames that it is about */
static unsigned int differences;
static void (*reporters[REPORTERS])(void);
static unsigned int reporter_count;

void audit_register(void (*report)(void))
{
	BUG_ON(reporter_count == REPORTERS);
	reporters[reporter_count++] = report;
}

void audit_count(mfn_t mfn, unsigned int refs, unsigned int types)
{
	if (mfn_x(mfn) < window_first || mfn_x(mfn) >= window_end || !mfn_valid(mfn))
		return;
	tally[mfn_x(mfn) - window_first].refs += refs;
	tally[mfn_x(mfn) - window_first].types += types;
}

static void printf_like(1, 2) differ(const char *fmt, ...)
{
	char line[160];
	va_list args;

	if (differences++ >= MOST_LINES)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	log_error("audit: %s", line);
}

/* What is wrong with a holder, rather than with a count: once, not for each window. */
#define differ_once(...) ((void)(window_first == 0 ? differ(__VA_ARGS__) : (void)0))

/* ---- what tables hold ------------------------------------------------------------------------------ */

static void expect_type(const struct frame *table, unsigned int slot, pte_t e, bool good)
{
	const struct frame *f = mfn_to_frame(pte_mfn(e));

	if (!good)
		differ_once("slot %u of table %lx: entry %lx, but the frame is %s of d%u", slot,
			    mfn_x(frame_to_mfn(table)), e, type_name(use_type(load64(&f->use))),
			    f->owner);
}

static void count_l1(const struct frame *table, unsigned int n)
{
	const pte_t *entries = mfn_to_virt(frame_to_mfn(table));

	for (unsigned int i = 0; i < n; i++) {
		pte_t e = entries[i];
		const struct frame *f;

		if (!(e & PTE_P) || !mfn_valid(pte_mfn(e)))
			continue;
		f = mfn_to_frame(pte_mfn(e));
		audit_count(pte_mfn(e), 1, e & PTE_RW ? 1 : 0);
		expect_type(table, i, e, !(e & PTE_RW) || use_type(load64(&f->use)) == FT_WRITABLE);
	}
}

static void count_upper(const struct domain *d, const struct frame *table, enum frame_type type,
			unsigned int n)
{
	const pte_t *entries = mfn_to_virt(frame_to_mfn(table));
	unsigned int level = type_level(type);

	for (unsigned int i = 0; i < n; i++) {
		pte_t e = entries[i];
		const struct frame *f;

		if (!(e & PTE_P) || !upper_slot_is_guest(d, type, i))
			continue;
		if (!mfn_valid(pte_mfn(e))) {
			differ_once("slot %u of table %lx: entry %lx names no memory", i,
				    mfn_x(frame_to_mfn(table)), e);
			continue;
		}
		f = mfn_to_frame(pte_mfn(e));
		if (f == table)
			continue;
		audit_count(pte_mfn(e), 1, 1);
		expect_type(table, i, e,
			    f->owner == d->id && (frame_level(f) == level - 1 ||
						  (frame_level(f) == level && !(e & PTE_RW))));
	}
}

static void count_table(const struct domain *d, const struct frame *f)
{
	uint64_t use = load64(&f->use);
	enum frame_type type = use_type(use);
	unsigned int n = use & USE_VALID ? PT_ENTRIES : f->done;

	if (!type_level(type) || !(use & (USE_VALID | USE_PARTIAL | USE_UNDO)))
		return;
	if (type == FT_L1)
		count_l1(f, n);
	else
		count_upper(d, f, type, n);
}

/* ---- what domains and vCPUs hold ---------------------------------------------------------------------- */

static unsigned int count_frame(const struct domain *d, const struct frame *f)
{
	uint64_t use = load64(&f->use);
	mfn_t mfn = frame_to_mfn(f);

	if (f->owner != d->id)
		differ_once("frame %lx is on the list of d%u but belongs to d%u", mfn_x(mfn), d->id,
			    f->owner);
	if (load64(&f->refs) & REFS_OWNED)
		audit_count(mfn, 1, 0);
	if (use & USE_PINNED)
		audit_count(mfn, 1, 1);
	/* Unfinished work keeps a reference for itself. */
	if (use & (USE_PARTIAL | USE_UNDO))
		audit_count(mfn, 1, 0);
	count_table(d, f);
	return 1;
}

static unsigned int count_list(const struct domain *d, uint32_t head)
{
	unsigned int n = 0;

	for (uint32_t mfn = head; mfn && n <= mfn_x(max_mfn); mfn = mfn_to_frame(_mfn(mfn))->next)
		n += count_frame(d, mfn_to_frame(_mfn(mfn)));
	return n;
}

static void count_vcpu(const struct vcpu *v)
{
	if (v->kernel_root)
		audit_count(frame_to_mfn(v->kernel_root), 1, 1);
	if (v->user_root)
		audit_count(frame_to_mfn(v->user_root), 1, 1);
	if (v->vcpu_info_frame)
		audit_count(frame_to_mfn(v->vcpu_info_frame), 1, 1);
	for (unsigned int i = 0; i < (v->pv.gdt_ents + PT_ENTRIES - 1U) / PT_ENTRIES; i++)
		audit_count(v->pv.gdt_frames[i], 1, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->pv.ldt_frames); i++)
		if (v->pv.ldt_mapped >> i & 1)
			audit_count(v->pv.ldt_frames[i], 1, 1);
}

static void count_domain(struct domain *d)
{
	unsigned int n = count_list(d, d->first_frame) + count_list(d, d->held_frames);
	struct vcpu *v;

	if (n != d->tot_pages)
		differ_once("d%u has %u frames on its lists and %u by its count", d->id, n,
			    d->tot_pages);
	for_each_vcpu (d, v)
		count_vcpu(v);
	if (pirqs_eoi_frame(d))
		audit_count(frame_to_mfn(pirqs_eoi_frame(d)), 1, 1);
}

/* ---- comparing -------------------------------------------------------------------------------------------- */

/* Our own pages that a domain sees: one reference each for as long as they are shared. */
static void count_shared(void)
{
	for (uint64_t n = window_first; n < window_end; n++)
		if (load64(&mfn_to_frame(_mfn(n))->refs) & REFS_SHARED)
			audit_count(_mfn(n), 1, 1);
}

static void compare(uint64_t n)
{
	const struct frame *f = mfn_to_frame(_mfn(n));
	const struct tally *t = &tally[n - window_first];
	uint64_t refs = f->refs & REFS_COUNT, types = f->use & USE_COUNT;

	/* A free frame's words mean other things. */
	if (f->owner == DOMID_IO || f->owner == DOMID_INVALID)
		refs = types = 0;
	if (refs != t->refs)
		differ("frame %lx (%s of d%u): %lu references, but %u holders", n,
		       type_name(use_type(f->use)), f->owner, refs, t->refs);
	if (types != t->types)
		differ("frame %lx (%s of d%u): %lu type references, but %u holders", n,
		       type_name(use_type(f->use)), f->owner, types, t->types);
}

static void count_all(void)
{
	struct domain *d;

	list_for_each (d, &domain_list, all)
		count_domain(d);
	count_shared();
	for (unsigned int i = 0; i < reporter_count; i++)
		reporters[i]();
}

static struct tally last_resort[PAGE_SIZE / sizeof(struct tally)];

/* The most memory there is, up to what holds all frames; at least that page of our own. */
static unsigned int get_memory(void)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < mfn_x(max_mfn) * sizeof(*tally))
		order++;
	do
		tally = heap_alloc(order, 0);
	while (!tally && order--);
	if (tally)
		return order;
	tally = last_resort;
	return 0;
}

unsigned int mm_audit(void)
{
	unsigned int order;
	uint64_t window;

	cpus_park_others();
	order = get_memory();
	window = (PAGE_SIZE << order) / sizeof(*tally);
	differences = 0;
	for (window_first = 0; window_first < mfn_x(max_mfn); window_first = window_end) {
		window_end = min(window_first + window, mfn_x(max_mfn));
		memset(tally, 0, window * sizeof(*tally));
		count_all();
		for (uint64_t n = window_first; n < window_end; n++)
			compare(n);
	}
	if (tally != last_resort)
		heap_free(tally, order);
	window_end = 0;
	cpus_unpark();
	if (differences)
		log_error("audit: %u differences", differences);
	else
		log_info("audit: clean, %lu frames", mfn_x(max_mfn));
	return differences;
}
