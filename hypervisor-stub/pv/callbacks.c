/* SPDX-License-Identifier: MIT */
/*
 * Where a guest wants to be called: the trap table and the callbacks.
 *
 * Nothing is checked about addresses: a wrong one faults in the guest's own mode when it is used. A
 * selector's RPL is made the kernel's at that time (bounce.c).
 */
#include "abi/abi.h"
#include "console/console.h"
#include "lib/string.h"
#include "pv/internal.h"

/* A 64-bit guest's handler must at least be an address. */
static bool address_ok(const struct vcpu *v, uint64_t address)
{
	return v->domain->is_32bit || (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/* ---- trap table --------------------------------------------------------------------------------- */

/*
 * Whom no gate was set has this table: a vCPU that never runs, or has not come so far, takes no page for
 * it. It is only read.
 */
static struct pv_gate no_gates[GATE_COUNT];

void gates_init(struct vcpu *v)
{
	v->pv.gates = no_gates;
}

void gates_free(struct vcpu *v)
{
	if (v->pv.gates != no_gates)
		heap_free(v->pv.gates, 0);
	v->pv.gates = no_gates;
}

size_t pv_gates_bytes(const struct vcpu *v)
{
	return v->pv.gates == no_gates ? 0 : PAGE_SIZE;
}

/* A table of its own to be written; false: no memory. */
static inline bool own_gates(struct vcpu *v)
{
	_Static_assert(sizeof(no_gates) == PAGE_SIZE, "the trap table is a page");

	if (unlikely(v->pv.gates == no_gates)) {
		struct pv_gate *gates = heap_alloc(0, HEAP_ZERO);

		if (!gates)
			return false;
		v->pv.gates = gates;
	}
	return true;
}

static inline void write_gate(struct pv_gate *g, const struct trap_info *ti)
{
	g->address = ti->address;
	g->cs = ti->cs;
	g->dpl = TI_GET_DPL(ti);
	g->mask = TI_GET_IF(ti);
}

static long no_memory(void)
{
	return refuse(-ENOMEM, "no memory for a trap table");
}

static void clear_gates(struct vcpu *v, unsigned int first, unsigned int count)
{
	if (v->pv.gates != no_gates)
		memset(&v->pv.gates[first], 0, count * sizeof(*v->pv.gates));
}

int pv_set_gate(struct vcpu *v, const struct trap_info *ti)
{
	/* A vCPU's first state has 256 gates, most of them empty. */
	if (v->pv.gates == no_gates && !ti->address && !ti->cs)
		return 0;
	if (!own_gates(v))
		return (int)no_memory();
	write_gate(&v->pv.gates[ti->vector], ti);
	return 0;
}

long do_set_trap_table(gptr_t table)
{
	struct vcpu *v = current;
	uint64_t *done = hc_progress();
	struct trap_info ti;

	if (gptr_is_null(table)) {
		clear_gates(v, 0, GATE_COUNT);
		return 0;
	}
	if (!own_gates(v))
		return no_memory();
	/* No entry beyond the last counts: the table ends where an address is zero. */
	for (;;) {
		if (guest_get_trap_info(&ti, table, *done))
			return refuse(-EFAULT,
				      "cannot read entry %lu of the table: is there an entry with "
				      "address 0 at its end?",
				      *done);
		if (!ti.address)
			return 0;
		if (!address_ok(v, ti.address))
			return refuse(-EINVAL, "entry %lu: address %lx is not canonical", *done,
				      ti.address);
		write_gate(&v->pv.gates[ti.vector], &ti);
		if (!(++*done % GATE_COUNT) && preempt_wanted())
			return -ERESTART;
	}
}

/* ---- callbacks ---------------------------------------------------------------------------------- */

static int set_nmi(struct vcpu *v, uint64_t address)
{
	const struct trap_info ti = {
		.vector = VECTOR_NMI,
		.flags = 4, /* TI_SET_IF: no upcalls in the handler */
		.cs = v->domain->is_32bit ? FLAT_COMPAT_KERNEL_CS : FLAT_KERNEL_CS,
		.address = address,
	};

	return pv_set_gate(v, &ti);
}

static struct pv_callback *find_callback(struct vcpu *v, unsigned int type)
{
	switch (type) {
	case CALLBACKTYPE_event:
		return &v->pv.event;
	case CALLBACKTYPE_failsafe:
		return &v->pv.failsafe;
	case CALLBACKTYPE_syscall:
		return v->domain->is_32bit ? NULL : &v->pv.syscall;
	case CALLBACKTYPE_sysenter:
		return &v->pv.sysenter;
	case CALLBACKTYPE_syscall32:
		return &v->pv.syscall32;
	default:
		return NULL;
	}
}

int pv_set_callback(struct vcpu *v, unsigned int type, uint16_t cs, uint64_t address, bool mask)
{
	struct pv_callback *cb = find_callback(v, type);

	if (!address_ok(v, address))
		return refuse(-EINVAL, "callback address %lx is not canonical", address);
	if (type == CALLBACKTYPE_nmi)
		return set_nmi(v, address);
	if (!cb)
		return refuse(-ENOSYS, "there is no callback type %u for this guest", type);
	cb->address = address;
	cb->cs = cs;
	cb->mask = mask;
	cb->set = v->domain->is_32bit ? (cs & ~SEL_RPL) != 0 : address != 0;
	return 0;
}

/* A 32-bit guest's callback address is {cs, eip}, an unsigned long each (xen_callback_t). */
static long callback_register(gptr_t arg)
{
	struct vcpu *v = current;
	struct callback_register reg;
	uint16_t cs = FLAT_KERNEL_CS;
	uint64_t address;

	if (guest_get_callback_register(&reg, arg, 0))
		return refuse(-EFAULT, "cannot read struct callback_register");
	address = reg.address;
	if (v->domain->is_32bit) {
		cs = reg.address;
		address = reg.address >> 32;
	}
	return pv_set_callback(v, reg.type, cs, address, reg.flags & CALLBACKF_mask_events);
}

static long callback_unregister(gptr_t arg)
{
	struct vcpu *v = current;
	struct callback_unregister unreg;

	if (guest_get_callback_unregister(&unreg, arg, 0))
		return refuse(-EFAULT, "cannot read struct callback_unregister");
	if (unreg.type == CALLBACKTYPE_nmi) {
		clear_gates(v, VECTOR_NMI, 1);
		return 0;
	}
	if (find_callback(v, unreg.type))
		return refuse(-EINVAL, "callback type %u cannot be unregistered", unreg.type);
	return refuse(-ENOSYS, "there is no callback type %u for this guest", unreg.type);
}

long do_callback_op(int cmd, gptr_t arg)
{
	switch (cmd) {
	case CALLBACKOP_register:
		return callback_register(arg);
	case CALLBACKOP_unregister:
		return callback_unregister(arg);
	default:
		/* Each width of real Xen has its own answer to a question that nobody asks. */
		return refuse(current->domain->is_32bit ? -EINVAL : -ENOSYS,
			      "there is no callback operation %d", cmd);
	}
}

/* Arguments: 32 bits {event cs, eip, failsafe cs, eip}; 64 bits {event, failsafe, syscall}. */
long do_set_callbacks(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	struct vcpu *v = current;

	/* The hypercall has no errors: what cannot be a callback is explained, and not registered. */
	if (v->domain->is_32bit) {
		pv_set_callback(v, CALLBACKTYPE_event, a0, a1, false);
		pv_set_callback(v, CALLBACKTYPE_failsafe, a2, a3, false);
		return 0;
	}
	pv_set_callback(v, CALLBACKTYPE_event, FLAT_KERNEL_CS, a0, false);
	pv_set_callback(v, CALLBACKTYPE_failsafe, FLAT_KERNEL_CS, a1, false);
	pv_set_callback(v, CALLBACKTYPE_syscall, FLAT_KERNEL_CS, a2, false);
	return 0;
}

long do_nmi_op(unsigned int cmd, gptr_t arg)
{
	struct vcpu *v = current;
	struct xennmi_callback cb;

	switch (cmd) {
	case XENNMI_register_callback:
		if (guest_get_xennmi_callback(&cb, arg, 0))
			return refuse(-EFAULT, "cannot read struct xennmi_callback");
		return pv_set_callback(v, CALLBACKTYPE_nmi, 0, cb.handler_address, true);
	case XENNMI_unregister_callback:
		clear_gates(v, VECTOR_NMI, 1);
		return 0;
	default:
		return refuse(-ENOSYS, "there is no nmi operation %u", cmd);
	}
}
