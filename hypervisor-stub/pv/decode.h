/* SPDX-License-Identifier: MIT */
/*
 * A small x86 instruction decoder: from bytes to fields, for 16-, 32- and 64-bit code.
 *
 * Pure: no state, no memory but its arguments, no include but integers, so that the host's tests and
 * fuzzer run the same file. It knows the shape of every instruction that is not VEX, EVEX or XOP coded;
 * what an instruction means is the emulators' business.
 */
#ifndef PV_DECODE_H
#define PV_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSN_MAX_BYTES 15

enum insn_segment { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_DEFAULT };

/* Register numbers of the processor's encoding; NO_REG where there is none. */
enum insn_register { REG_AX, REG_CX, REG_DX, REG_BX, REG_SP, REG_BP, REG_SI, REG_DI, NO_REG = 16 };

/* Opcode maps. */
enum insn_map { MAP_ONE = 1, MAP_0F, MAP_0F38, MAP_0F3A };

struct insn {
	uint8_t length;
	uint8_t map;
	uint8_t opcode;
	uint8_t operand_bytes; /* 2, 4 or 8: of a full-sized operand */
	uint8_t address_bytes; /* 2, 4 or 8 */
	uint8_t segment;       /* enum insn_segment: the override */
	bool lock, rep, repne, operand_prefix, rex, rex_w;
	uint8_t low_reg; /* 0-15: of opcodes that name a register in their low bits */

	bool has_modrm;
	uint8_t mod;
	uint8_t reg; /* 0-15 */
	uint8_t rm;  /* 0-15, a register if mod is 3 */

	/* The memory operand, if has_modrm and mod is not 3; or moffs. */
	bool has_memory, rip_relative;
	uint8_t base, index; /* enum insn_register, 0-15 or NO_REG */
	uint8_t scale;	     /* shift, 0-3 */
	int64_t displacement;

	uint64_t immediate; /* sign extended to 64 bits; a far pointer's offset */
	uint16_t selector;  /* of a far pointer; ENTER's nesting level */
};

enum insn_result {
	INSN_OK,
	INSN_SHORT,   /* more bytes are needed than there are */
	INSN_UNKNOWN, /* undefined, too long, or VEX and its like */
};

/* Decode the first instruction of `bytes` (at most `n`), in code of `bits` 16, 32 or 64. */
enum insn_result insn_decode(const uint8_t *bytes, size_t n, unsigned int bits, struct insn *out);

/* The segment of the memory operand, and of stack operations: default or override. */
enum insn_segment insn_memory_segment(const struct insn *in);

/*
 * Offset of the memory operand in its segment, cut to the address size. gpr: the sixteen registers in
 * the encoding's order; next_ip: the address behind the instruction.
 */
uint64_t insn_memory_offset(const struct insn *in, const uint64_t gpr[16], uint64_t next_ip);

#endif
