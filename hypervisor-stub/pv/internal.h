/* SPDX-License-Identifier: MIT */
/*
 * What the files of pv/ say to each other and to nobody else.
 *
 * Everything is about the vCPU that runs on this pCPU unless a vCPU is named. No locks (pv.h).
 */
#ifndef PV_INTERNAL_H
#define PV_INTERNAL_H

#include "abi/shared.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "pv/pv.h"

#define GUEST_GDT_ENTRIES 7168 /* 14 pages; the 15th is ours */
#define GUEST_LDT_ENTRIES 8192
#define GATE_COUNT	  256

/* callbacks.c: a new vCPU's trap table, empty and not its own yet; and its end. */
void gates_init(struct vcpu *v);
void gates_free(struct vcpu *v);

#define CALL_GATE_PARAMS_MAX 31

/* Bits of a page fault's error code. */
#define PF_PRESENT 1u /* a protection fault, else: not present */
#define PF_WRITE   2u
#define PF_USER	   4u
#define PF_RSVD	   8u
#define PF_FETCH   16u

/* Bits of a selector error code. */
#define EC_EXT 1u /* no instruction of the guest caused it */
#define EC_IDT 2u /* it names a gate of the IDT */

#define SEL_RPL 3u
#define SEL_LDT 4u /* TI: the selector names the local table */

/* ---- bounce.c ----------------------------------------------------------------------------------- */

/* Is there a handler for this vector? */
bool gate_present(const struct vcpu *v, unsigned int vector);
/* What `int n` raises: no error code, whatever the vector. */
void bounce_soft_interrupt(struct vcpu *v, unsigned int vector);
/* To a registered syscall or sysenter callback. */
void bounce_callback(struct vcpu *v, const struct pv_callback *cb);
/* The failsafe callback, with the selectors that could not all be loaded. */
struct selectors {
	uint16_t ds, es, fs, gs;
};
void bounce_failsafe(struct vcpu *v, const struct selectors *sel);
/* A 32-bit call gate taken by the running code: to cs:ip, with `words` copied from its stack. */
void bounce_call_gate(struct vcpu *v, uint16_t cs, uint32_t ip, uint32_t return_ip,
		      const uint32_t *params, unsigned int words);

/* ---- segments.c --------------------------------------------------------------------------------- */

/* 64-bit guest: change between its kernel and its user half (root and GS base). */
void toggle_mode(struct vcpu *v);
void segments_save(struct vcpu *v);
/* Load selectors and bases of v; false: one could not be loaded, *bad holds what was wanted. */
bool segments_load(struct vcpu *v, struct selectors *wanted);

/* ---- descriptor.c: what a selector means; tables.c: the GDT and LDT ------------------------------ */

struct segment {
	uint64_t base;
	uint64_t limit; /* of offsets, granularity applied */
	unsigned int dpl;
	bool code, conforming;
	bool writable; /* data */
	bool readable; /* code */
	bool big;      /* D/B: 32 bits */
	bool long_mode;
};

/* The descriptor behind a selector, as the processor would read it now. False: there is none. */
bool descriptor_read(struct vcpu *v, uint16_t sel, uint64_t *desc);
/* The same, decoded; false also if it is not a present code or data segment. */
bool segment_read(struct vcpu *v, uint16_t sel, struct segment *seg);

/* Before the first vCPU. -ENOMEM. */
int tables_init(void);
/* Put the guest's tables into this pCPU's window. The caller loads CR3 afterwards. */
void gdt_load(struct vcpu *v);
void ldt_init(struct vcpu *v);
void ldt_load(struct vcpu *v);
/* v gives this pCPU up. */
void ldt_leave(struct vcpu *v);
/* One entry, of at most ldt_ents; false: its page is not there. */
bool ldt_read(struct vcpu *v, unsigned int index, uint64_t *desc);
/* Map the LDT page that holds this byte offset; false: the guest's LDT is not there. */
bool ldt_map_page(struct vcpu *v, unsigned int offset);

/* callgate.c: a #GP that names a call gate. True: emulated, or another trap was bounced. */
bool emulate_call_gate(struct vcpu *v, struct cpu_user_regs *regs);

/* ---- guestmem.c: a guest's code and data, as its own instructions would reach them ---------------- */

/* Linear address of the instruction at cs:rip; false: cs is no code segment any more. */
bool guest_code_address(struct vcpu *v, const struct cpu_user_regs *regs, uint64_t *va);
/* Bytes of code there. Returns the number of bytes NOT read. */
size_t guest_fetch(struct vcpu *v, const struct cpu_user_regs *regs, void *to, size_t bytes);
/* May code of this privilege access these bytes? For ring 3, since copies have a kernel's rights. */
bool guest_may_access(const struct vcpu *v, const struct cpu_user_regs *regs, uint64_t va,
		      size_t bytes, bool write, uint64_t *bad);
/* Rights of the live tables at va, as PTE bits: P, RW, US if all levels give them, NX if any has it. */
uint64_t guest_rights(const struct vcpu *v, uint64_t va);
/* Protection fault: do the tables allow the access by now? Then the TLB was old: flushed, true. */
bool spurious_fault(const struct vcpu *v, const struct cpu_user_regs *regs, uint64_t va,
		    uint32_t error_code);

/* ---- debugreg.c, fpu.c -------------------------------------------------------------------------- */

void debugregs_save(struct vcpu *v);
void debugregs_load(struct vcpu *v);
/* #DB: what the processor says in DR6, into the guest's. */
void debugregs_note_trap(struct vcpu *v);
/* False: there is no such register. */
bool debugreg_get(const struct vcpu *v, int reg, uint64_t *value);
void fpu_leave(struct vcpu *v);
void fpu_enter(struct vcpu *v);
/* #NM: true if the guest must see it, false if its state is loaded now and it may go on. */
bool fpu_device_not_available(struct vcpu *v);
void fpu_set_ts(struct vcpu *v, bool ts);

/* ---- emulation ---------------------------------------------------------------------------------- */

/* #UD: the forced-emulation prefix. True: done, or another trap was bounced. */
bool emulate_forced(struct vcpu *v, struct cpu_user_regs *regs);
/* #GP(0): an instruction that only ring 0 may execute. True: done, or another trap was bounced. */
bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs);
/*
 * #PF of a kernel store on a present page: into a page table, or into device memory that the domain may
 * only read. True: done in its place; false: the guest gets its page fault.
 */
bool emulate_store(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2);

/* ---- iret.c ------------------------------------------------------------------------------------- */

/* The virtual IOPL as a frame shows it (architectural_iopl only), in EFLAGS' place. */
static inline uint64_t frame_iopl(const struct vcpu *v)
{
	return v->domain->vm_assist >> VMASST_TYPE_architectural_iopl & 1
		       ? (uint64_t)v->pv.iopl << 12
		       : 0;
}

#endif
