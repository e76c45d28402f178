/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of memory: each kind of number is a type of its own, so that mixing them does not
 * compile. A one-member structure costs nothing: it travels in a register like the bare number.
 *
 *	mfn	machine frame number: the real memory, in pages
 *	maddr	machine address, in bytes
 *	pfn	guest pseudo-physical frame number: a guest's own contiguous numbering
 *	gptr	an address that a guest gave us; only copy_from_guest() and copy_to_guest() follow it
 *
 * The raw value comes out by name (mfn_x()), never by a cast.
 */
#ifndef MM_ADDR_H
#define MM_ADDR_H

typedef struct {
	uint64_t mfn;
} mfn_t;

typedef struct {
	uint64_t maddr;
} maddr_t;

typedef struct {
	uint64_t pfn;
} pfn_t;

typedef struct {
	uint64_t va;
} gptr_t;

#define INVALID_MFN ((mfn_t){ ~0ULL })

static inline mfn_t _mfn(uint64_t n)
{
	return (mfn_t){ n };
}

static inline uint64_t mfn_x(mfn_t m)
{
	return m.mfn;
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.mfn == b.mfn;
}

static inline mfn_t mfn_add(mfn_t m, uint64_t n)
{
	return (mfn_t){ m.mfn + n };
}

static inline maddr_t _maddr(uint64_t a)
{
	return (maddr_t){ a };
}

static inline uint64_t maddr_x(maddr_t a)
{
	return a.maddr;
}

static inline pfn_t _pfn(uint64_t n)
{
	return (pfn_t){ n };
}

static inline uint64_t pfn_x(pfn_t p)
{
	return p.pfn;
}

static inline gptr_t _gptr(uint64_t va)
{
	return (gptr_t){ va };
}

static inline bool gptr_is_null(gptr_t p)
{
	return !p.va;
}

static inline gptr_t gptr_add(gptr_t p, uint64_t bytes)
{
	return (gptr_t){ p.va + bytes };
}

static inline maddr_t mfn_to_maddr(mfn_t m)
{
	return _maddr(m.mfn << PAGE_SHIFT);
}

static inline mfn_t maddr_to_mfn(maddr_t a)
{
	return _mfn(a.maddr >> PAGE_SHIFT);
}

#endif
