/* SPDX-License-Identifier: MIT */
/*
 * The decoder: two tables, one letter an opcode, and the rules for prefixes, ModRM and SIB.
 *
 * A letter says what follows the opcode byte:
 *
 *	.  nothing			m  ModRM
 *	b  imm8				B  ModRM, imm8
 *	z  imm16 or imm32		Z  ModRM, imm16 or imm32
 *	v  imm16, imm32 or imm64	R  ModRM that always names registers
 *	w  imm16			g  ModRM, imm8 if /0 or /1 (TEST)
 *	e  imm16, imm8 (ENTER)		G  ModRM, imm16 or imm32 if /0 or /1
 *	j  rel16 or rel32		S  ModRM, with 66 or F2 two imm8 (EXTRQ, INSERTQ)
 *	o  moffs			P  ModRM, /0 only (POP; else XOP)
 *	p  prefix
 *	r  REX prefix in 64-bit code, else nothing
 *	2 3 A  escapes to 0F, 0F 38, 0F 3A
 *	x i X F I  as . b m far-pointer B, but not in 64-bit code (X: with ModRM naming a register it is
 *	   VEX or EVEX)
 *	-  undefined
 *
 * Trusts nothing: any bytes may come in, and no more than `n` are looked at.
 */
#include "pv/decode.h"

/* clang-format off */
static const char one_byte[] =
/*	 0123456789abcdef */
/* 0 */	"mmmmbzxxmmmmbzx2"
/* 1 */	"mmmmbzxxmmmmbzxx"
/* 2 */	"mmmmbzpxmmmmbzpx"
/* 3 */	"mmmmbzpxmmmmbzpx"
/* 4 */	"rrrrrrrrrrrrrrrr"
/* 5 */	"................"
/* 6 */	"xxXmppppzZbB...."
/* 7 */	"bbbbbbbbbbbbbbbb"
/* 8 */	"BZIBmmmmmmmmmmmP"
/* 9 */	"..........F....."
/* a */	"oooo....bz......"
/* b */	"bbbbbbbbvvvvvvvv"
/* c */	"BBw.XXBZe.w..bx."
/* d */	"mmmmiix.mmmmmmmm"
/* e */	"bbbbbbbbjjFb...."
/* f */	"p.pp..gG......mm";

static const char two_byte[] =
/*	 0123456789abcdef */
/* 0 */	"mmmm-.....-.-m.B"
/* 1 */	"mmmmmmmmmmmmmmmm"
/* 2 */	"RRRRR-R-mmmmmmmm"
/* 3 */	"......-.3-A-----"
/* 4 */	"mmmmmmmmmmmmmmmm"
/* 5 */	"mmmmmmmmmmmmmmmm"
/* 6 */	"mmmmmmmmmmmmmmmm"
/* 7 */	"BBBBmmm.Sm--mmmm"
/* 8 */	"jjjjjjjjjjjjjjjj"
/* 9 */	"mmmmmmmmmmmmmmmm"
/* a */	"...mBm--...mBmmm"
/* b */	"mmmmmmmmmmBmmmmm"
/* c */	"mmBmBBBm........"
/* d */	"mmmmmmmmmmmmmmmm"
/* e */	"mmmmmmmmmmmmmmmm"
/* f */	"mmmmmmmmmmmmmmmm";
/* clang-format on */

_Static_assert(sizeof(one_byte) == 257 && sizeof(two_byte) == 257, "a letter an opcode");

struct cursor {
	const uint8_t *bytes;
	size_t n, at;
	bool ended;
};

static uint64_t take(struct cursor *c, unsigned int bytes)
{
	uint64_t v = 0;

	if (c->n - c->at < bytes) {
		c->ended = true;
		return 0;
	}
	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)c->bytes[c->at++] << 8 * i;
	return v;
}

static int64_t take_signed(struct cursor *c, unsigned int bytes)
{
	unsigned int unused = 64 - 8 * bytes;

	return (int64_t)(take(c, bytes) << unused) >> unused;
}

struct prefixes {
	bool operand, address;
	uint8_t rex; /* 0: none */
};

/* One legacy prefix; false if the byte is none. */
static bool take_prefix(uint8_t byte, struct insn *in, struct prefixes *p)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		in->segment = SEG_ES + (byte >> 3 & 3);
		return true;
	case 0x64:
	case 0x65:
		in->segment = SEG_FS + (byte & 1);
		return true;
	case 0x66:
		p->operand = true;
		return true;
	case 0x67:
		p->address = true;
		return true;
	case 0xf0:
		in->lock = true;
		return true;
	case 0xf2:
		in->repne = true;
		in->rep = false;
		return true;
	case 0xf3:
		in->rep = true;
		in->repne = false;
		return true;
	default:
		return false;
	}
}

static void set_sizes(struct insn *in, const struct prefixes *p, unsigned int bits)
{
	in->operand_prefix = p->operand;
	in->rex = p->rex;
	in->rex_w = p->rex >> 3 & 1;
	if (bits == 16) {
		in->operand_bytes = p->operand ? 4 : 2;
		in->address_bytes = p->address ? 4 : 2;
	} else {
		in->operand_bytes = in->rex_w ? 8 : p->operand ? 2 : 4;
		in->address_bytes = (bits == 64 ? 8 : 4) >> p->address;
	}
}

/* 16-bit addressing has eight fixed combinations of registers. */
static void take_memory16(struct cursor *c, struct insn *in)
{
	static const uint8_t bases[8] = { REG_BX, REG_BX, REG_BP, REG_BP,
					  REG_SI, REG_DI, REG_BP, REG_BX };
	static const uint8_t indexes[8] = { REG_SI, REG_DI, REG_SI, REG_DI,
					    NO_REG, NO_REG, NO_REG, NO_REG };

	in->base = bases[in->rm];
	in->index = indexes[in->rm];
	if (in->mod == 0 && in->rm == 6) {
		in->base = NO_REG;
		in->displacement = take_signed(c, 2);
	} else if (in->mod) {
		in->displacement = take_signed(c, in->mod);
	}
}

static void take_sib(struct cursor *c, struct insn *in, uint8_t rex)
{
	uint8_t sib = take(c, 1);

	in->scale = sib >> 6;
	in->index = (sib >> 3 & 7) | (rex >> 1 & 1) << 3;
	if (in->index == REG_SP)
		in->index = NO_REG;
	in->base = (sib & 7) | (rex & 1) << 3;
	if ((sib & 7) == REG_BP && in->mod == 0) {
		in->base = NO_REG;
		in->displacement = take_signed(c, 4);
	}
}

static void take_memory(struct cursor *c, struct insn *in, unsigned int bits, uint8_t rex)
{
	uint8_t low = in->rm & 7;

	in->base = in->rm;
	if (low == REG_SP) {
		take_sib(c, in, rex);
	} else if (low == REG_BP && in->mod == 0) {
		in->base = NO_REG;
		in->rip_relative = bits == 64;
		in->displacement = take_signed(c, 4);
	}
	if (in->mod == 1)
		in->displacement = take_signed(c, 1);
	else if (in->mod == 2)
		in->displacement = take_signed(c, 4);
}

static void take_modrm(struct cursor *c, struct insn *in, unsigned int bits, uint8_t rex,
		       bool registers)
{
	uint8_t modrm = take(c, 1);

	in->has_modrm = true;
	in->mod = registers ? 3 : modrm >> 6;
	in->reg = (modrm >> 3 & 7) | (rex >> 2 & 1) << 3;
	in->rm = (modrm & 7) | (rex & 1) << 3;
	if (in->mod == 3)
		return;
	in->has_memory = true;
	if (in->address_bytes == 2)
		take_memory16(c, in);
	else
		take_memory(c, in, bits, rex);
}

static unsigned int z_bytes(const struct insn *in)
{
	return in->operand_bytes == 2 ? 2 : 4;
}

/* What follows ModRM, by the letter. */
static void take_immediate(struct cursor *c, struct insn *in, char form, unsigned int bits)
{
	switch (form) {
	case 'b':
	case 'B':
	case 'i':
	case 'I':
		in->immediate = take_signed(c, 1);
		break;
	case 'z':
	case 'Z':
		in->immediate = take_signed(c, z_bytes(in));
		break;
	case 'j': /* in 64-bit code always 32 bits (Intel; AMD lets 66 shorten it) */
		in->immediate = take_signed(c, bits == 64 ? 4 : z_bytes(in));
		break;
	case 'v':
		in->immediate = take_signed(c, in->operand_bytes);
		break;
	case 'w':
		in->immediate = take(c, 2);
		break;
	case 'e':
		in->immediate = take(c, 2);
		in->selector = take(c, 1);
		break;
	case 'F':
		in->immediate = take(c, z_bytes(in));
		in->selector = take(c, 2);
		break;
	case 'S':
		if (in->operand_prefix || in->repne)
			in->immediate = take(c, 2);
		break;
	case 'o':
		in->has_memory = true;
		in->displacement = take(c, in->address_bytes);
		break;
	case 'g':
	case 'G':
		if ((in->reg & 7) <= 1)
			in->immediate = take_signed(c, form == 'g' ? 1 : z_bytes(in));
		break;
	}
}

static bool only_below_64(char form)
{
	return form == 'x' || form == 'i' || form == 'X' || form == 'F' || form == 'I';
}

static bool with_modrm(char form)
{
	return form == 'm' || form == 'B' || form == 'Z' || form == 'g' || form == 'G' ||
	       form == 'P' || form == 'X' || form == 'I' || form == 'R' || form == 'S';
}

/* Prefixes and opcode bytes; returns the letter of the opcode. */
static char take_opcode(struct cursor *c, struct insn *in, struct prefixes *p, unsigned int bits)
{
	char form;

	for (;;) {
		in->opcode = take(c, 1);
		form = one_byte[in->opcode];
		if (c->ended)
			return '-';
		if (form == 'r' && bits == 64) {
			p->rex = in->opcode; /* counts only right before the opcode */
			continue;
		}
		if (form != 'p' || !take_prefix(in->opcode, in, p))
			break;
		p->rex = 0;
	}
	in->map = MAP_ONE;
	if (form == '2') {
		in->map = MAP_0F;
		in->opcode = take(c, 1);
		form = two_byte[in->opcode];
	}
	if (form == '3' || form == 'A') {
		in->map = form == '3' ? MAP_0F38 : MAP_0F3A;
		in->opcode = take(c, 1);
		form = form == '3' ? 'm' : 'B';
	}
	return form;
}

enum insn_result insn_decode(const uint8_t *bytes, size_t n, unsigned int bits, struct insn *out)
{
	struct cursor c = { bytes, n < INSN_MAX_BYTES ? n : INSN_MAX_BYTES, 0, false };
	struct prefixes p = { false, false, 0 };
	struct insn in = { .segment = SEG_DEFAULT, .base = NO_REG, .index = NO_REG };
	char form = take_opcode(&c, &in, &p, bits);

	if (!c.ended) {
		if (form == '-' || (bits == 64 && only_below_64(form)))
			return INSN_UNKNOWN;
		set_sizes(&in, &p, bits);
		if (with_modrm(form))
			take_modrm(&c, &in, bits, p.rex, form == 'R');
		take_immediate(&c, &in, form, bits);
	}
	if (c.ended)
		return n < INSN_MAX_BYTES ? INSN_SHORT : INSN_UNKNOWN;
	if ((form == 'X' && in.mod == 3) || (form == 'P' && (in.reg & 7)))
		return INSN_UNKNOWN;
	in.low_reg = (in.opcode & 7) | (p.rex & 1) << 3;
	in.length = c.at;
	*out = in;
	return INSN_OK;
}

enum insn_segment insn_memory_segment(const struct insn *in)
{
	if (in->segment != SEG_DEFAULT)
		return in->segment;
	return in->base == REG_SP || in->base == REG_BP ? SEG_SS : SEG_DS;
}

uint64_t insn_memory_offset(const struct insn *in, const uint64_t gpr[16], uint64_t next_ip)
{
	uint64_t at = in->displacement;

	if (in->base != NO_REG)
		at += gpr[in->base];
	if (in->index != NO_REG)
		at += gpr[in->index] << in->scale;
	if (in->rip_relative)
		at += next_ip;
	switch (in->address_bytes) {
	case 2:
		return (uint16_t)at;
	case 4:
		return (uint32_t)at;
	default:
		return at;
	}
}
