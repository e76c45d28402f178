/* SPDX-License-Identifier: MIT */
/*
 * Work on page tables that stops half-way: abandoned, refused late, interleaved.
 *
 * A validation or an undoing that was stopped belongs to nobody: another vCPU may meet it, the one that
 * began may never come back. Directed cases first; then several vCPUs, each in the middle of something,
 * do random things to one domain. There is no telling what each of them gets, but the audit must find
 * every count right at any time, and the teardown must leave nothing.
 */
#include "tests/unit/mm/course.h"

#include <stdio.h>

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

/* ---- several vCPUs ------------------------------------------------------------------------------------- */

#define VCPUS 4

/* What a vCPU does now: called again and again until it is no -ERESTART. */
struct work {
	int (*step)(struct work *w);
	unsigned int f, slot;
	enum frame_type type;
	pte_t entry;
};

static struct work work[VCPUS];

static int step_store(struct work *w)
{
	return store(w->f, w->slot, w->entry, d->id, false);
}

static int step_pin(struct work *w)
{
	return frame_pin(d, mfn_of(w->f), w->type);
}

static int step_unpin(struct work *w)
{
	return frame_unpin(d, mfn_of(w->f));
}

static int step_root(struct work *w)
{
	int rc = root_get(w->f), old = roots[w->slot];

	if (rc)
		return rc;
	roots[w->slot] = (int)w->f;
	if (old >= 0)
		root_put((unsigned int)old);
	return 0;
}

/* Memory that is written to for a while: it must never have been a table meanwhile. */
static int step_hold(struct work *w)
{
	int rc;

	if (held[w->slot] >= 0) {
		frame_put_typed(frame_of((unsigned int)held[w->slot]));
		held[w->slot] = -1;
		return 0;
	}
	rc = frame_get_typed(mfn_of(w->f), d, w->type == FT_L1 ? FT_DESC : FT_WRITABLE);
	if (!rc)
		held[w->slot] = (int)w->f;
	return rc;
}

static void new_work(struct work *w)
{
	static int (*const steps[])(
		struct work *) = { step_store, step_store, step_store, step_pin,
				   step_pin,   step_unpin, step_root,  step_hold };

	w->step = steps[fake_random(ARRAY_SIZE(steps))];
	w->f = fake_random(60);
	w->slot = model_slots[fake_random(MODEL_SLOTS)];
	w->entry = random_entry(max(level_hint(w->f), 1u), frame_is_table(frame_of(w->f)));
	w->type = random_table_type(w->f);
	if (w->step == step_root) {
		w->f = frame_for(d->is_32bit ? 3 : 4);
		w->slot = fake_random(ROOTS);
	} else if (w->step == step_hold) {
		w->f = fake_random(MODEL_FRAMES);
		w->slot = fake_random(HELD);
	}
}

/* As a handler does: first what others left to undo, then one's own. */
static void advance(struct work *w)
{
	if (!w->step)
		new_work(w);
	if (types_settle(d) == 0 && w->step(w) != -ERESTART)
		w->step = NULL;
	else
		restarts++;
}

static void interleave(void)
{
	unsigned long steps = course_number("TYPES_OPS", 1000000) / 4;

	memset(work, 0, sizeof(work));
	fake_preempt_rate = 160;
	for (unsigned long i = 0; i < steps; i++) {
		advance(&work[fake_random(VCPUS)]);
		if (i % 500 == 0)
			assert_int_equal(mm_audit(), 0);
	}
	assert_true(restarts > steps / 100);
	finish();
}

static void interleave_32(void)
{
	begin(true, false);
	interleave();
}

static void interleave_64(void)
{
	begin(false, false);
	interleave();
}

static void test_interleaved(void **state)
{
	(void)state;
	in_child(interleave_32);
	in_child(interleave_64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_refused_late),
		cmocka_unit_test(test_held_by_others),
		cmocka_unit_test(test_interleaved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
