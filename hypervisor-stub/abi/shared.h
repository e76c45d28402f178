/* SPDX-License-Identifier: MIT */
/*
 * shared_info and vcpu_info: the memory that the hypervisor and a guest write at the same time.
 *
 * This header is the only place that knows their layouts; both widths are here, chosen by the domain's
 * own width (so that another domain's may be written as well as the current one's). The guest can
 * change any byte at any moment: read a word once, never trust it, and use atomic operations for words
 * that both sides change. Locks: none; the event lock of the domain orders what must be ordered.
 */
#ifndef ABI_SHARED_H
#define ABI_SHARED_H

#include "domain/domain.h"

#include "offsets32.h"

/* Address of a field of d's shared_info or of v's vcpu_info, whatever the width. */
#define SHARED_FIELD(d, field)                                                               \
	((void *)((uint8_t *)(d)->shared_info + ((d)->is_32bit                               \
							 ? (size_t)OFF32_shared_info_##field \
							 : offsetof(struct shared_info, field))))
#define VCPU_INFO_FIELD(v, field)                                                        \
	((void *)((uint8_t *)(v)->vcpu_info + ((v)->domain->is_32bit                     \
						       ? (size_t)OFF32_vcpu_info_##field \
						       : offsetof(struct vcpu_info, field))))

/* The first two bytes are the same in both: upcall pending, upcall mask. */
_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_pending) == 0 &&
		       offsetof(struct vcpu_info, evtchn_upcall_mask) == 1,
	       "upcall bytes");
/* Both vcpu_info are 64 bytes with the time at 32; only the selector's and CR2's width differ. */
_Static_assert(sizeof(struct vcpu_info) == (size_t)OFF32_vcpu_info_size &&
		       offsetof(struct vcpu_info, time) == (size_t)OFF32_vcpu_info_time,
	       "vcpu_info");

/* ---- vcpu_info -------------------------------------------------------------------------------- */

static inline bool vcpu_upcall_pending(const struct vcpu *v)
{
	return READ_ONCE(((const uint8_t *)v->vcpu_info)[0]);
}

static inline void vcpu_set_upcall_pending(struct vcpu *v, bool pending)
{
	WRITE_ONCE(((uint8_t *)v->vcpu_info)[0], pending);
}

/* Sets it and says whether it was clear before. */
static inline bool vcpu_raise_upcall_pending(struct vcpu *v)
{
	return !__atomic_exchange_n((uint8_t *)v->vcpu_info, 1, __ATOMIC_SEQ_CST);
}

static inline bool vcpu_upcall_mask(const struct vcpu *v)
{
	return READ_ONCE(((const uint8_t *)v->vcpu_info)[1]);
}

static inline void vcpu_set_upcall_mask(struct vcpu *v, bool mask)
{
	WRITE_ONCE(((uint8_t *)v->vcpu_info)[1], mask);
}

/* An upcall is due: pending and not masked. */
static inline bool vcpu_upcall_due(const struct vcpu *v)
{
	return vcpu_upcall_pending(v) && !vcpu_upcall_mask(v);
}

static inline void vcpu_set_cr2(struct vcpu *v, uint64_t cr2)
{
	if (v->domain->is_32bit)
		WRITE_ONCE(*(uint32_t *)((uint8_t *)v->vcpu_info + OFF32_vcpu_info_cr2),
			   (uint32_t)cr2);
	else
		WRITE_ONCE(((struct vcpu_info *)v->vcpu_info)->arch.cr2, cr2);
}

static inline uint64_t vcpu_get_cr2(const struct vcpu *v)
{
	if (v->domain->is_32bit)
		return READ_ONCE(*(uint32_t *)((uint8_t *)v->vcpu_info + OFF32_vcpu_info_cr2));
	return READ_ONCE(((struct vcpu_info *)v->vcpu_info)->arch.cr2);
}

static inline struct vcpu_time_info *vcpu_time_info(struct vcpu *v)
{
	return &((struct vcpu_info *)v->vcpu_info)->time;
}

/* ---- event bits ------------------------------------------------------------------------------- */

/* Bits of one word of the two-level bitmaps, and so how many ports a domain has: bits squared. */
static inline unsigned int evtchn_word_bits(const struct domain *d)
{
	return d->is_32bit ? 32 : 64;
}

static inline unsigned int evtchn_ports(const struct domain *d)
{
	return d->is_32bit ? 32 * 32 : 64 * 64;
}

static inline void *evtchn_pending_words(const struct domain *d)
{
	return SHARED_FIELD(d, evtchn_pending);
}

static inline void *evtchn_mask_words(const struct domain *d)
{
	return SHARED_FIELD(d, evtchn_mask);
}

/*
 * A bitmap of words of either width is, on a little-endian machine, one string of bytes: bit n is in
 * byte n / 8. Locked byte operations are atomic against the guest's word-wide ones.
 */
static inline bool shared_bit_set(void *bitmap, unsigned int bit)
{
	uint8_t m = (uint8_t)(1u << (bit % 8));

	return __atomic_fetch_or((uint8_t *)bitmap + bit / 8, m, __ATOMIC_SEQ_CST) & m;
}

static inline bool shared_bit_clear(void *bitmap, unsigned int bit)
{
	uint8_t m = (uint8_t)(1u << (bit % 8));

	return __atomic_fetch_and((uint8_t *)bitmap + bit / 8, (uint8_t)~m, __ATOMIC_SEQ_CST) & m;
}

static inline bool shared_bit_test(const void *bitmap, unsigned int bit)
{
	return READ_ONCE(((const uint8_t *)bitmap)[bit / 8]) >> bit % 8 & 1;
}

/* The selector: bit n is the n-th word of the pending bitmap. Returns what the bit was. */
static inline bool vcpu_raise_pending_sel(struct vcpu *v, unsigned int word)
{
	return shared_bit_set(VCPU_INFO_FIELD(v, evtchn_pending_sel), word);
}

/*
 * A vcpu_info at a new place, before anybody knows of it: everything is pending, so that the guest looks
 * everywhere once.
 */
static inline void vcpu_info_init(const struct domain *d, void *info, bool mask)
{
	uint8_t *at = info;

	WRITE_ONCE(at[1], mask);
	if (d->is_32bit)
		WRITE_ONCE(*(uint32_t *)(at + OFF32_vcpu_info_evtchn_pending_sel), ~0u);
	else
		WRITE_ONCE(((struct vcpu_info *)info)->evtchn_pending_sel, ~0ul);
	WRITE_ONCE(at[0], 1);
}

/* ---- wall clock ------------------------------------------------------------------------------- */

/* A reader that sees an odd version, or two different ones, reads again. */
static inline void shared_set_wallclock(struct domain *d, uint64_t sec, uint32_t nsec)
{
	uint32_t *version = SHARED_FIELD(d, wc_version);

	WRITE_ONCE(*version, (*version + 1) | 1);
	barrier();
	WRITE_ONCE(*(uint32_t *)SHARED_FIELD(d, wc_sec), (uint32_t)sec);
	WRITE_ONCE(*(uint32_t *)SHARED_FIELD(d, wc_nsec), nsec);
	/* A 32-bit guest has the high half inside arch, a 64-bit one behind nsec (arch-x86/xen.h). */
	WRITE_ONCE(*(uint32_t *)SHARED_FIELD(d, wc_sec_hi), (uint32_t)(sec >> 32));
	barrier();
	WRITE_ONCE(*version, *version + 1);
}

/* ---- what the guest tells ---------------------------------------------------------------------- */

/* One above the highest pfn that the guest says it uses; 0: it said nothing. */
static inline uint64_t shared_max_pfn(const struct domain *d)
{
	const uint8_t *shared = d->shared_info;

	if (d->is_32bit)
		return READ_ONCE(*(const uint32_t *)(shared + OFF32_shared_info_max_pfn));
	return READ_ONCE(((const struct shared_info *)d->shared_info)->arch.max_pfn);
}

/* ---- where a vcpu_info is ---------------------------------------------------------------------- */

/* Of vCPU `id` inside its domain's shared_info. */
static inline void *shared_vcpu_info(const struct domain *d, unsigned int id)
{
	return (uint8_t *)d->shared_info + id * sizeof(struct vcpu_info);
}

/* All upcalls masked: what a domain finds at its start (observed32.md 1.6). */
static inline void shared_info_init(struct domain *d)
{
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		((uint8_t *)shared_vcpu_info(d, i))[1] = 1;
}

#endif
