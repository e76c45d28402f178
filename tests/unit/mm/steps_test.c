/* SPDX-License-Identifier: MIT */
/*
 * Three processors and one frame: all ways in which their steps can follow each other.
 *
 * Each processor is a coroutine that runs a short program: take the frame as writable memory, as a table
 * or as descriptors, use it, give it back; or give it up for good. Before each access to memory that
 * they share the test decides who goes on. It tries every choice, up to a number of switches that nobody
 * asked for (two; STEPS_SWITCHES=n): who waits for another is left without counting.
 *
 * What must hold is told by a model of the TLBs. As soon as a page is mapped, any processor may remember
 * it, until it flushes after the page was unmapped. Whoever has got the frame as a table finds that no
 * processor can still write to it; whoever has got it as writable memory, that none still walks it.
 */
#include "domain/domain.h"
#include "mm/types.h"
#include "tests/unit/mm/course.h"

#include <stdio.h>
#include <ucontext.h>

#define ACTORS	   FAKE_PCPUS
#define STACK	   (64 << 10)
#define MAX_POINTS 4096
#define PATIENCE   64 /* steps of one without a switch: it waits for another */

enum use { AS_MEMORY, AS_TABLE, AS_DESCRIPTORS, USES };

/* ---- the model ------------------------------------------------------------------------------------ */

static struct frame *frame;
static unsigned int users[USES];
static bool remembers[ACTORS][USES];

static const enum frame_type type_of[USES] = { FT_WRITABLE, FT_L1, FT_DESC };

/* Somebody has it as `use` now: nobody has, or remembers, another. Memory and tables exclude each other. */
static void begin_use(enum use use)
{
	for (enum use u = 0; u < USES; u++) {
		if (u == use)
			continue;
		assert_int_equal(users[u], 0);
		for (unsigned int cpu = 0; cpu < ACTORS; cpu++)
			assert_false(remembers[cpu][u]);
	}
	users[use]++;
	for (unsigned int cpu = 0; cpu < ACTORS; cpu++)
		remembers[cpu][use] = true;
}

static void flushed(unsigned int cpu)
{
	for (enum use use = 0; use < USES; use++)
		remembers[cpu][use] = users[use] > 0;
}

/* ---- who runs ------------------------------------------------------------------------------------- */

static ucontext_t scheduler, actor[ACTORS];
static char stacks[ACTORS][STACK] __attribute__((aligned(64)));
static bool done[ACTORS];
static unsigned int alone; /* steps since the last switch */

/* The choices of this run, and at each point how many there were. */
static unsigned char choice[MAX_POINTS], choices[MAX_POINTS];
static unsigned int points, switches, most_switches;

static unsigned int next_after(unsigned int from)
{
	for (unsigned int i = 1; i <= ACTORS; i++)
		if (!done[(from + i) % ACTORS])
			return (from + i) % ACTORS;
	return from;
}

static void run(unsigned int next)
{
	unsigned int from = fake_cpu;

	if (next == from)
		return;
	alone = 0;
	fake_cpu = next;
	swapcontext(&actor[from], &actor[next]);
}

/* 0: go on; n: the n-th other one. */
static unsigned int choose(void)
{
	unsigned int others = 0;

	for (unsigned int i = 0; i < ACTORS; i++)
		others += i != fake_cpu && !done[i];
	assert_true(points < MAX_POINTS);
	choices[points] = switches < most_switches ? (unsigned char)(others + 1) : 1;
	if (choice[points])
		switches++;
	return choice[points++];
}

/* Who ends leaves it open who goes on. */
static unsigned int successor(unsigned int me)
{
	unsigned int n, next = next_after(me);

	choices[points] = (unsigned char)(1 + (next_after(next) != next));
	for (n = choice[points++]; n; n--)
		next = next_after(next);
	return next;
}

static void step(void)
{
	unsigned int n, next = fake_cpu;

	if (++alone > PATIENCE) {
		run(next_after(fake_cpu));
		return;
	}
	for (n = choose(); n; n--)
		next = next_after(next);
	run(next);
}

/* ---- programs --------------------------------------------------------------------------------------- */

static bool table_lock;

static void lock(void)
{
	while (table_lock)
		run(next_after(fake_cpu));
	table_lock = true;
}

static void use_table(void)
{
	lock();
	if (!frame_get_typed(mfn_of(0), d, FT_L1)) {
		begin_use(AS_TABLE);
		FAKE_STEP();
		users[AS_TABLE]--;
		frame_put_typed(frame);
		while (types_settle(d))
			;
	}
	table_lock = false;
}

static void use_memory(enum use use)
{
	/* Entries take writable references by the short way. */
	if (!frame_get(mfn_of(0), d))
		return;
	if (use == AS_MEMORY ? type_get_writable(frame) : type_get(frame, type_of[use])) {
		frame_put(frame);
		return;
	}
	begin_use(use);
	FAKE_STEP();
	/* The entry is gone; the reference follows. */
	users[use]--;
	if (use == AS_MEMORY)
		type_put_writable(frame);
	else
		type_put(frame);
	frame_put(frame);
}

/* The owner gives it up: it goes to the heap when nobody has it any more. */
static void give_up(void)
{
	if (!frame_get(mfn_of(0), d))
		return;
	domain_free_frame(d, frame);
	frame_put(frame);
}

/* As every CR3 load does. */
static void flush(void)
{
	FAKE_STEP();
	fake_flush();
	flushed(fake_cpu);
}

/* w: writable, t: table, g: descriptors (GDT), x: given up, f: this processor flushes */
static const char *program[ACTORS];

static void perform(unsigned int me)
{
	for (const char *p = program[me]; *p; p++) {
		if (*p == 't')
			use_table();
		else if (*p == 'x')
			give_up();
		else if (*p == 'f')
			flush();
		else
			use_memory(*p == 'w' ? AS_MEMORY : AS_DESCRIPTORS);
	}
	done[me] = true;
	if (next_after(me) == me)
		setcontext(&scheduler);
	alone = 0;
	fake_cpu = successor(me);
	setcontext(&actor[fake_cpu]);
}

/* ---- all schedules ----------------------------------------------------------------------------------- */

static void start(unsigned int i)
{
	done[i] = false;
	pcpus[i] = (struct pcpu){ .id = i, .tlb_epoch = 1 };
	getcontext(&actor[i]);
	actor[i].uc_stack.ss_sp = stacks[i];
	actor[i].uc_stack.ss_size = STACK;
	actor[i].uc_link = NULL;
	makecontext(&actor[i], (void (*)(void))perform, 1, i);
}

/* At first nobody has used the frame, and all have flushed since. */
static void run_once(void)
{
	memset(users, 0, sizeof(users));
	memset(remembers, 0, sizeof(remembers));
	tlb_clock = 1;
	frame->epoch = 0;
	frame->use = use_of(FT_NONE);
	points = switches = alone = 0;
	fake_cpu = 0;
	for (unsigned int i = 0; i < ACTORS; i++)
		start(i);
	fake_step = step;
	swapcontext(&scheduler, &actor[0]);
	fake_step = NULL;
	fake_cpu = 0;
}

static void check_end(void)
{
	bool gone = strchr(program[0], 'x') || strchr(program[1], 'x') || strchr(program[2], 'x');

	assert_int_equal(load64(&frame->refs), gone ? 0 : (REFS_OWNED | 1));
	assert_int_equal(frame->owner == d->id, !gone);
	if (gone)
		assert_ptr_equal(domain_alloc_frames(d, 0, 0), frame);
	assert_int_equal(load64(&frame->use) & (USE_COUNT | USE_UNSETTLED), 0);
	assert_int_equal(d->tot_pages, 1);
	assert_int_equal(d->undo_head, 0);
}

/* The next schedule in order; false: that was the last. */
static bool advance(void)
{
	while (points && choice[points - 1] + 1 >= choices[points - 1])
		points--;
	if (!points)
		return false;
	choice[points - 1]++;
	memset(&choice[points], 0, MAX_POINTS - points);
	return true;
}

static unsigned long explore(const char *a, const char *b, const char *c)
{
	unsigned long schedules = 0;

	program[0] = a;
	program[1] = b;
	program[2] = c;
	memset(choice, 0, sizeof(choice));
	do {
		run_once();
		check_end();
		schedules++;
	} while (advance());
	return schedules;
}

static void explore_all(void)
{
	static const char *const programs[] = { "w", "ww", "t", "tw", "g", "x", "ft" };
	unsigned int n = ARRAY_SIZE(programs);
	unsigned long schedules = 0;

	fake_reset();
	other = fake_domain(2, false, false);
	d = fake_domain(1, false, false);
	heap_add(_maddr(MODEL_FIRST << PAGE_SHIFT), _maddr((MODEL_FIRST + 1UL) << PAGE_SHIFT));
	assert_non_null(domain_alloc_frames(d, 0, 0));
	frame = frame_of(0);
	pcpu_count = ACTORS;
	fake_on_cpu_flush = flushed;
	most_switches = (unsigned int)course_number("STEPS_SWITCHES", 2);
	for (unsigned int a = 0; a < n; a++)
		for (unsigned int b = a; b < n; b++)
			for (unsigned int c = b; c < n; c++)
				schedules += explore(programs[a], programs[b], programs[c]);
	printf("%lu schedules\n", schedules);
}

static void test_steps(void **state)
{
	(void)state;
	in_child(explore_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
