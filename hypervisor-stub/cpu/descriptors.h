/* SPDX-License-Identifier: MIT */
/*
 * Descriptors as the processor reads them, and how to make one.
 */
#ifndef CPU_DESCRIPTORS_H
#define CPU_DESCRIPTORS_H

/* clang-format off */
/* Access byte and flags of a segment descriptor, as bits of its 64-bit value. */
#define DESC_A	     (1ULL << 40)	/* accessed */
#define DESC_RW	     (1ULL << 41)	/* data: writable; code: readable */
#define DESC_CODE    (1ULL << 43)
#define DESC_S	     (1ULL << 44)	/* code or data, not a system descriptor */
#define DESC_DPL(n)  ((uint64_t)(n) << 45)
#define DESC_P	     (1ULL << 47)
#define DESC_L	     (1ULL << 53)	/* 64-bit code */
#define DESC_DB	     (1ULL << 54)	/* 32-bit */
#define DESC_G	     (1ULL << 55)
#define DESC_4GB     (0xfULL << 48 | 0xffffULL | DESC_G)
#define DESC_TYPE(n) ((uint64_t)(n) << 40)

#define DESC_TYPE_LDT	   2
#define DESC_TYPE_TSS	   9
#define DESC_TYPE_INT_GATE 14

#define DESC_FLAT(dpl, type) (DESC_4GB | DESC_P | DESC_S | DESC_A | DESC_RW | DESC_DPL(dpl) | (type))
#define DESC_CODE32(dpl)     DESC_FLAT(dpl, DESC_CODE | DESC_DB)
#define DESC_CODE64(dpl)     DESC_FLAT(dpl, DESC_CODE | DESC_L)
#define DESC_DATA(dpl)	     DESC_FLAT(dpl, DESC_DB)
/* clang-format on */

/*
 * The flat selectors of a 32-bit guest. <xen/arch-x86/xen-x86_32.h> defines them under names that the
 * 64-bit header gives to other selectors, so one file cannot include both.
 */
enum {
	GUEST32_RING1_CS = 0xe019,
	GUEST32_RING1_DS = 0xe021,
	GUEST32_RING3_CS = 0xe02b,
	GUEST32_RING3_DS = 0xe033
};

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iomap;
} __attribute__((packed));

struct gate {
	uint16_t offset_0;
	uint16_t selector;
	uint8_t ist;
	uint8_t type_dpl;
	uint16_t offset_16;
	uint32_t offset_32;
	uint32_t reserved;
};

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

#endif
