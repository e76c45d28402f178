/* SPDX-License-Identifier: MIT */
/*
 * Page types against a naive model.
 *
 * A domain of some 90 frames, each with a likely role, does random things to them: stores into tables
 * and memory, pins, unpins, roots, writable and descriptor references, giving frames up, getting new
 * ones, flushes; foreign frames, device memory and nonsense among the entries. Preemption strikes at
 * random, and the operation is then made again until it ends. After each operation its result and all
 * counts, types and entries must be the model's, and no frame may have changed its type before the
 * processor forgot what it was.
 *
 * TYPES_OPS=n and TYPES_SEED=n in the environment change length and course.
 */
#include "tests/unit/mm/model.h"

#include <cmocka.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOTS 2
#define HELD  8

static struct domain *d, *other;
static int roots[ROOTS]; /* frame or -1 */
static int held[HELD];	 /* writable or descriptor references of others; -1: none */
static unsigned long refused, done, restarts;

static mfn_t mfn_of(unsigned int f)
{
	return _mfn(MODEL_FIRST + f);
}

static struct frame *frame_of(unsigned int f)
{
	return mfn_to_frame(mfn_of(f));
}

static enum frame_type root_type(void)
{
	return d->is_32bit ? FT_L3 : FT_L4;
}

/* ---- likely numbers ------------------------------------------------------------------------------- */

/* A table has eleven entries that may be wrong: wrong ones must be rare, or no tree ever stands. */
static bool rarely(void)
{
	return !fake_random(200);
}

/* Frames have roles, so that deep trees come about; any other use is possible and rarer. */
static unsigned int level_hint(unsigned int f)
{
	return f < 4 ? 4 : f < 12 ? 3 : f < 30 ? 2 : f < 54 ? 1 : 0;
}

static unsigned int frame_for(unsigned int level)
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

/* What a kernel might write into a table of this level; `live`: it is one now. */
static pte_t random_entry(unsigned int level, bool live)
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

/* ---- operations ----------------------------------------------------------------------------------- */

#define UNTIL_DONE(call)                               \
	({                                             \
		int result;                            \
		while ((result = (call)) == -ERESTART) \
			restarts++;                    \
		while (types_settle(d))                \
			restarts++;                    \
		result;                                \
	})

static void count_result(int rc)
{
	if (rc)
		refused++;
	else
		done++;
}

static void expect(const char *what, unsigned int f, int rc, int wanted)
{
	count_result(rc);
	if (rc == wanted)
		return;
	printf("%s of frame %u: %d, the model says %d\n", what, f, rc, wanted);
	fail();
}

/* What mmu_update does with one request. */
static int store(unsigned int f, unsigned int slot, pte_t e, domid_t from, bool keep_ad)
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

static void op_store(void)
{
	unsigned int f = fake_random(8) ? fake_random(54) : fake_random(MODEL_FRAMES);
	unsigned int s = fake_random(MODEL_SLOTS);
	pte_t e = random_entry(max(level_hint(f), 1u), frame_is_table(frame_of(f)));
	domid_t from = fake_random(12) ? d->id : other->id;
	bool keep = !fake_random(6);
	int rc, old_flags = !fake_random(20);

	/* Often only flags change. */
	if (old_flags)
		e = ((pte_t *)mfn_to_virt(mfn_of(f)))[model_slots[s]] ^ (1ULL << fake_random(12));
	rc = UNTIL_DONE(store(f, model_slots[s], e, from, keep));
	expect("store into", f, rc, model_update(f, s, e, from, keep));
}

static enum frame_type random_table_type(unsigned int f)
{
	unsigned int hint = level_hint(f);

	if (!hint || !fake_random(6))
		hint = 1 + fake_random(d->is_32bit ? 3 : 4);
	return (enum frame_type)hint;
}

static void op_pin(void)
{
	unsigned int f = fake_random(60);
	enum frame_type type = random_table_type(f);
	int rc;

	if (d->is_32bit && type == FT_L4)
		return;
	rc = UNTIL_DONE(frame_pin(d, mfn_of(f), type));
	expect("pin", f, rc, model_pin(f, type));
}

static void op_unpin(void)
{
	unsigned int f = fake_random(60);
	int rc = UNTIL_DONE(frame_unpin(d, mfn_of(f)));

	expect("unpin", f, rc, model_unpin(f));
}

static int root_get(unsigned int f)
{
	int rc;

	if (!frame_get(mfn_of(f), d))
		return -EINVAL;
	rc = table_get(d, frame_of(f), root_type());
	if (rc)
		frame_put(frame_of(f));
	return rc;
}

static void op_root(void)
{
	unsigned int i = fake_random(ROOTS), f = frame_for(d->is_32bit ? 3 : 4);
	int rc = UNTIL_DONE(root_get(f)), old = roots[i];

	expect("new root", f, rc, model_get(f, root_type()));
	if (rc)
		return;
	roots[i] = (int)f;
	if (old < 0)
		return;
	table_put(d, frame_of((unsigned int)old));
	frame_put(frame_of((unsigned int)old));
	model_put((unsigned int)old);
	(void)UNTIL_DONE(0);
}

/* A reference that somebody else keeps: a registered page, a descriptor window, a grant. */
static void op_hold(void)
{
	unsigned int i = fake_random(HELD);
	unsigned int f = fake_random(4) ? frame_for(0) : fake_random(MODEL_FRAMES);
	enum frame_type type = fake_random(3) ? FT_WRITABLE : FT_DESC;
	int rc;

	if (held[i] >= 0) {
		frame_put_typed(frame_of((unsigned int)held[i]));
		model_put((unsigned int)held[i]);
		held[i] = -1;
		return;
	}
	rc = frame_get_typed(mfn_of(f), d, type);
	expect("hold", f, rc, model_get(f, type));
	if (!rc)
		held[i] = (int)f;
}

static void op_give_up(void)
{
	unsigned int f = fake_random(MODEL_FRAMES);

	if (!model.frame[f].owned)
		return;
	model.frame[f].owned = false;
	model.frame[f].refs--;
	domain_free_frame(d, frame_of(f));
}

static void op_allocate(void)
{
	struct frame *f = domain_alloc_frames(d, 0, 0);
	struct model_frame *m;
	unsigned int n;

	if (!f)
		return;
	n = (unsigned int)(mfn_x(frame_to_mfn(f)) - MODEL_FIRST);
	if (n >= MODEL_FRAMES) {
		domain_free_frame(d, f);
		return;
	}
	m = &model.frame[n];
	assert_int_equal(m->refs, 0);
	m->owned = true;
	m->refs = 1;
	m->type = FT_NONE;
	for (unsigned int s = 0; s < MODEL_SLOTS; s++)
		m->entry[s] = ((pte_t *)mfn_to_virt(mfn_of(n)))[model_slots[s]];
}

static void random_op(void)
{
	unsigned int r = fake_random(100);

	if (r < 62)
		op_store();
	else if (r < 72)
		op_pin();
	else if (r < 78)
		op_unpin();
	else if (r < 83)
		op_root();
	else if (r < 91)
		op_hold();
	else if (r < 92)
		op_give_up();
	else if (r < 98)
		op_allocate();
	else
		fake_flush();
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

static void begin(bool is_32bit, bool privileged)
{
	fake_reset();
	fake_preempt_rate = 0;
	other = fake_domain(2, is_32bit, false);
	d = fake_domain(1, is_32bit, privileged);
	/* Zone by zone: first the frames of the model, then one foreign frame, then ours. */
	heap_add(_maddr(MODEL_FIRST << PAGE_SHIFT),
		 _maddr((MODEL_FIRST + MODEL_FRAMES) << PAGE_SHIFT));
	model_reset(d);
	for (unsigned int i = 0; i < MODEL_FRAMES; i++)
		op_allocate();
	heap_add(_maddr((uint64_t)(MODEL_FIRST + MODEL_FRAMES) << PAGE_SHIFT),
		 _maddr((uint64_t)(MODEL_FIRST + MODEL_FRAMES + 1) << PAGE_SHIFT));
	assert_non_null(domain_alloc_frames(other, 0, 0));
	heap_add(_maddr(256 << PAGE_SHIFT), _maddr(512 << PAGE_SHIFT));
	memset(roots, -1, sizeof(roots));
	memset(held, -1, sizeof(held));
	model_stale_uses = 0;
	fake_on_flush = model_flushed;
}

static void finish(void)
{
	for (unsigned int i = 0; i < ROOTS; i++)
		if (roots[i] >= 0) {
			table_put(d, frame_of((unsigned int)roots[i]));
			frame_put(frame_of((unsigned int)roots[i]));
			roots[i] = -1;
		}
	for (unsigned int i = 0; i < HELD; i++)
		if (held[i] >= 0) {
			frame_put_typed(frame_of((unsigned int)held[i]));
			held[i] = -1;
		}
	assert_int_equal(UNTIL_DONE(mm_relinquish(d)), 0);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(mm_audit(), 0);
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *s = getenv(name);

	return s ? strtoul(s, NULL, 0) : otherwise;
}

static void run_here(bool is_32bit, bool privileged, unsigned int preempt)
{
	unsigned long ops = number("TYPES_OPS", 1000000) / 4;

	fake_seed = 88172645463325252ULL + number("TYPES_SEED", 0) * 7919;
	begin(is_32bit, privileged);
	fake_preempt_rate = preempt;
	for (unsigned long i = 0; i < ops; i++) {
		random_op();
		if (!model_compare() || model_stale_uses) {
			printf("after operation %lu%s\n", i,
			       model_stale_uses ? ": not flushed" : "");
			fail();
		}
		if (i % 5000 == 0)
			assert_int_equal(mm_audit(), 0);
	}
	finish();
	printf("%lu done, %lu refused, %lu restarts, %u flushes\n", done, refused, restarts,
	       fake_flushes);
}

/* The heap begins empty once a process: each run has its own. */
static void in_child(void (*body)(void))
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

struct course {
	bool is_32bit, privileged;
	unsigned int preempt;
};

static struct course course;

static void run_course(void)
{
	run_here(course.is_32bit, course.privileged, course.preempt);
}

static void run(bool is_32bit, bool privileged, unsigned int preempt)
{
	course = (struct course){ is_32bit, privileged, preempt };
	in_child(run_course);
}

static void test_random_32(void **state)
{
	(void)state;
	run(true, false, 60);
}

static void test_random_64(void **state)
{
	(void)state;
	run(false, false, 60);
}

static void test_random_32_privileged(void **state)
{
	(void)state;
	run(true, true, 0);
}

static void test_random_64_privileged(void **state)
{
	(void)state;
	run(false, true, 200);
}

/* ---- what does not come about by chance ---------------------------------------------------------------- */

static pte_t *entry_of(unsigned int f, unsigned int slot)
{
	return (pte_t *)mfn_to_virt(mfn_of(f)) + slot;
}

/* An L4 over 3 L3, each over 3 L2, and so on: frames 0, 1-3, 4-12, 13-39; data 40-. */
static void write_tree(void)
{
	unsigned int next = 1;

	for (unsigned int f = 0; f < 13; f++)
		for (unsigned int slot = 0; slot < 3; slot++)
			*entry_of(f, slot) = pte_make(mfn_of(next++), PTE_P | PTE_RW | PTE_US);
	for (unsigned int f = 13; f < 40; f++)
		for (unsigned int slot = 0; slot < 3; slot++)
			*entry_of(f, slot) = pte_make(mfn_of(40 + fake_random(50)), PTE_P | PTE_RW);
}

/* A vCPU is destroyed in the middle of a pin: nobody goes on, and nothing may be left. */
static void abandoned(void)
{
	begin(false, false);
	write_tree();
	fake_preempt_rate = 256;
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(frame_pin(d, mfn_of(0), FT_L4), -ERESTART);
	assert_int_equal(mm_audit(), 0);
	assert_int_equal(frame_get_typed(mfn_of(0), d, FT_WRITABLE), -EINVAL);
	assert_int_equal(frame_get_typed(mfn_of(13), d, FT_WRITABLE), -EINVAL);
	finish();
}

/* The same in the middle of undoing. */
static void abandoned_undo(void)
{
	begin(false, false);
	write_tree();
	assert_int_equal(frame_pin(d, mfn_of(0), FT_L4), 0);
	fake_preempt_rate = 256;
	assert_int_equal(frame_unpin(d, mfn_of(0)), 0);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(types_settle(d), -ERESTART);
	assert_int_equal(mm_audit(), 0);
	finish();
}

/* A pin that will be refused at its very end, stopped at every step: all is undone, once. */
static void refused_late(void)
{
	unsigned int steps = 0;
	int rc;

	begin(false, false);
	write_tree();
	*entry_of(39, 2) = pte_make(mfn_of(0), PTE_P | PTE_RW); /* the root itself, writable */
	fake_preempt_rate = 256;
	while ((rc = frame_pin(d, mfn_of(0), FT_L4)) == -ERESTART)
		steps++;
	assert_int_equal(rc, -EBUSY);
	assert_true(steps > 30);
	while (types_settle(d))
		;
	assert_int_equal(mm_audit(), 0);
	for (unsigned int f = 0; f < 40; f++) {
		assert_int_equal(frame_get_typed(mfn_of(f), d, FT_WRITABLE), 0);
		frame_put_typed(frame_of(f));
	}
	finish();
}

/* What another domain maps outlives its owner's teardown, and goes with the mapping. */
static void held_by_others(void)
{
	struct frame *f;

	begin(false, false);
	f = frame_of(50);
	assert_true(frame_get(mfn_of(50), d));
	fake_on_flush = NULL;
	assert_int_equal(UNTIL_DONE(mm_relinquish(d)), -EBUSY);
	assert_int_equal(d->tot_pages, 1);
	assert_int_equal(UNTIL_DONE(mm_relinquish(d)), -EBUSY);
	frame_put(f);
	assert_int_equal(UNTIL_DONE(mm_relinquish(d)), 0);
	assert_int_equal(mm_audit(), 0);
}

static void test_abandoned(void **state)
{
	(void)state;
	in_child(abandoned);
	in_child(abandoned_undo);
}

static void test_refused_late(void **state)
{
	(void)state;
	in_child(refused_late);
}

static void test_held_by_others(void **state)
{
	(void)state;
	in_child(held_by_others);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_32),
		cmocka_unit_test(test_random_64),
		cmocka_unit_test(test_random_32_privileged),
		cmocka_unit_test(test_random_64_privileged),
		cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_refused_late),
		cmocka_unit_test(test_held_by_others),
	};

	audit_register(report_references);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
