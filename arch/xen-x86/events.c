/* SPDX-License-Identifier: MIT */
/*
 * Event channels: the interrupts of a guest, and their mask.
 *
 * Two levels of bits: a word of selectors, each naming a word of pending ports. A port is cleared
 * before its handler runs, so that an event that comes meanwhile is not lost. The handler table is
 * written at start-up and by drivers with upcalls masked.
 */
#include "xen-x86.h"
#include "lib/string.h"

#define WORD_BITS  32u
#define PORT_COUNT (WORD_BITS * WORD_BITS)

static struct {
	event_handler_t fn;
	void *data;
} handlers[PORT_COUNT];

unsigned long irq_save(void)
{
	unsigned long state = this_vcpu()->evtchn_upcall_mask;

	this_vcpu()->evtchn_upcall_mask = 1;
	barrier();
	return state;
}

void irq_restore(unsigned long state)
{
	barrier();
	if (state)
		return;
	this_vcpu()->evtchn_upcall_mask = 0;
	barrier();
	/* Opening the mask by hand delivers nothing: any hypercall does, on its way back. */
	if (this_vcpu()->evtchn_upcall_pending)
		hypercall_xen_version(XENVER_version, NULL);
}

void machine_idle(void)
{
	/* Opens the mask itself, and returns at once if something is pending. */
	hypercall_sched_op(SCHEDOP_block, NULL);
	irq_restore(0);
}

static inline unsigned long exchange(xen_ulong_t *word, unsigned long val)
{
	asm volatile("xchgl %0, %1" : "+r"(val), "+m"(*word) : : "memory");
	return val;
}

static inline void bit_clear(xen_ulong_t *bits, unsigned n)
{
	asm volatile("lock btrl %1, %0" : "+m"(*bits) : "Ir"(n) : "memory");
}

static void dispatch_word(unsigned word)
{
	xen_ulong_t *pending = &xen_shared_info.evtchn_pending[word];
	unsigned long ready;

	while ((ready = *(volatile xen_ulong_t *)pending &
			~*(volatile xen_ulong_t *)&xen_shared_info.evtchn_mask[word])) {
		unsigned bit = __builtin_ctzl(ready), port = word * WORD_BITS + bit;

		bit_clear(pending, bit);
		if (handlers[port].fn)
			handlers[port].fn(handlers[port].data);
	}
}

void event_dispatch(void)
{
	vcpu_info_t *v = this_vcpu();
	unsigned long selected;

	do {
		v->evtchn_upcall_pending = 0;
		/* xchg orders this store before what follows. */
		selected = exchange(&v->evtchn_pending_sel, 0);
		for (; selected; selected &= selected - 1)
			dispatch_word(__builtin_ctzl(selected));
	} while (*(volatile uint8_t *)&v->evtchn_upcall_pending);
}

void event_mask(unsigned port)
{
	asm volatile("lock btsl %1, %0"
		     : "+m"(xen_shared_info.evtchn_mask[port / WORD_BITS])
		     : "Ir"(port % WORD_BITS)
		     : "memory");
}

void event_unmask(unsigned port)
{
	struct evtchn_unmask op = { .port = port };

	hypercall_event_channel_op(EVTCHNOP_unmask, &op);
}

void event_bind(unsigned port, event_handler_t fn, void *data)
{
	unsigned long state = irq_save();

	if (port >= PORT_COUNT)
		panic("events: port %u is beyond the two-level table", port);
	handlers[port].fn = fn;
	handlers[port].data = data;
	event_unmask(port);
	irq_restore(state);
}

void event_unbind(unsigned port)
{
	unsigned long state = irq_save();

	event_mask(port);
	handlers[port].fn = NULL;
	irq_restore(state);
}

int event_bind_virq(unsigned virq, event_handler_t fn, void *data)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = 0 };
	long rc = hypercall_event_channel_op(EVTCHNOP_bind_virq, &op);

	if (rc)
		return rc;
	event_bind(op.port, fn, data);
	return op.port;
}

void event_send(unsigned port)
{
	struct evtchn_send op = { .port = port };

	hypercall_event_channel_op(EVTCHNOP_send, &op);
}

void event_init(void)
{
	memset(xen_shared_info.evtchn_mask, 0xff, sizeof(xen_shared_info.evtchn_mask));
}
