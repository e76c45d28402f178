/* SPDX-License-Identifier: MIT */
/*
 * The network's thread: packets that arrived together are answered together, but nothing that the stack keeps back for
 * that waits any longer, whoever gets the last of them.
 */
#include "fake.h"
#include "net/net.h"
#include "proc.h"

unsigned long irq_save(void)
{
	return 0;
}

void irq_restore(unsigned long state)
{
	(void)state;
}

size_t strlcpy(char *restrict to, const char *restrict from, size_t size)
{
	return (size_t)snprintf(to, size, "%s", from);
}

static struct netdev ours = { .name = "ours", .up = true },
		     others = { .name = "others", .up = true };
static unsigned taken, kept, most_kept;
static const char *burst; /* a letter a packet: 's' for the stack, 'b' for a bridge */

void net_stack_input(struct netdev *d, struct packet *p)
{
	assert_ptr_equal(d, &ours);
	packet_free(p);
	taken++;
	kept++;
	most_kept = max(most_kept, kept);
}

void net_stack_answer(void)
{
	kept = 0;
}

void net_stack_device(struct netdev *d, bool present)
{
	(void)d, (void)present;
}

static void bridged(struct netdev *d, struct packet *p)
{
	assert_ptr_equal(d, &others);
	packet_free(p);
	taken++;
}

/* The thread waits, or lets others run: the burst arrives, and when it has been taken the thread ends. */
static void turn(void)
{
	static unsigned count;

	if (burst) {
		for (count = 0; burst[count]; count++)
			netdev_receive(burst[count] == 's' ? &ours : &others, packet_alloc(60));
		burst = NULL;
	} else if (taken == count) {
		kthread_exit();
	}
}

static void run(const char *packets)
{
	burst = packets;
	taken = kept = most_kept = 0;
	fake_turn = turn;
	fake_run_thread();
	assert_int_equal(taken, strlen(packets));
	assert_int_equal(fake_pages, 0);
}

static void nothing_is_kept(void **unused)
{
	static const char *const bursts[] = {
		"s", "b", "ss", "sb", "bs", "sbb", "sssbbb", "bsbsbsb"
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_SIZE(bursts); i++) {
		run(bursts[i]);
		assert_int_equal(kept, 0);
	}
}

static void a_flood_is_answered(void **unused)
{
	char packets[201];

	(void)unused;
	memset(packets, 's', 200);
	packets[200] = '\0';
	run(packets);
	assert_int_equal(kept, 0);
	assert_in_range(most_kept, 2, 32);
}

static int start(void **unused)
{
	(void)unused;
	others.input = bridged;
	netdev_start();
	return netdev_register(&ours) || netdev_register(&others);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_kept),
		cmocka_unit_test(a_flood_is_answered),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
