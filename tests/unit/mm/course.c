/* SPDX-License-Identifier: MIT */
/*
 * The domain that the random tests of mm/ work on. See course.h.
 */
#include "tests/unit/mm/course.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct domain *d, *other;
int roots[ROOTS], held[HELD];
unsigned long restarts;

const unsigned int model_slots[MODEL_SLOTS] = { 0, 1, 2, 3, 7, 255, 256, 271, 300, 509, 511 };

mfn_t mfn_of(unsigned int f)
{
	return _mfn(MODEL_FIRST + f);
}

struct frame *frame_of(unsigned int f)
{
	return mfn_to_frame(mfn_of(f));
}

enum frame_type root_type(void)
{
	return d->is_32bit ? FT_L3 : FT_L4;
}

/* ---- likely numbers ------------------------------------------------------------------------------- */

/* A table has eleven entries that may be wrong: wrong ones must be rare, or no tree ever stands. */
static bool rarely(void)
{
	return !fake_random(200);
}

unsigned int level_hint(unsigned int f)
{
	return f < 4 ? 4 : f < 12 ? 3 : f < 30 ? 2 : f < 54 ? 1 : 0;
}

unsigned int frame_for(unsigned int level)
{
	static const unsigned int first[] = { 54, 30, 12, 4, 0, MODEL_FRAMES };
	static const unsigned int count[] = { MODEL_FRAMES - 54, 24, 18, 8, 4 };

	if (rarely())
		return fake_random(MODEL_FRAMES);
	return first[level] + fake_random(count[level]);
}

static pte_t random_flags(unsigned int level)
{
	pte_t flags = PTE_P;

	if (rarely())
		flags |= 1ULL << fake_random(12) | 1ULL << (52 + fake_random(12));
	if (level != 3 || !d->is_32bit || rarely())
		flags |= (uint64_t)fake_random(2) << 1 | (uint64_t)fake_random(2) << 2;
	if (!fake_random(4))
		flags |= fake_random(2) ? PTE_A : PTE_A | PTE_D;
	return flags;
}

static pte_t nonsense(pte_t flags)
{
	switch (fake_random(3)) {
	case 0:
		return pte_make(_mfn(fake_random(FAKE_FRAMES + 64)), flags);
	case 1:
		return pte_make(mfn_of(MODEL_FRAMES), flags); /* foreign */
	default:
		return pte_make(_mfn(fake_random(256)), flags); /* device */
	}
}

pte_t random_entry(unsigned int level, bool live)
{
	pte_t flags = random_flags(level);

	if (rarely())
		return nonsense(flags);
	if (!fake_random(2))
		return fake_random(4) ? 0 : random_flags(level) & ~PTE_P;
	/* Only in a live table does an entry of its own level show a table that is one, too. */
	if (level > 1 && (live ? !fake_random(4) : rarely()))
		return pte_make(mfn_of(frame_for(level)), fake_random(8) ? flags & ~PTE_RW : flags);
	if (level == 1 && !fake_random(4))
		return pte_make(mfn_of(fake_random(MODEL_FRAMES)),
				live && !fake_random(4) ? flags : flags & ~PTE_RW);
	return pte_make(mfn_of(frame_for(level - 1)), flags);
}

enum frame_type random_table_type(unsigned int f)
{
	unsigned int hint = level_hint(f);

	if (!hint || !fake_random(6))
		hint = 1 + fake_random(d->is_32bit ? 3 : 4);
	return (enum frame_type)hint;
}

/* ---- operations ----------------------------------------------------------------------------------- */

int store(unsigned int f, unsigned int slot, pte_t e, domid_t from, bool keep_ad)
{
	int rc;

	if (frame_of(f)->owner == d->id && frame_is_table(frame_of(f)))
		return table_update(d, frame_of(f), slot, e, from, keep_ad);
	rc = frame_get_typed(mfn_of(f), d, FT_WRITABLE);
	if (rc)
		return rc;
	((pte_t *)mfn_to_virt(mfn_of(f)))[slot] = e;
	frame_put_typed(frame_of(f));
	return 0;
}

int root_get(unsigned int f)
{
	int rc;

	if (!frame_get(mfn_of(f), d))
		return -EINVAL;
	rc = table_get(d, frame_of(f), root_type());
	if (rc)
		frame_put(frame_of(f));
	return rc;
}

void root_put(unsigned int f)
{
	table_put(d, frame_of(f));
	frame_put(frame_of(f));
}

/* ---- runs ----------------------------------------------------------------------------------------- */

static void report_references(void)
{
	for (unsigned int i = 0; i < ROOTS; i++)
		if (roots[i] >= 0)
			audit_count(mfn_of((unsigned int)roots[i]), 1, 1);
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i] >= 0)
			audit_count(mfn_of((unsigned int)held[i]), 1, 1);
}

void begin(bool is_32bit, bool privileged)
{
	fake_reset();
	fake_preempt_rate = 0;
	other = fake_domain(2, is_32bit, false);
	d = fake_domain(1, is_32bit, privileged);
	/* Zone by zone: first the frames of the model, then one foreign frame, then ours. */
	heap_add(_maddr(MODEL_FIRST << PAGE_SHIFT),
		 _maddr((MODEL_FIRST + MODEL_FRAMES) << PAGE_SHIFT));
	for (unsigned int i = 0; i < MODEL_FRAMES; i++)
		assert_non_null(domain_alloc_frames(d, 0, 0));
	heap_add(_maddr((uint64_t)(MODEL_FIRST + MODEL_FRAMES) << PAGE_SHIFT),
		 _maddr((uint64_t)(MODEL_FIRST + MODEL_FRAMES + 1) << PAGE_SHIFT));
	assert_non_null(domain_alloc_frames(other, 0, 0));
	heap_add(_maddr(256 << PAGE_SHIFT), _maddr(512 << PAGE_SHIFT));
	memset(roots, -1, sizeof(roots));
	memset(held, -1, sizeof(held));
	audit_register(report_references);
}

void finish(void)
{
	for (unsigned int i = 0; i < ROOTS; i++)
		if (roots[i] >= 0) {
			root_put((unsigned int)roots[i]);
			roots[i] = -1;
		}
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i] >= 0) {
			frame_put_typed(frame_of((unsigned int)held[i]));
			held[i] = -1;
		}
	fake_on_flush = NULL;
	assert_int_equal(UNTIL_DONE(mm_relinquish(d)), 0);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(mm_audit(), 0);
}

void in_child(void (*body)(void))
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		body();
		exit(0);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

unsigned long course_number(const char *name, unsigned long otherwise)
{
	const char *s = getenv(name);

	return s ? strtoul(s, NULL, 0) : otherwise;
}
