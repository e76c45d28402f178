/* SPDX-License-Identifier: MIT */
/*
 * The memory of a domain that is being built: frames, and copies into them by pfn or address.
 *
 * Frames come in the largest pieces the heap has, so that the list of runs stays short and a guest's
 * superpage-sized buffers are likely contiguous. Writes go through the direct map; nothing of the
 * domain runs yet.
 */
#include "boot/build.h"
#include "console/console.h"
#include "lib/string.h"

#define LARGEST_ORDER 18 /* 1 GiB */

bool build_allocate(struct build *b)
{
	uint64_t pfn = 0;
	unsigned int order = LARGEST_ORDER;

	while (pfn < b->nr_pages) {
		struct frame *f;

		while (order && (1ULL << order) > b->nr_pages - pfn)
			order--;
		f = domain_alloc_frames(b->d, order, 0);
		if (!f && order) {
			order--;
			continue;
		}
		if (!f || b->run_count == BUILD_RUNS) {
			log_error(
				"d%u: only %llu of its %llu kB of memory are free: give less memory",
				b->d->id, (unsigned long long)pfn * 4,
				(unsigned long long)b->nr_pages * 4);
			return false;
		}
		b->runs[b->run_count++] = (struct build_run){ pfn, 1ULL << order, frame_to_mfn(f) };
		pfn += 1ULL << order;
	}
	return true;
}

mfn_t build_mfn(const struct build *b, uint64_t pfn)
{
	unsigned int low = 0, high = b->run_count;

	while (high - low > 1) {
		unsigned int middle = (low + high) / 2;

		if (b->runs[middle].pfn <= pfn)
			low = middle;
		else
			high = middle;
	}
	BUG_ON(pfn - b->runs[low].pfn >= b->runs[low].count);
	return mfn_add(b->runs[low].mfn, pfn - b->runs[low].pfn);
}

void *build_page(const struct build *b, uint64_t pfn)
{
	return mfn_to_virt(build_mfn(b, pfn));
}

static void put_bytes(const struct build *b, uint64_t at, const uint8_t *bytes, size_t n)
{
	while (n) {
		size_t offset = at % PAGE_SIZE, part = min(n, PAGE_SIZE - offset);
		uint8_t *page = build_page(b, at >> PAGE_SHIFT);

		if (bytes) {
			memcpy(page + offset, bytes, part);
			bytes += part;
		} else {
			memset(page + offset, 0, part);
		}
		at += part;
		n -= part;
	}
}

bool build_put(void *build, uint64_t vaddr, const void *bytes, size_t n)
{
	const struct build *b = build;

	put_bytes(b, vaddr - b->layout.base, bytes, n);
	return true;
}

void build_put_pfn(const struct build *b, uint64_t pfn, const void *bytes, size_t n)
{
	put_bytes(b, pfn << PAGE_SHIFT, bytes, n);
}

void build_p2m(const struct build *b)
{
	uint64_t word = b->image.is_32bit ? 4 : 8;
	uint64_t base = b->layout.p2m_apart ? b->layout.p2m_pfn << PAGE_SHIFT
					    : b->layout.p2m - b->layout.base;

	for (unsigned int i = 0; i < b->run_count; i++) {
		const struct build_run *r = &b->runs[i];

		for (uint64_t n = 0; n < r->count; n++) {
			mfn_t mfn = mfn_add(r->mfn, n);
			uint64_t raw = mfn_x(mfn), at = base + (r->pfn + n) * word;

			/* Little endian: the low half is the 32-bit word. */
			memcpy((uint8_t *)build_page(b, at >> PAGE_SHIFT) + at % PAGE_SIZE, &raw,
			       word);
			m2p_set(mfn, r->pfn + n);
		}
	}
}
