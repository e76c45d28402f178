/* SPDX-License-Identifier: MIT */
/*
 * Our GDT: one page with the three slots of thread-local storage, all else empty.
 *
 * The flat segments are the hypervisor's own. The page is read-only to us while it is a GDT;
 * descriptors change by hypercall, which checks them.
 */
#include "xen-x86.h"
#include "switch.h"
#include "arch/desc.h"

static uint64_t gdt[PAGE_SIZE / sizeof(uint64_t)] __attribute__((aligned(PAGE_SIZE)));

static uint64_t slot_maddr(unsigned i)
{
	return va_to_maddr(&gdt[TLS_SLOT_FIRST + i]);
}

unsigned desc_switch_calls(struct multicall_entry *calls, const struct machine_thread *to)
{
	unsigned i, n = 0;

	for (i = 0; i < TLS_SLOT_COUNT; i++) {
		if (gdt[TLS_SLOT_FIRST + i] == to->tls[i])
			continue;
		calls[n].op = __HYPERVISOR_update_descriptor;
		calls[n].args[0] = LO32(slot_maddr(i));
		calls[n].args[1] = HI32(slot_maddr(i));
		calls[n].args[2] = LO32(to->tls[i]);
		calls[n++].args[3] = HI32(to->tls[i]);
	}
	return n;
}

void desc_load(const struct machine_thread *t)
{
	struct multicall_entry calls[TLS_SLOT_COUNT];
	unsigned n = desc_switch_calls(calls, t);

	if (n)
		hypercall_multicall(calls, n);
}

int machine_tls_set(struct machine_thread *t, struct machine_tls *tls)
{
	int i = tls->slot - TLS_SLOT_FIRST;

	if (tls->slot == -1) {
		for (i = 0; i < TLS_SLOT_COUNT && t->tls[i]; i++)
			;
		if (i == TLS_SLOT_COUNT)
			return -ESRCH;
	}
	if (i < 0 || i >= TLS_SLOT_COUNT || !desc_valid(tls))
		return -EINVAL;
	tls->slot = TLS_SLOT_FIRST + i;
	t->tls[i] = desc_encode(tls);
	if (t == switch_running)
		desc_load(t);
	return 0;
}

int machine_tls_get(const struct machine_thread *t, struct machine_tls *tls)
{
	int i = tls->slot - TLS_SLOT_FIRST;

	if (i < 0 || i >= TLS_SLOT_COUNT)
		return -EINVAL;
	desc_decode(t->tls[i], tls);
	return 0;
}

void desc_init(void)
{
	unsigned long frame = mfn_x(va_to_mfn(gdt));

	mm_set_kernel_readonly(gdt, true);
	batch_flush();
	if (hypercall_set_gdt(&frame, PAGE_SIZE / sizeof(uint64_t)))
		panic("the hypervisor refused our GDT");
}
