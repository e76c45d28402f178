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
#include "tests/unit/mm/course.h"
#include "tests/unit/mm/model.h"

#include <stdio.h>

static unsigned long refused, done;

/* ---- operations ----------------------------------------------------------------------------------- */

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
	root_put((unsigned int)old);
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

static void run_here(bool is_32bit, bool privileged, unsigned int preempt)
{
	unsigned long ops = course_number("TYPES_OPS", 1000000) / 4;

	fake_seed = 88172645463325252ULL + course_number("TYPES_SEED", 0) * 7919;
	begin(is_32bit, privileged);
	model_reset(d);
	for (unsigned int i = 0; i < MODEL_FRAMES; i++)
		model.frame[i] = (struct model_frame){ .refs = 1, .owned = true };
	model_stale_uses = 0;
	fake_on_flush = model_flushed;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_32),
		cmocka_unit_test(test_random_64),
		cmocka_unit_test(test_random_32_privileged),
		cmocka_unit_test(test_random_64_privileged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
