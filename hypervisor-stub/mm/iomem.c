/* SPDX-License-Identifier: MIT */
/*
 * Device memory. The local APIC and AMD's HyperTransport range are the hypervisor's alone; I/O APICs
 * and the HPET may be read. Real Xen makes the same choice, and domain 0 kernels rely on both.
 */
#include "mm/iomem.h"
#include "cpu/asm.h"
#include "mm/types.h"

#define RANGES 128

struct ranges {
	unsigned int count;
	struct {
		uint64_t first, end; /* frame numbers */
	} range[RANGES];
};

/* clang-format off */
static struct ranges denied = { 2, {
	{ 0xfee00, 0xfef00 },			/* local APIC and message-signalled interrupts */
	{ 0xfd00000, 0x10000000 },		/* HyperTransport */
} };
static struct ranges read_only = { 2, {
	{ 0xfec00, 0xfec01 },			/* I/O APIC */
	{ 0xfed00, 0xfed01 },			/* HPET */
} };
/* clang-format on */
static uint64_t frame_end = 1ULL << (36 - PAGE_SHIFT);

static bool inside(const struct ranges *r, mfn_t mfn)
{
	for (unsigned int i = 0; i < r->count; i++)
		if (mfn_x(mfn) >= r->range[i].first && mfn_x(mfn) < r->range[i].end)
			return true;
	return false;
}

static void add(struct ranges *r, maddr_t start, maddr_t end)
{
	BUG_ON(r->count == RANGES);
	r->range[r->count].first = maddr_x(start) >> PAGE_SHIFT;
	r->range[r->count++].end = (maddr_x(end) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/*
 * What domains may only read for a while. A range that is free has its end at 0; readers take no lock, and
 * one that looks while it changes may find the page as it was before.
 */
bool iomem_protect(mfn_t first, uint64_t count)
{
	unsigned int i = 0;

	while (i < read_only.count && read_only.range[i].end)
		i++;
	if (i == RANGES)
		return false;
	read_only.range[i].first = mfn_x(first);
	WRITE_ONCE(read_only.range[i].end, mfn_x(first) + count);
	if (i == read_only.count)
		__atomic_store_n(&read_only.count, i + 1, __ATOMIC_RELEASE);
	return true;
}

void iomem_unprotect(mfn_t first, uint64_t count)
{
	for (unsigned int i = 0; i < read_only.count; i++)
		if (read_only.range[i].first == mfn_x(first) &&
		    read_only.range[i].end == mfn_x(first) + count) {
			WRITE_ONCE(read_only.range[i].end, 0);
			return;
		}
}

bool iomem_may_map(mfn_t mfn)
{
	return mfn_x(mfn) < frame_end && !inside(&denied, mfn);
}

bool iomem_is_read_only(mfn_t mfn)
{
	return inside(&read_only, mfn);
}

void iomem_deny(maddr_t start, maddr_t end)
{
	add(&denied, start, end);
}

void iomem_read_only(maddr_t start, maddr_t end)
{
	add(&read_only, start, end);
}

void iomem_add(maddr_t start, maddr_t end)
{
	uint64_t last = min((maddr_x(end) + PAGE_SIZE - 1) >> PAGE_SHIFT, mfn_x(max_mfn));

	for (uint64_t n = maddr_x(start) >> PAGE_SHIFT; n < last; n++) {
		struct frame *f = mfn_to_frame(_mfn(n));

		/* Records of large holes are one page, which says so already. */
		if (f->owner == DOMID_IO)
			continue;
		f->owner = DOMID_IO;
		f->refs = 0;
	}
}

void iomem_init(void)
{
	unsigned int bits = 36;

	if (cpuid(0x80000000, 0).a >= 0x80000008)
		bits = cpuid(0x80000008, 0).a & 0xff;
	frame_end = 1ULL << (bits - PAGE_SHIFT);
}
