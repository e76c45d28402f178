/* SPDX-License-Identifier: MIT */
/*
 * Three frames and two domains: every state that their operations can lead to.
 *
 * Domain 1 has frames 0 and 1, domain 2 has frame 2; both may name the other's in mappings (a toolstack,
 * or a grant). Each operation (pin and unpin, one entry of a table written, memory given up, a step of
 * a domain's end) is tried in every state that was not seen before, breadth first; a state is reached
 * by repeating the operations that lead to it. Up to STATES_DEPTH of them (7).
 *
 * In each state the counts are recounted from the tables themselves; no frame is writable in a table and
 * a table; a free frame has no references. And from each state both domains' ends give back everything.
 */
#include "domain/domain.h"
#include "mm/types.h"
#include "tests/unit/mm/course.h"

#include <stdio.h>

#define FRAMES 3
#define BEGIN  MODEL_FIRST
#define SLOTS  2 /* of each table, used */

#define MOST_STATES (1u << 16)
#define MOST_DEPTH  12

static struct domain *dom[2];
static bool dying[2];
static unsigned int depth_limit;

static struct frame *nth(unsigned int i)
{
	return mfn_to_frame(_mfn(BEGIN + i));
}

static pte_t *table_of(unsigned int i)
{
	return mfn_to_virt(_mfn(BEGIN + i));
}

static unsigned int owner_of(unsigned int i)
{
	return i < 2 ? 0 : 1;
}

/* ---- operations ----------------------------------------------------------------------------------- */

enum kind { PIN_L1, PIN_L2, UNPIN, STORE, GIVE_UP, KILL };

struct operation {
	enum kind kind;
	unsigned int at;     /* frame; KILL: domain */
	unsigned int slot;   /* STORE */
	unsigned int target; /* STORE: frame; FRAMES: not present */
	pte_t flags;
};

static struct operation operations[128];
static unsigned int operation_count;

static void add(struct operation op)
{
	operations[operation_count++] = op;
}

static void make_operations(void)
{
	for (unsigned int f = 0; f < FRAMES; f++) {
		add((struct operation){ .kind = PIN_L1, .at = f });
		add((struct operation){ .kind = UNPIN, .at = f });
		add((struct operation){ .kind = GIVE_UP, .at = f });
		for (unsigned int t = 0; t <= FRAMES; t++) {
			add((struct operation){ STORE, f, f & 1, t, t < FRAMES ? PTE_P : 0 });
			if (t < FRAMES)
				add((struct operation){ STORE, f, f & 1, t, PTE_P | PTE_RW });
		}
	}
	add((struct operation){ .kind = PIN_L2, .at = 1 });
	add((struct operation){ .kind = KILL, .at = 0 });
	add((struct operation){ .kind = KILL, .at = 1 });
}

static void store_entry(struct domain *table_dom, const struct operation *op)
{
	domid_t from = op->target < FRAMES ? dom[owner_of(op->target)]->id : table_dom->id;
	pte_t e = op->target < FRAMES ? pte_make(_mfn(BEGIN + op->target), op->flags | PTE_US) : 0;
	struct frame *f = nth(op->at);

	if (frame_is_table_of(f, table_dom)) {
		(void)table_update(table_dom, f, op->slot, e, from, false);
	} else if (!frame_get_typed(_mfn(BEGIN + op->at), table_dom, FT_WRITABLE)) {
		table_of(op->at)[op->slot] = e;
		frame_put_typed(f);
	}
}

static void perform(const struct operation *op)
{
	unsigned int who = op->kind == KILL ? op->at : owner_of(op->at);
	struct domain *owner = dom[who];

	if (op->kind == KILL) {
		owner->state = DOM_DYING;
		dying[who] = true;
		(void)mm_relinquish(owner);
		return;
	}
	/* Nothing runs in a dying domain, and others are refused (batch.c). */
	if (dying[who])
		return;
	fake_current = owner->vcpu[0];
	if (op->kind == PIN_L1 || op->kind == PIN_L2)
		(void)frame_pin(owner, _mfn(BEGIN + op->at), op->kind == PIN_L1 ? FT_L1 : FT_L2);
	else if (op->kind == UNPIN)
		(void)frame_unpin(owner, _mfn(BEGIN + op->at));
	else if (op->kind == STORE)
		store_entry(owner, op);
	else if (frame_get(_mfn(BEGIN + op->at), owner)) {
		domain_free_frame(owner, nth(op->at));
		frame_put(nth(op->at));
	}
	while (types_settle(owner))
		;
}

/* ---- what must hold ---------------------------------------------------------------------------------- */

/* From the entries of tables, the pins and the owners alone. */
static void recount(void)
{
	unsigned int refs[FRAMES] = { 0 }, types[FRAMES] = { 0 }, writers[FRAMES] = { 0 };

	for (unsigned int i = 0; i < FRAMES; i++) {
		uint64_t use = load64(&nth(i)->use);

		if (nth(i)->owner == DOMID_INVALID)
			continue;
		refs[i] += !!(load64(&nth(i)->refs) & REFS_OWNED);
		refs[i] += !!(use & USE_PINNED);
		types[i] += !!(use & USE_PINNED);
		for (unsigned int s = 0; (use & USE_VALID) && s < SLOTS; s++) {
			pte_t e = table_of(i)[s];
			unsigned int t = (unsigned int)(mfn_x(pte_mfn(e)) - BEGIN);

			if (!(e & PTE_P) || (t == i && use_type(use) != FT_L1))
				continue;
			refs[t]++;
			types[t] += use_type(use) != FT_L1 || (e & PTE_RW);
			writers[t] += use_type(use) == FT_L1 && (e & PTE_RW);
		}
	}
	for (unsigned int i = 0; i < FRAMES; i++) {
		uint64_t use = load64(&nth(i)->use);

		if (nth(i)->owner == DOMID_INVALID)
			use = 0;
		assert_int_equal(load64(&nth(i)->refs) & REFS_COUNT, refs[i]);
		assert_int_equal(use & USE_COUNT, types[i]);
		assert_false(use & USE_UNSETTLED);
		assert_false(writers[i] && (use & USE_VALID));
		assert_true(nth(i)->owner != DOMID_INVALID || !refs[i]);
	}
}

/* ---- states ------------------------------------------------------------------------------------------- */

struct state {
	uint64_t refs[FRAMES], use[FRAMES];
	pte_t entry[FRAMES][SLOTS];
	uint16_t owner[FRAMES];
	int16_t linear[FRAMES];
	bool dying[2];
};

static struct node {
	struct state state;
	uint8_t path[MOST_DEPTH];
	uint8_t length;
} nodes[MOST_STATES];
static unsigned int node_count;
static uint32_t bucket[2 * MOST_STATES]; /* a node's number and one; 0: empty */

static void look(struct state *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned int i = 0; i < FRAMES; i++) {
		struct frame *f = nth(i);
		bool free = f->owner == DOMID_INVALID;

		s->owner[i] = f->owner;
		s->refs[i] = load64(&f->refs);
		s->use[i] = free ? 0 : load64(&f->use);
		s->linear[i] = frame_is_table(f) && !free ? (int16_t)f->linear : 0;
		for (unsigned int n = 0; n < SLOTS; n++)
			s->entry[i][n] = free ? 0 : table_of(i)[n];
	}
	memcpy(s->dying, dying, sizeof(dying));
}

/* True: this state is new; its node is the last. */
static bool remember(const struct state *s)
{
	const unsigned char *bytes = (const unsigned char *)s;
	uint64_t hash = 14695981039346656037ULL;
	uint32_t at;

	for (size_t i = 0; i < sizeof(*s); i++)
		hash = (hash ^ bytes[i]) * 1099511628211ULL;
	for (at = hash % ARRAY_SIZE(bucket); bucket[at]; at = (at + 1) % ARRAY_SIZE(bucket))
		if (!memcmp(&nodes[bucket[at] - 1].state, s, sizeof(*s)))
			return false;
	assert_true(node_count < MOST_STATES);
	nodes[node_count].state = *s;
	bucket[at] = ++node_count;
	return true;
}

static void set_up(void)
{
	list_init(&domain_list);
	for (unsigned int i = 0; i < 2; i++)
		if (dom[i])
			memset(dom[i], 0, sizeof(*dom[i]));
	dom[1] = fake_domain(2, false, false);
	dom[0] = fake_domain(1, false, false);
	dying[0] = dying[1] = false;
	/* All that the heap has, in whatever order; then each has its own. */
	for (unsigned int i = 0; i < FRAMES; i++)
		assert_non_null(heap_alloc(0, HEAP_ZERO));
	for (unsigned int i = 0; i < FRAMES; i++) {
		owner_register(dom[owner_of(i)]);
		assert_true(frames_assign(dom[owner_of(i)], nth(i), 1));
	}
}

/* Whatever the order, both ends together give back all. */
static void tear_down(unsigned int first)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct domain *it = dom[(first + i) & 1];

		it->state = DOM_DYING;
		(void)mm_relinquish(it);
	}
	assert_int_equal(heap_free_pages(), FRAMES);
	assert_int_equal(dom[0]->tot_pages + dom[1]->tot_pages, 0);
}

static void try_all(unsigned int n)
{
	for (unsigned int o = 0; o < operation_count; o++) {
		struct state s;

		set_up();
		for (unsigned int i = 0; i < nodes[n].length; i++)
			perform(&operations[nodes[n].path[i]]);
		perform(&operations[o]);
		recount();
		look(&s);
		if (remember(&s)) {
			struct node *new = &nodes[node_count - 1];

			memcpy(new->path, nodes[n].path, nodes[n].length);
			new->path[nodes[n].length] = (uint8_t)o;
			new->length = nodes[n].length + 1;
		}
		tear_down(o & 1);
	}
}

static void explore(void)
{
	struct state s;

	fake_reset();
	heap_add(_maddr((uint64_t)BEGIN << PAGE_SHIFT),
		 _maddr((uint64_t)(BEGIN + FRAMES) << PAGE_SHIFT));
	make_operations();
	depth_limit =
		(unsigned int)min(course_number("STATES_DEPTH", 7), (unsigned long)MOST_DEPTH);
	set_up();
	look(&s);
	(void)remember(&s);
	tear_down(0);
	for (unsigned int n = 0; n < node_count && nodes[n].length < depth_limit; n++)
		try_all(n);
	printf("%u states, %u operations in each\n", node_count, operation_count);
}

static void test_states(void **state)
{
	(void)state;
	in_child(explore);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_states) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
