/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors: from the fields of Linux's user_desc to the processor's format and back.
 *
 * Low word: limit 15-0, base 15-0. High word: base 23-16, type, DPL, P, limit 19-16, AVL, L, D, G,
 * base 31-24. L stays 0: a 64-bit segment would reach the hypervisor's memory.
 */
#include "arch/desc.h"

#define DESC_ACCESSED (1u << 8)
#define DESC_RW	      (1u << 9) /* writable data, readable code */
#define DESC_TYPE_BIT 10
#define DESC_S	      (1u << 12)
#define DESC_DPL3     (3u << 13)
#define DESC_P	      (1u << 15)
#define DESC_AVL      (1u << 20)
#define DESC_D	      (1u << 22)
#define DESC_G	      (1u << 23)

bool desc_valid(const struct machine_tls *tls)
{
	/* A conforming segment would run with the rights of its caller, hence only if absent. */
	return tls->empty || tls->contents < 3 || tls->not_present;
}

uint64_t desc_encode(const struct machine_tls *tls)
{
	uint32_t lo, hi;

	if (tls->empty)
		return 0;
	lo = (tls->limit & 0xffff) | tls->base << 16;
	hi = (tls->base >> 16 & 0xff) | (tls->base & 0xff000000) | (tls->limit & 0xf0000) |
	     DESC_ACCESSED | DESC_S | DESC_DPL3 | (uint32_t)(tls->contents & 3) << DESC_TYPE_BIT;
	hi |= tls->exec_only_read ? 0 : DESC_RW;
	hi |= tls->not_present ? 0 : DESC_P;
	hi |= tls->useable ? DESC_AVL : 0;
	hi |= tls->is_32bit ? DESC_D : 0;
	hi |= tls->limit_in_pages ? DESC_G : 0;
	return (uint64_t)hi << 32 | lo;
}

void desc_decode(uint64_t desc, struct machine_tls *tls)
{
	uint32_t lo = desc, hi = desc >> 32;

	tls->base = lo >> 16 | (hi & 0xff) << 16 | (hi & 0xff000000);
	tls->limit = (lo & 0xffff) | (hi & 0xf0000);
	tls->contents = hi >> DESC_TYPE_BIT & 3;
	tls->exec_only_read = !(hi & DESC_RW);
	tls->not_present = !(hi & DESC_P);
	tls->useable = hi & DESC_AVL;
	tls->is_32bit = hi & DESC_D;
	tls->limit_in_pages = hi & DESC_G;
	tls->empty = !desc;
}
