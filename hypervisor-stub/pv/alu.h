/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic as the processor does it, flags included: each operation is executed by the processor
 * itself on a copy of the operand, with the guest's arithmetic flags loaded around it.
 */
#ifndef PV_ALU_H
#define PV_ALU_H

#include <stdbool.h>
#include <stdint.h>

/* By the number that the opcodes use (bits 3-5 of the opcode, or the reg field of group 1). */
enum alu_op { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

/* dst op src, operands of 1, 2, 4 or 8 bytes. *flags: EFLAGS before and after. */
uint64_t alu_binary(enum alu_op op, unsigned int bytes, uint64_t dst, uint64_t src,
		    uint64_t *flags);

enum unary_op { UNARY_INC, UNARY_DEC, UNARY_NOT, UNARY_NEG };
uint64_t alu_unary(enum unary_op op, unsigned int bytes, uint64_t dst, uint64_t *flags);

/* Group 2, by its reg field: rol ror rcl rcr shl shr shl sar. */
uint64_t alu_shift(unsigned int op, unsigned int bytes, uint64_t dst, uint8_t count,
		   uint64_t *flags);
/* shld or shrd; bytes 2, 4 or 8. */
uint64_t alu_double_shift(bool right, unsigned int bytes, uint64_t dst, uint64_t src, uint8_t count,
			  uint64_t *flags);

/* Is condition cc (low four bits of Jcc, SETcc) true under these flags? */
bool alu_condition(unsigned int cc, uint64_t flags);

#define ALU_FLAG_CF (1UL << 0)
#define ALU_FLAG_PF (1UL << 2)
#define ALU_FLAG_AF (1UL << 4)
#define ALU_FLAG_ZF (1UL << 6)
#define ALU_FLAG_SF (1UL << 7)
#define ALU_FLAG_OF (1UL << 11)
#define ALU_FLAGS \
	(ALU_FLAG_CF | ALU_FLAG_PF | ALU_FLAG_AF | ALU_FLAG_ZF | ALU_FLAG_SF | ALU_FLAG_OF)

#endif
