/* SPDX-License-Identifier: MIT */
/*
 * Event channels between two domains: which bits change, who is told, and what is left afterwards.
 *
 * Every case runs for guests of both widths, as the bitmaps have words of different size.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool narrow = true;

static int set_up(void **state)
{
	world_make(*state != NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_destroy();
	/* Nobody holds a reference any more. */
	assert_int_equal(world_d1.refs, 1);
	assert_int_equal(world_d2.refs, 1);
	return 0;
}

static bool pending(struct domain *d, evtchn_port_t port)
{
	return shared_bit_test(evtchn_pending_words(d), port);
}

static uint64_t selector(struct vcpu *v)
{
	const void *sel = VCPU_INFO_FIELD(v, evtchn_pending_sel);

	return v->domain->is_32bit ? *(const uint32_t *)sel : *(const uint64_t *)sel;
}

static evtchn_port_t ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };

	assert_int_equal(bind_ipi(&op), 0);
	return op.port;
}

/* An unbound port of d1 for d2, bound by d2: *local is d2's end. */
static evtchn_port_t channel(evtchn_port_t *local)
{
	struct evtchn_alloc_unbound un = { .dom = DOMID_SELF, .remote_dom = 2 };
	struct evtchn_bind_interdomain bind = { .remote_dom = 1 };

	test_current = &world_v0;
	assert_int_equal(bind_unbound(&un), 0);
	test_current = &world_peer;
	bind.remote_port = un.port;
	assert_int_equal(bind_interdomain(&bind), 0);
	*local = bind.local_port;
	test_current = &world_v0;
	return un.port;
}

static void three_steps(void **state)
{
	evtchn_port_t port = 0;
	unsigned int word;

	(void)state;
	/* A port in the third word, so that the selector says more than bit 0. */
	while (port < 2 * evtchn_word_bits(&world_d1) + 5)
		port = ipi(0);
	word = port / evtchn_word_bits(&world_d1);
	assert_int_equal(event_send(port), 0);
	assert_true(pending(&world_d1, port));
	assert_int_equal(selector(&world_v0), 1u << word);
	assert_true(vcpu_upcall_pending(&world_v0));
	assert_int_equal(world_kicks, 1);
	/* Again: nothing changes, nobody is told. */
	assert_int_equal(event_send(port), 0);
	assert_int_equal(world_kicks, 1);
}

static void a_second_port_of_a_told_vcpu(void **state)
{
	evtchn_port_t a = ipi(0), b = ipi(0);

	(void)state;
	assert_int_equal(event_send(a), 0);
	assert_int_equal(event_send(b), 0);
	assert_true(pending(&world_d1, b));
	assert_int_equal(world_kicks, 1);
}

static void masked(void **state)
{
	evtchn_port_t port = ipi(0);

	(void)state;
	shared_bit_set(evtchn_mask_words(&world_d1), port);
	assert_int_equal(event_send(port), 0);
	assert_true(pending(&world_d1, port));
	assert_int_equal(selector(&world_v0), 0);
	assert_false(vcpu_upcall_pending(&world_v0));
	assert_int_equal(world_kicks, 0);
	assert_int_equal(event_unmask(port), 0);
	assert_false(shared_bit_test(evtchn_mask_words(&world_d1), port));
	assert_true(vcpu_upcall_pending(&world_v0));
	assert_int_equal(world_kicks, 1);
}

static void unmask_without_event(void **state)
{
	evtchn_port_t port = ipi(0);

	(void)state;
	assert_int_equal(event_unmask(port), 0);
	shared_bit_set(evtchn_mask_words(&world_d1), port);
	assert_int_equal(event_unmask(port), 0);
	assert_int_equal(world_kicks, 0);
	assert_int_equal(event_unmask(0), -EINVAL);
	assert_int_equal(event_unmask(port + 1), -EINVAL);
	assert_int_equal(event_unmask(~0u), -EINVAL);
}

static void pollers_hear_of_masked_ports(void **state)
{
	evtchn_port_t port = ipi(0);

	(void)state;
	world_d1.pollers = 1;
	shared_bit_set(evtchn_mask_words(&world_d1), port);
	assert_int_equal(event_send(port), 0);
	assert_int_equal(world_polls, 1);
	assert_int_equal(world_kicks, 0);
}

static void ends_of_a_channel(void **state)
{
	evtchn_port_t far, near = channel(&far);

	(void)state;
	/* Binding makes the new end pending at once. */
	assert_true(pending(&world_d2, far));
	assert_false(pending(&world_d1, near));
	test_current = &world_peer;
	assert_int_equal(event_send(far), 0);
	assert_true(pending(&world_d1, near));
	/* Bound already. */
	struct evtchn_bind_interdomain again = { .remote_dom = 1, .remote_port = near };
	assert_int_equal(bind_interdomain(&again), -EINVAL);
}

static void closing_one_end(void **state)
{
	evtchn_port_t far, near = channel(&far);

	(void)state;
	test_current = &world_peer;
	assert_int_equal(port_close(&world_d2, far), 0);
	assert_int_equal(port_close(&world_d2, far), -EINVAL);
	assert_false(pending(&world_d2, far));
	assert_int_equal(port_at(&world_d1, near)->state, PORT_UNBOUND);
	assert_int_equal(port_at(&world_d1, near)->unbound_from, 2);
	/* Sending into the void is nobody's mistake. */
	test_current = &world_v0;
	assert_int_equal(event_send(near), 0);
	/* And the same domain may come back. */
	test_current = &world_peer;
	struct evtchn_bind_interdomain again = { .remote_dom = 1, .remote_port = near };
	assert_int_equal(bind_interdomain(&again), 0);
}

static void a_domain_that_ends(void **state)
{
	evtchn_port_t far, near = channel(&far);

	(void)state;
	evtchn_destroy(&world_d2);
	assert_int_equal(port_at(&world_d1, near)->state, PORT_UNBOUND);
	assert_int_equal(event_send(near), 0);
	assert_false(evtchn_is_open(&world_d2, far));
}

static void strangers(void **state)
{
	struct evtchn_alloc_unbound un = { .dom = DOMID_SELF, .remote_dom = 7 };
	struct evtchn_bind_interdomain bind = { .remote_dom = 1 };

	(void)state;
	assert_int_equal(bind_unbound(&un), 0);
	test_current = &world_peer;
	bind.remote_port = un.port;
	assert_int_equal(bind_interdomain(&bind), -EINVAL);
	bind.remote_port = ~0u;
	assert_int_equal(bind_interdomain(&bind), -EINVAL);
	bind.remote_dom = 5;
	assert_int_equal(bind_interdomain(&bind), -ESRCH);
	un.dom = 1;
	assert_int_equal(bind_unbound(&un), -EPERM);
}

static void to_oneself(void **state)
{
	struct evtchn_alloc_unbound un = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };

	(void)state;
	assert_int_equal(bind_unbound(&un), 0);
	bind.remote_port = un.port;
	assert_int_equal(bind_interdomain(&bind), 0);
	assert_int_equal(event_send(bind.local_port), 0);
	assert_true(pending(&world_d1, un.port));
	assert_int_equal(port_close(&world_d1, un.port), 0);
	assert_int_equal(port_at(&world_d1, bind.local_port)->state, PORT_UNBOUND);
}

static void virqs(void **state)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_TIMER, .vcpu = 1 };

	(void)state;
	assert_int_equal(bind_virq(&op), 0);
	assert_int_equal(bind_virq(&op), -EEXIST);
	virq_send_vcpu(&world_v0, VIRQ_TIMER);
	assert_false(pending(&world_d1, op.port));
	virq_send_vcpu(&world_v1, VIRQ_TIMER);
	assert_true(pending(&world_d1, op.port));
	assert_true(vcpu_upcall_pending(&world_v1));
	assert_false(vcpu_upcall_pending(&world_v0));
	assert_int_equal(event_send(op.port), -EINVAL);
	assert_int_equal(port_close(&world_d1, op.port), 0);
	assert_int_equal(bind_virq(&op), 0);
	op = (struct evtchn_bind_virq){ .virq = NR_VIRQS };
	assert_int_equal(bind_virq(&op), -EINVAL);
	op = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 2 };
	assert_int_equal(bind_virq(&op), -ENOENT);
	op = (struct evtchn_bind_virq){ .virq = VIRQ_CONSOLE, .vcpu = 1 };
	assert_int_equal(bind_virq(&op), -EINVAL);
}

/* A global VIRQ is bound on vCPU 0, told to whom its port was moved to, and unbound by closing. */
static void global_virq_moves(void **state)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_CONSOLE };
	struct evtchn_bind_vcpu move;

	(void)state;
	assert_int_equal(bind_virq(&op), 0);
	move = (struct evtchn_bind_vcpu){ .port = op.port, .vcpu = 1 };
	assert_int_equal(bind_vcpu(&move), 0);
	virq_send_global(&world_d1, VIRQ_CONSOLE);
	assert_true(vcpu_upcall_pending(&world_v1));
	assert_int_equal(port_close(&world_d1, op.port), 0);
	virq_send_global(&world_d1, VIRQ_CONSOLE);
	assert_false(pending(&world_d1, op.port));
	assert_int_equal(bind_virq(&op), 0);
}

static void what_stays_where_it_is(void **state)
{
	struct evtchn_bind_vcpu move = { .port = ipi(0), .vcpu = 1 };

	(void)state;
	assert_int_equal(bind_vcpu(&move), -EINVAL);
	move.vcpu = 2;
	assert_int_equal(bind_vcpu(&move), -ENOENT);
	move = (struct evtchn_bind_vcpu){ .port = 0, .vcpu = 0 };
	assert_int_equal(bind_vcpu(&move), -EINVAL);
}

/* As many ports as the ABI has room for, but one: port 0 is never given out. Lowest free first. */
static void exhaustion(void **state)
{
	unsigned int room = *state ? 1024 : 4096;
	struct evtchn_bind_ipi op = { .vcpu = 0 };

	for (evtchn_port_t port = 1; port < room; port++)
		assert_int_equal(ipi(0), port);
	assert_int_equal(bind_ipi(&op), -ENOSPC);
	assert_int_equal(port_close(&world_d1, 700), 0);
	assert_int_equal(port_close(&world_d1, 3), 0);
	assert_int_equal(ipi(0), 3);
	assert_int_equal(ipi(0), 700);
	assert_int_equal(bind_ipi(&op), -ENOSPC);
}

#define BOTH(test)                                            \
	{ #test "_64", test, set_up, tear_down, NULL },       \
	{                                                     \
#test "_32", test, set_up, tear_down, &narrow \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(three_steps),
		BOTH(a_second_port_of_a_told_vcpu),
		BOTH(masked),
		BOTH(unmask_without_event),
		BOTH(pollers_hear_of_masked_ports),
		BOTH(ends_of_a_channel),
		BOTH(closing_one_end),
		BOTH(a_domain_that_ends),
		BOTH(strangers),
		BOTH(to_oneself),
		BOTH(virqs),
		BOTH(global_virq_moves),
		BOTH(what_stays_where_it_is),
		BOTH(exhaustion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
