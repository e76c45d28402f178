/* SPDX-License-Identifier: MIT */
/*
 * The console ring: see ring.h. Free-running 32-bit indices; producer minus consumer is what is in it.
 */
#include "ring.h"

static uint32_t once(const XENCONS_RING_IDX *index)
{
	return *(const volatile XENCONS_RING_IDX *)index;
}

/* The other side's index is read before the bytes that it speaks of, ours written after we used them. */
static void barrier(void)
{
	__sync_synchronize();
}

long ring_take(struct xencons_interface *r, char *buf, size_t n)
{
	uint32_t cons = once(&r->out_cons), used = once(&r->out_prod) - cons;

	if (used > sizeof(r->out))
		return -1;
	if (n > used)
		n = used;
	barrier();
	for (size_t i = 0; i < n; i++)
		buf[i] = r->out[MASK_XENCONS_IDX(cons + i, r->out)];
	barrier();
	*(volatile XENCONS_RING_IDX *)&r->out_cons = cons + (uint32_t)n;
	return (long)n;
}

long ring_room(const struct xencons_interface *r)
{
	uint32_t used = once(&r->in_prod) - once(&r->in_cons);

	return used > sizeof(r->in) ? -1 : (long)(sizeof(r->in) - used);
}

long ring_give(struct xencons_interface *r, const char *text, size_t n)
{
	uint32_t prod = once(&r->in_prod), used = prod - once(&r->in_cons);

	if (used > sizeof(r->in))
		return -1;
	if (n > sizeof(r->in) - used)
		n = sizeof(r->in) - used;
	barrier();
	for (size_t i = 0; i < n; i++)
		r->in[MASK_XENCONS_IDX(prod + i, r->in)] = text[i];
	barrier();
	*(volatile XENCONS_RING_IDX *)&r->in_prod = prod + (uint32_t)n;
	return (long)n;
}
