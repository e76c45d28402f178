/* SPDX-License-Identifier: MIT */
/*
 * The event upcall of a test, and thin wrappers over EVTCHNOP_*.
 *
 * The two-level protocol of <xen/xen.h>: clear upcall_pending, take the selector word, scan. Bits
 * are changed with locked instructions, since the hypervisor sets them from elsewhere.
 */
#include "event.h"
#include "pv.h"

extern char event_entry[], failsafe_entry[];

unsigned int upcalls;
unsigned int port_count[1024], port_vcpu[1024];
struct regs upcall_regs;
void (*upcall_hook)(struct regs *regs);

/* The pending words are the whole domain's: each vCPU takes only what is bound to it. */
static uint8_t port_owner[sizeof(xen_ulong_t) * 8 * sizeof(xen_ulong_t) * 8];

static int own(int port, unsigned int vcpu)
{
	if (port >= 0 && port < (int)sizeof(port_owner))
		port_owner[port] = (uint8_t)vcpu;
	return port;
}

#define BITS (8 * sizeof(long))

bool port_pending(evtchn_port_t port)
{
	const volatile xen_ulong_t *words = shared_info->evtchn_pending;

	return words[port / BITS] >> port % BITS & 1;
}

void port_clear(evtchn_port_t port)
{
	__atomic_and_fetch(&shared_info->evtchn_pending[port / BITS], ~(1UL << port % BITS),
			   __ATOMIC_SEQ_CST);
}

void port_mask(evtchn_port_t port)
{
	__atomic_or_fetch(&shared_info->evtchn_mask[port / BITS], 1UL << port % BITS,
			  __ATOMIC_SEQ_CST);
}

void port_unmask(evtchn_port_t port)
{
	__atomic_and_fetch(&shared_info->evtchn_mask[port / BITS], ~(1UL << port % BITS),
			   __ATOMIC_SEQ_CST);
}

void upcall_clear(void)
{
	struct vcpu_info *v = &shared_info->vcpu_info[this_vcpu()];

	__atomic_store_n(&v->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
}

static bool upcall(struct regs *regs)
{
	struct vcpu_info *v = &shared_info->vcpu_info[this_vcpu()];
	unsigned long sel;

	__atomic_add_fetch(&upcalls, 1, __ATOMIC_RELAXED);
	memcpy(&upcall_regs, regs,
	       sizeof(long) == 4 && !regs_from_user(regs) ? offsetof(struct regs, sp)
							  : sizeof(*regs));
	if (upcall_hook)
		upcall_hook(regs);
	__atomic_store_n(&v->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	sel = __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (unsigned int w = 0; w < BITS; w++) {
		unsigned long bits;

		if (!(sel >> w & 1))
			continue;
		bits = shared_info->evtchn_pending[w] & ~shared_info->evtchn_mask[w];
		for (unsigned int b = 0; b < BITS; b++) {
			if (!(bits >> b & 1) || port_owner[w * BITS + b] != this_vcpu())
				continue;
			port_clear(w * BITS + b);
			if (w * BITS + b < ARRAY_SIZE(port_count)) {
				port_vcpu[w * BITS + b] = this_vcpu();
				__atomic_add_fetch(&port_count[w * BITS + b], 1, __ATOMIC_RELEASE);
			}
		}
	}
	return true;
}

void event_init(void)
{
	trap_handle(VEC_EVENT, upcall);
	if (hv_set_callbacks((void (*)(void))event_entry, (void (*)(void))failsafe_entry))
		test_error("set_callbacks is refused");
}

int evtchn_alloc_unbound(domid_t dom, domid_t remote)
{
	struct evtchn_alloc_unbound op = { .dom = dom, .remote_dom = remote };
	int rc = hv_event_channel_op(EVTCHNOP_alloc_unbound, &op);

	/* For another domain it is no port of ours. */
	return rc ? rc : dom == DOMID_SELF ? own((int)op.port, 0) : (int)op.port;
}

int evtchn_bind_interdomain(domid_t dom, evtchn_port_t port)
{
	struct evtchn_bind_interdomain op = { .remote_dom = dom, .remote_port = port };
	int rc = hv_event_channel_op(EVTCHNOP_bind_interdomain, &op);

	return rc ? rc : own((int)op.local_port, 0);
}

int evtchn_bind_ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };
	int rc = hv_event_channel_op(EVTCHNOP_bind_ipi, &op);

	return rc ? rc : own((int)op.port, vcpu);
}

int evtchn_bind_virq(unsigned int virq, unsigned int vcpu)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
	int rc = hv_event_channel_op(EVTCHNOP_bind_virq, &op);

	return rc ? rc : own((int)op.port, vcpu);
}

int evtchn_close(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	return hv_event_channel_op(EVTCHNOP_close, &op);
}

int evtchn_send(evtchn_port_t port)
{
	struct evtchn_send op = { .port = port };

	return hv_event_channel_op(EVTCHNOP_send, &op);
}

int evtchn_unmask(evtchn_port_t port)
{
	struct evtchn_unmask op = { .port = port };

	return hv_event_channel_op(EVTCHNOP_unmask, &op);
}

int evtchn_bind_vcpu(evtchn_port_t port, unsigned int vcpu)
{
	struct evtchn_bind_vcpu op = { .port = port, .vcpu = vcpu };
	int rc = hv_event_channel_op(EVTCHNOP_bind_vcpu, &op);

	if (!rc)
		own((int)port, vcpu);
	return rc;
}

int evtchn_status(domid_t dom, evtchn_port_t port, struct evtchn_status *status)
{
	*status = (struct evtchn_status){ .dom = dom, .port = port };
	return hv_event_channel_op(EVTCHNOP_status, status);
}

uint64_t system_time(void)
{
	const volatile struct vcpu_time_info *t = &shared_info->vcpu_info[this_vcpu()].time;
	uint64_t delta, ns;
	uint32_t version;

	do {
		version = t->version & ~1U;
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
		/* 64 by 32 bits, the top 64 of 96: in halves, as there is no 128-bit type at -m32. */
		ns = t->system_time + (delta >> 32) * t->tsc_to_system_mul +
		     ((delta & 0xffffffff) * t->tsc_to_system_mul >> 32);
		barrier();
	} while (version != t->version);
	return ns;
}

void delay(uint64_t ns)
{
	uint64_t end = system_time() + ns;

	while (system_time() < end)
		asm volatile("pause");
}
