/* SPDX-License-Identifier: MIT */
/*
 * FIFO event channels: words, queues and priorities instead of bitmaps.
 *
 * Mechanism: after init_control an event sets its port's word pending, links it to the end of the queue of
 * its priority and, if that was empty, writes the queue's head and its bit in `ready`; the guest takes
 * words out by clearing LINKED. A masked event is pending and in no queue; unmasking queues it. An event
 * before its page of the array is there is delivered when the page comes. A port that is still in a
 * queue is not given out again. reset returns to bitmaps.
 * Steps: 1. what is refused; 2. control block and an event before its page; 3. the array; 4. a queue
 * of three; 5. priorities; 6. masks; 7. closing one that is queued; 8. reset.
 * Fails by: the step, with the word that was found.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

#define BIT(n)	(1u << (n))
#define PENDING BIT(EVTCHN_FIFO_PENDING)
#define MASKED	BIT(EVTCHN_FIFO_MASKED)
#define LINKED	BIT(EVTCHN_FIFO_LINKED)

#define DEFAULT EVTCHN_FIFO_PRIORITY_DEFAULT

static struct evtchn_fifo_control_block *control;
static volatile event_word_t *words;

static int event_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_event_channel_op, cmd, arg, 0, 0, 0);
}

static int init_control(mfn_t mfn, uint32_t offset, uint32_t vcpu)
{
	struct evtchn_init_control op = { .control_gfn = mfn.m, .offset = offset, .vcpu = vcpu };
	int rc = event_op(EVTCHNOP_init_control, &op);

	if (!rc)
		expect(op.link_bits, EVTCHN_FIFO_LINK_BITS, "link_bits");
	return rc;
}

static int expand_array(mfn_t mfn)
{
	struct evtchn_expand_array op = { .array_gfn = mfn.m };

	return event_op(EVTCHNOP_expand_array, &op);
}

static int set_priority(evtchn_port_t port, uint32_t priority)
{
	struct evtchn_set_priority op = { .port = port, .priority = priority };

	return event_op(EVTCHNOP_set_priority, &op);
}

/* As a guest does: take the first port out of a queue; 0: it is empty. */
static evtchn_port_t take(unsigned int priority, evtchn_port_t *head)
{
	evtchn_port_t port;
	event_word_t old;

	if (!*head) {
		if (!(control->ready & BIT(priority)))
			return 0;
		__atomic_fetch_and(&control->ready, ~BIT(priority), __ATOMIC_SEQ_CST);
		*head = *(volatile uint32_t *)&control->head[priority];
	}
	port = *head;
	if (!port)
		return 0;
	old = __atomic_fetch_and(&words[port], ~(LINKED | EVTCHN_FIFO_LINK_MASK), __ATOMIC_SEQ_CST);
	*head = old & EVTCHN_FIFO_LINK_MASK;
	if (!(old & LINKED))
		test_failure("port %u was in no queue: %x", port, old);
	__atomic_fetch_and(&words[port], ~PENDING, __ATOMIC_SEQ_CST);
	return port;
}

static void expect_word(evtchn_port_t port, event_word_t want, const char *what)
{
	expect_u64(words[port], want, "%s: word of port %u", what, port);
}

static void send(evtchn_port_t port)
{
	expect(evtchn_send(port), 0, "send on port %u", port);
}

static void check_refusals(mfn_t page)
{
	struct evtchn_init_control op = { .control_gfn = page.m };
	mfn_t root = root_mfn();

	expect(expand_array(page), -XEN_EOPNOTSUPP, "an array without a control block");
	expect(init_control(page, 4, 0), -XEN_EINVAL, "a misaligned control block");
	expect(init_control(page, 4096 - 64, 0), -XEN_EINVAL, "one that leaves its page");
	expect(init_control(page, -8, 0), -XEN_EINVAL, "one far outside");
	expect(init_control(page, 0, 999), -XEN_ENOENT, "of vCPU 999");
	expect(init_control(root, 0, 0), -XEN_EINVAL, "in a page table");
	expect(init_control(hypervisor_mfn(), 0, 0), -XEN_EINVAL, "in the hypervisor's page");
	expect(init_control(MFN(~0UL >> 12), 0, 0), -XEN_EINVAL, "in no memory");
	expect(event_op(EVTCHNOP_init_control, (void *)16), -XEN_EFAULT, "a bad pointer");
	expect(event_op(EVTCHNOP_expand_array, (void *)16), -XEN_EFAULT, "a bad pointer");
	(void)op;
}

static void check_early(mfn_t control_page, mfn_t array_page, evtchn_port_t port)
{
	expect(init_control(control_page, 64, 0), 0, "init_control");
	expect(init_control(control_page, 64, 0), -XEN_EINVAL, "init_control again");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, control_page), -XEN_EINVAL,
	       "make the control block's page a table");
	expect(expand_array(root_mfn()), -XEN_EINVAL, "an array in a page table");
	send(port);
	expect(control->ready, 0, "ready before there is an array");
	expect(expand_array(array_page), 0, "expand_array");
	expect_word(port, PENDING | LINKED, "an event from before the array");
	expect(control->ready, BIT(DEFAULT), "ready");
	expect(control->head[DEFAULT], port, "head");
	ensure(upcall_pending(), "no upcall");
}

static void check_queue(const int *port)
{
	evtchn_port_t head = 0;

	expect(take(DEFAULT, &head), port[0], "the early event");
	expect(take(DEFAULT, &head), 0, "nothing behind it");
	expect_word(port[0], 0, "taken");
	for (unsigned int i = 0; i < 3; i++)
		send(port[i]);
	send(port[1]);
	expect(control->head[DEFAULT], port[0], "head of three");
	expect_word(port[0], PENDING | LINKED | port[1], "first of three");
	expect_word(port[1], PENDING | LINKED | port[2], "second of three");
	expect_word(port[2], PENDING | LINKED, "third of three");
	expect(take(DEFAULT, &head), port[0], "take the first");
	send(port[0]); /* behind the third now */
	for (unsigned int i = 1; i < 4; i++)
		expect(take(DEFAULT, &head), port[i % 3], "take number %u", i);
	expect(take(DEFAULT, &head), 0, "all taken");
}

static void check_priorities(const int *port)
{
	evtchn_port_t head = 0;

	expect(set_priority(port[0], 16), -XEN_EINVAL, "priority 16");
	expect(set_priority(999, 3), -XEN_EINVAL, "of a port that is not open");
	expect(set_priority(port[0], 0), 0, "priority 0");
	expect(set_priority(port[1], 15), 0, "priority 15");
	for (unsigned int i = 0; i < 3; i++)
		send(port[i]);
	expect(control->ready, BIT(0) | BIT(15) | BIT(DEFAULT), "ready with three priorities");
	expect(take(0, &head), port[0], "priority 0's");
	expect(take(15, &head), port[1], "priority 15's");
	expect(take(DEFAULT, &head), port[2], "the default's");
	expect(set_priority(port[0], DEFAULT), 0, "back");
	expect(set_priority(port[1], DEFAULT), 0, "back");
}

static void check_masks(const int *port)
{
	evtchn_port_t head = 0;
	struct sched_poll poll = { .nr_ports = 1, .timeout = system_time() + 1000000000 };
	evtchn_port_t polled = port[1];

	words[port[1]] |= MASKED;
	send(port[1]);
	expect_word(port[1], PENDING | MASKED, "a masked one");
	expect(control->ready, 0, "ready");
	set_xen_guest_handle(poll.ports, &polled);
	expect(hv_sched_op(SCHEDOP_poll, &poll), 0, "poll for it");
	expect(evtchn_unmask(port[1]), 0, "unmask");
	expect_word(port[1], PENDING | LINKED, "unmasked");
	expect(take(DEFAULT, &head), port[1], "and queued");
	expect(evtchn_unmask(port[1]), 0, "unmask one that is not pending");
	expect(control->ready, 0, "nothing");
}

static void check_close(int *port)
{
	evtchn_port_t head = 0;
	int other;

	send(port[0]);
	send(port[1]);
	expect(evtchn_close(port[0]), 0, "close one that is queued");
	expect_word(port[0], LINKED | port[1], "closed");
	other = evtchn_bind_ipi(0);
	ensure(other > 0 && other != port[0], "its number is given out again: %d", other);
	expect(take(DEFAULT, &head), port[0], "it is still in the queue");
	expect(take(DEFAULT, &head), port[1], "and leads to the next");
	evtchn_close(other);
	port[0] = evtchn_bind_ipi(0);
	ensure(port[0] > 0, "bind again: %d", port[0]);
	send(port[0]);
	expect(take(DEFAULT, &head), port[0], "queue it");
}

static void check_reset(void)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };
	mfn_t again = virt_to_mfn(page_alloc());
	int port;

	expect(event_op(EVTCHNOP_reset, &op), 0, "reset");
	port = evtchn_bind_ipi(0);
	port_clear(port);
	port_unmask(port);
	expect(evtchn_send(port), 0, "send");
	ensure(port_pending(port), "after a reset events are bits again");
	expect(set_priority(port, 3), -XEN_ENOSYS, "and have no priorities");
	expect(expand_array(again), -XEN_EOPNOTSUPP, "nor an array");
	expect(init_control(again, 0, 0), 0, "until the next init_control");
	expect(page_make_ro((void *)words), 0, "the array's page, read-only");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn((void *)words)), 0,
	       "it may be a table again");
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn((void *)words)), 0, "and not");
}

void test_main(void)
{
	char *control_page, *array_page;
	int port[3];

	trap_init();
	shared_info_map();
	control_page = page_alloc();
	array_page = page_alloc();
	control = (void *)(control_page + 64);
	words = (void *)array_page;
	check_refusals(virt_to_mfn(control_page));
	for (unsigned int i = 0; i < 3; i++)
		port[i] = evtchn_bind_ipi(0);
	ensure(port[2] > 0, "bind_ipi: %d", port[2]);
	check_early(virt_to_mfn(control_page), virt_to_mfn(array_page), port[0]);
	check_queue(port);
	check_priorities(port);
	check_masks(port);
	check_close(port);
	check_reset();
}
