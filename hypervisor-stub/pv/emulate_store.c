/* SPDX-License-Identifier: MIT */
/*
 * Stores into pages that a guest kernel may not write, executed in its place.
 *
 * Two kinds of page: live page tables, whose entries mm/ validates (pt_write), and device memory that the
 * domain may only read, where the store is forgotten. Any integer instruction that writes memory is done
 * with all its side effects; MMX, SSE and x87 stores are not, nor what crosses an entry: those stay the
 * guest's page fault.
 *
 * The order: read, compute, store (by compare-and-swap if the instruction is locked), and only if the
 * store was accepted do registers and flags change. If another vCPU was faster, nothing has happened and
 * the instruction is executed again.
 */
#include "console/console.h"
#include "lib/string.h"
#include "mm/pte.h"
#include "pv/alu.h"
#include "pv/emulate.h"

/* One instruction's effect, computed before anything happens. */
struct store {
	uint64_t va; /* linear address of the memory operand */
	unsigned int bytes;
	uint64_t old, value;
	bool conditional; /* atomic: only if the old value is still there */
	bool skip;	  /* a compare failed: registers change, memory does not */

	uint64_t flags;
	struct {
		uint8_t reg, bytes;
		uint64_t value;
	} set[3];
	unsigned int sets;
	bool jump; /* to a new rip, instead of the next instruction */
	uint64_t target;
	bool again; /* a string instruction has more to do */
};

static void set_reg(struct store *s, unsigned int reg, unsigned int bytes, uint64_t value)
{
	s->set[s->sets].reg = reg;
	s->set[s->sets].bytes = bytes;
	s->set[s->sets].value = value;
	s->sets++;
}

static unsigned int address_bytes(const struct emulation *e)
{
	return e->bits == 64 ? 8 : e->bits == 32 ? 4 : 2;
}

/* Opcodes come in pairs: the even one works on bytes. */
static unsigned int pair_bytes(const struct emulation *e)
{
	return e->in.opcode & 1 ? e->in.operand_bytes : 1;
}

static bool at_memory(struct emulation *e, struct store *s, unsigned int bytes)
{
	if (!e->in.has_memory)
		return false;
	s->va = emulation_memory(e);
	s->bytes = bytes;
	return true;
}

/* Read what is there now. With LOCK the store will happen only if it still is. */
static bool old_value(struct emulation *e, struct store *s)
{
	s->conditional = e->in.lock;
	s->old = 0;
	return s->bytes <= sizeof(s->old) && !copy_from_guest(&s->old, _gptr(s->va), s->bytes);
}

static bool modify_at_memory(struct emulation *e, struct store *s, unsigned int bytes)
{
	return at_memory(e, s, bytes) && old_value(e, s);
}

/* ---- the instructions --------------------------------------------------------------------------- */

static bool plain_store(struct emulation *e, struct store *s, unsigned int bytes, uint64_t value)
{
	s->value = value;
	return at_memory(e, s, bytes);
}

static bool binary(struct emulation *e, struct store *s, enum alu_op op, unsigned int bytes,
		   uint64_t src)
{
	if (op == ALU_CMP || !modify_at_memory(e, s, bytes))
		return false;
	s->value = alu_binary(op, bytes, s->old, src, &s->flags);
	return true;
}

static bool unary(struct emulation *e, struct store *s, enum unary_op op)
{
	if (!modify_at_memory(e, s, pair_bytes(e)))
		return false;
	s->value = alu_unary(op, s->bytes, s->old, &s->flags);
	return true;
}

static bool shift(struct emulation *e, struct store *s, uint8_t count)
{
	if (!modify_at_memory(e, s, pair_bytes(e)))
		return false;
	s->value = alu_shift(e->in.reg, s->bytes, s->old, count, &s->flags);
	return true;
}

static bool double_shift(struct emulation *e, struct store *s, bool right, uint8_t count)
{
	unsigned int bytes = e->in.operand_bytes;

	if (!modify_at_memory(e, s, bytes))
		return false;
	s->value = alu_double_shift(right, bytes, s->old, emulation_reg(e, e->in.reg, bytes), count,
				    &s->flags);
	return true;
}

/* op: 1 set, 2 reset, 3 complement. A register's bit number may reach beyond the operand. */
static bool bit_op(struct emulation *e, struct store *s, unsigned int op, bool immediate)
{
	unsigned int bytes = e->in.operand_bytes, bits = 8 * bytes;
	uint64_t n = immediate ? e->in.immediate : emulation_reg(e, e->in.reg, bytes), mask;

	if (!at_memory(e, s, bytes))
		return false;
	if (!immediate) {
		int64_t word = (int64_t)(n << (64 - bits)) >> (64 - bits);

		s->va += (word >> __builtin_ctz(bits)) * bytes;
		if (e->bits != 64)
			s->va = (uint32_t)s->va;
	}
	if (!old_value(e, s))
		return false;
	mask = 1UL << (n & (bits - 1));
	s->flags = (s->flags & ~ALU_FLAG_CF) | (s->old & mask ? ALU_FLAG_CF : 0);
	s->value = op == 1 ? s->old | mask : op == 2 ? s->old & ~mask : s->old ^ mask;
	return true;
}

static bool exchange(struct emulation *e, struct store *s)
{
	if (!modify_at_memory(e, s, pair_bytes(e)))
		return false;
	s->conditional = true; /* XCHG is locked without saying so */
	s->value = emulation_reg(e, e->in.reg, s->bytes);
	set_reg(s, e->in.reg, s->bytes, s->old);
	return true;
}

static bool exchange_add(struct emulation *e, struct store *s)
{
	if (!modify_at_memory(e, s, pair_bytes(e)))
		return false;
	s->value = alu_binary(ALU_ADD, s->bytes, s->old, emulation_reg(e, e->in.reg, s->bytes),
			      &s->flags);
	set_reg(s, e->in.reg, s->bytes, s->old);
	return true;
}

static bool compare_exchange(struct emulation *e, struct store *s)
{
	uint64_t expected;

	if (!modify_at_memory(e, s, pair_bytes(e)))
		return false;
	s->conditional = true;
	expected = emulation_reg(e, REG_AX, s->bytes);
	alu_binary(ALU_CMP, s->bytes, expected, s->old, &s->flags);
	s->value = emulation_reg(e, e->in.reg, s->bytes);
	if (expected != s->old) {
		s->skip = true;
		set_reg(s, REG_AX, s->bytes, s->old);
	}
	return true;
}

static bool compare_exchange_8b(struct emulation *e, struct store *s)
{
	uint64_t expected = (uint32_t)e->gpr[REG_AX] | e->gpr[REG_DX] << 32;

	if ((e->in.reg & 7) != 1 || e->in.rex_w || !modify_at_memory(e, s, 8))
		return false;
	s->conditional = true;
	s->value = (uint32_t)e->gpr[REG_BX] | e->gpr[REG_CX] << 32;
	s->flags |= ALU_FLAG_ZF;
	if (expected != s->old) {
		s->flags &= ~ALU_FLAG_ZF;
		s->skip = true;
		set_reg(s, REG_AX, 4, s->old);
		set_reg(s, REG_DX, 4, s->old >> 32);
	}
	return true;
}

/* ---- strings and the stack ----------------------------------------------------------------------- */

/* One element of STOS or MOVS; with REP the instruction comes back for the next. */
static bool string_store(struct emulation *e, struct store *s, bool movs)
{
	unsigned int a = e->in.address_bytes, bytes = pair_bytes(e);
	uint64_t step = e->regs->rflags & EFLAGS_DF ? -(uint64_t)bytes : bytes;
	uint64_t di = emulation_reg(e, REG_DI, a), si = emulation_reg(e, REG_SI, a);
	uint64_t count = emulation_reg(e, REG_CX, a);

	s->va = emulation_linear(e, SEG_ES, di);
	s->bytes = bytes;
	s->value = emulation_reg(e, REG_AX, bytes);
	if (movs) {
		uint64_t from = emulation_linear(e, insn_memory_segment(&e->in), si);

		s->value = 0;
		if (copy_from_guest(&s->value, _gptr(from), bytes))
			return false;
		set_reg(s, REG_SI, a, si + step);
	}
	set_reg(s, REG_DI, a, di + step);
	if (e->in.rep || e->in.repne) {
		if (!count)
			return false;
		set_reg(s, REG_CX, a, count - 1);
		s->again = count > 1;
	}
	return true;
}

/* 64-bit code pushes 8 bytes unless a prefix makes it 2. */
static unsigned int push_bytes(const struct emulation *e)
{
	return e->bits == 64 ? (e->in.operand_prefix ? 2 : 8) : e->in.operand_bytes;
}

static bool push(struct emulation *e, struct store *s, uint64_t value, unsigned int bytes)
{
	uint64_t sp = e->gpr[REG_SP] - bytes;

	if (e->bits != 64)
		sp = (uint32_t)sp;
	s->va = emulation_linear(e, SEG_SS, sp);
	s->bytes = bytes;
	s->value = value;
	set_reg(s, REG_SP, address_bytes(e), sp);
	return true;
}

static bool call(struct emulation *e, struct store *s, uint64_t target)
{
	s->jump = true;
	s->target = e->bits == 64 ? target : (uint32_t)target;
	return push(e, s, e->regs->rip + e->in.length, address_bytes(e));
}

/* The memory operand as a source, for PUSH and CALL. */
static bool source(struct emulation *e, uint64_t *value, unsigned int bytes)
{
	*value = 0;
	if (!e->in.has_memory) {
		*value = emulation_reg(e, e->in.rm, bytes);
		return true;
	}
	return !copy_from_guest(value, _gptr(emulation_memory(e)), bytes);
}

static bool pop_to_memory(struct emulation *e, struct store *s)
{
	unsigned int bytes = push_bytes(e);
	uint64_t sp = e->gpr[REG_SP];

	s->value = 0;
	if (copy_from_guest(&s->value, _gptr(emulation_linear(e, SEG_SS, sp)), bytes))
		return false;
	sp += bytes;
	e->gpr[REG_SP] =
		e->bits == 64 ? sp : (uint32_t)sp; /* the operand is computed after the pop */
	set_reg(s, REG_SP, address_bytes(e), e->gpr[REG_SP]);
	return at_memory(e, s, bytes);
}

/* ---- which instruction is it? ------------------------------------------------------------------- */

static bool group_f(struct emulation *e, struct store *s)
{
	uint64_t value;

	switch (e->in.reg & 7) {
	case 0:
		return unary(e, s, UNARY_INC);
	case 1:
		return unary(e, s, UNARY_DEC);
	case 2: /* CALL */
		return e->in.opcode == 0xff && source(e, &value, address_bytes(e)) &&
		       call(e, s, value);
	case 6: /* PUSH */
		return e->in.opcode == 0xff && source(e, &value, push_bytes(e)) &&
		       push(e, s, value, push_bytes(e));
	default:
		return false;
	}
}

static bool one_byte(struct emulation *e, struct store *s)
{
	const struct insn *in = &e->in;
	unsigned int bytes = pair_bytes(e);

	switch (in->opcode) {
	case 0x00 ... 0x3f: /* add or adc sbb and sub xor, to memory */
		if ((in->opcode & 7) > 1)
			return false;
		return binary(e, s, in->opcode >> 3, bytes, emulation_reg(e, in->reg, bytes));
	case 0x50 ... 0x57:
		return push(e, s, emulation_reg(e, in->low_reg, push_bytes(e)), push_bytes(e));
	case 0x68:
	case 0x6a:
		return push(e, s, in->immediate, push_bytes(e));
	case 0x80 ... 0x83:
		return binary(e, s, in->reg & 7, bytes, in->immediate);
	case 0x86:
	case 0x87:
		return exchange(e, s);
	case 0x88:
	case 0x89:
		return plain_store(e, s, bytes, emulation_reg(e, in->reg, bytes));
	case 0x8f:
		return pop_to_memory(e, s);
	case 0x9c: /* PUSHF: the frame's flags are what the guest would see, but for RF */
		return push(e, s, s->flags & ~EFLAGS_RF, push_bytes(e));
	case 0xa2:
	case 0xa3:
		return plain_store(e, s, bytes, emulation_reg(e, REG_AX, bytes));
	case 0xa4:
	case 0xa5:
		return string_store(e, s, true);
	case 0xaa:
	case 0xab:
		return string_store(e, s, false);
	case 0xc0:
	case 0xc1:
		return shift(e, s, in->immediate);
	case 0xc6:
	case 0xc7:
		return !(in->reg & 7) && plain_store(e, s, bytes, in->immediate);
	case 0xd0:
	case 0xd1:
		return shift(e, s, 1);
	case 0xd2:
	case 0xd3:
		return shift(e, s, e->gpr[REG_CX]);
	case 0xe8:
		return call(e, s, e->regs->rip + in->length + in->immediate);
	case 0xf6:
	case 0xf7:
		if ((in->reg & 7) != 2 && (in->reg & 7) != 3)
			return false;
		return unary(e, s, (in->reg & 7) == 2 ? UNARY_NOT : UNARY_NEG);
	case 0xfe:
	case 0xff:
		return group_f(e, s);
	default:
		return false;
	}
}

static bool two_byte(struct emulation *e, struct store *s)
{
	const struct insn *in = &e->in;

	switch (in->opcode) {
	case 0x90 ... 0x9f: /* SETcc */
		return plain_store(e, s, 1, alu_condition(in->opcode, s->flags));
	case 0xa4:
	case 0xac:
		return double_shift(e, s, in->opcode == 0xac, in->immediate);
	case 0xa5:
	case 0xad:
		return double_shift(e, s, in->opcode == 0xad, e->gpr[REG_CX]);
	case 0xab:
	case 0xb3:
	case 0xbb: /* BTS BTR BTC: bits 3-4 of the opcode are 1, 2, 3 */
		return bit_op(e, s, in->opcode >> 3 & 3, false);
	case 0xba:
		return (in->reg & 7) > 4 && bit_op(e, s, in->reg & 3, true);
	case 0xb0:
	case 0xb1:
		return compare_exchange(e, s);
	case 0xc0:
	case 0xc1:
		return exchange_add(e, s);
	case 0xc3: /* MOVNTI */
		return plain_store(e, s, in->operand_bytes,
				   emulation_reg(e, in->reg, in->operand_bytes));
	case 0xc7:
		return compare_exchange_8b(e, s);
	default:
		return false;
	}
}

/* MOVBE to memory: the bytes in the other order. */
static bool store_swapped(struct emulation *e, struct store *s)
{
	unsigned int bytes = e->in.operand_bytes;
	uint64_t value = emulation_reg(e, e->in.reg, bytes);

	return !e->in.repne &&
	       plain_store(e, s, bytes, __builtin_bswap64(value) >> (64 - 8 * bytes));
}

static bool compute(struct emulation *e, struct store *s)
{
	memset(s, 0, sizeof(*s));
	s->flags = e->regs->rflags;
	if (e->in.map == MAP_ONE)
		return one_byte(e, s);
	if (e->in.map == MAP_0F)
		return two_byte(e, s);
	return e->in.map == MAP_0F38 && e->in.opcode == 0xf1 && store_swapped(e, s);
}

/* ---- doing it ----------------------------------------------------------------------------------- */

static void commit(struct emulation *e, const struct store *s)
{
	for (unsigned int i = 0; i < s->sets; i++)
		emulation_set_reg(e, s->set[i].reg, s->set[i].bytes, s->set[i].value);
	e->regs->rflags = s->flags;
	if (s->jump)
		e->regs->rip = s->target - e->in.length; /* emulation_end() adds it */
	if (!s->again)
		emulation_end(e);
}

/* 0, -EAGAIN or -ERESTART: execute again; else refused. */
static int store_to_table(struct vcpu *v, const struct store *s)
{
	if (s->skip)
		return 0;
	if (s->conditional)
		return pt_cmpxchg(v, s->va, s->old, s->value, s->bytes);
	return pt_write(v, s->va, s->value, s->bytes);
}

static bool read_only_device(const struct vcpu *v, uint64_t va)
{
	uint64_t pte;

	if (!v->domain->privileged)
		return false;
	pte = guest_pte(v, va);
	return pte && !(pte & PTE_RW) && !mfn_valid(pte_mfn(pte));
}

bool emulate_store(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2)
{
	bool table = pt_write_wanted(v, cr2);
	struct emulation e;
	struct store s;
	int rc = 0;

	if (!table && !read_only_device(v, cr2))
		return false;
	if (!emulation_begin(&e, v, regs) || !compute(&e, &s))
		return false;
	/* The fault must be the one store that we know of, inside one entry. */
	if (cr2 < s.va || cr2 >= s.va + s.bytes || s.va % 8 + s.bytes > 8)
		return false;
	if (table) {
		v->call_name = "page-table store";
		v->call_index = CALL_NO_INDEX;
		rc = store_to_table(v, &s);
	}
	if (!rc)
		commit(&e, &s);
	return !rc || rc == -EAGAIN || rc == -ERESTART;
}
