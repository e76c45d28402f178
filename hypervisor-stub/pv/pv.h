/* SPDX-License-Identifier: MIT */
/*
 * The guest's CPU: what a paravirtual guest sees instead of rings, an IDT, descriptor tables and
 * privileged instructions.
 *
 * Owns: trap tables, callbacks, the guest's GDT and LDT, its debug registers, FPU state, IOPL.
 * Everything here belongs to one vCPU and is touched only on the pCPU that runs it, or while it
 * does not run; so there are no locks.
 */
#ifndef PV_PV_H
#define PV_PV_H

#include "mm/addr.h"
#include <xen/callback.h>
#include <xen/foreign/x86_32.h>

/* A 32-bit guest's flat segments: the 64-bit form of the headers names only those of ring 1. */
#define FLAT_COMPAT_KERNEL_CS FLAT_KERNEL_CS_X86_32
#define FLAT_COMPAT_KERNEL_DS FLAT_KERNEL_DS_X86_32
#define FLAT_COMPAT_KERNEL_SS FLAT_KERNEL_SS_X86_32
#define FLAT_COMPAT_USER_CS   0xe02b /* GDT index 261: FLAT_RING3_CS of xen-x86_32.h */
#define FLAT_COMPAT_USER_SS   0xe033 /* GDT index 262: FLAT_RING3_SS of xen-x86_32.h */

/* What every guest reads in CR0 and CR4 (cpu/asm.h names the bits); of CR4 it may set two itself. */
#define GUEST_CR0	   (CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE)
#define GUEST_CR4	   (CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)
#define GUEST_CR4_SETTABLE (CR4_DE | CR4_TSD)

struct vcpu;
struct domain;

/* Where a trap goes: an entry of the guest's table, widened to 64 bits. */
struct pv_gate {
	uint64_t address;
	uint16_t cs; /* 0: no handler */
	uint8_t dpl;
	bool mask; /* TI_GET_IF: mask upcalls at the handler */
};

struct pv_callback {
	uint64_t address;
	uint16_t cs;
	bool mask;
	bool set;
};

struct pv_vcpu {
	/* traps */
	struct pv_gate
		*gates; /* 256; one table for all who have set none, so only callbacks.c writes */
	struct pv_callback event, failsafe, syscall, syscall32, sysenter;
	bool nmi_pending, nmi_masked;

	/* the guest's mode and kernel stack (stack_switch) */
	bool kernel_mode; /* 64-bit: which root and GS base are live; a 32-bit guest's is in cs */
	uint64_t kernel_sp;
	uint16_t kernel_ss;

	/* segments: 64-bit bases; selectors are in regs while it does not run */
	uint64_t fs_base, gs_base_user, gs_base_kernel;

	/* descriptor tables: typed FT_DESC frames */
	mfn_t gdt_frames[14];
	uint16_t gdt_ents;
	uint64_t ldt_base;
	uint16_t ldt_ents;
	/* ldt_lock: a sibling that unmaps a page takes it out of the window of the pCPU that runs this one. */
	struct spinlock ldt_lock;
	struct pcpu *ldt_cpu; /* whose window shows them; NULL: none */
	uint16_t ldt_mapped;  /* bitmap of the LDT's pages that were looked up ... */
	mfn_t ldt_frames[16]; /* ... and their frames, typed */

	/* control and debug registers as the guest sees them */
	uint64_t cr4;	   /* DE and TSD, the bits that a guest may set */
	bool ts;	   /* guest's CR0.TS */
	uint64_t fault_va; /* last address that failed, for a crash report's walk */
	uint64_t dr[4], dr6, dr7;
	uint8_t iopl;	 /* virtual IOPL, PHYSDEVOP_set_iopl */
	gptr_t iobitmap; /* a bit a port, set: denied; read at each use */
	unsigned int iobitmap_ports;

	/* FPU */
	void *fpu;     /* FXSAVE area, 512 bytes, 16-aligned */
	bool fpu_live; /* its state is in the registers now */
};

/* ---- for domain/, sched/ and abi/ ----------------------------------------------------------------- */

/* Allocate and free what a vCPU needs here. -ENOMEM. */
int pv_init_vcpu(struct vcpu *v);
void pv_free_vcpu(struct vcpu *v);

/*
 * Leave and enter a guest's CPU state on this pCPU: segment selectors and bases, descriptor windows,
 * debug registers, FPU, SMEP/SMAP, then the page-table root. The caller copies the other registers:
 * after pv_switch_from(), and before pv_switch_to(), which may push a failsafe frame.
 */
void pv_switch_from(struct vcpu *v);
void pv_switch_to(struct vcpu *v);

/*
 * Write the frame of an event upcall, NMI or trap onto the guest's stack and point the live registers
 * at the handler (bounce.c). A guest without usable stack or handler is crashed.
 */
void bounce_event(struct vcpu *v);
void bounce_nmi(struct vcpu *v);
void bounce_trap(struct vcpu *v, unsigned int vector, uint32_t error_code);
/* With #PF semantics: sets CR2 in vcpu_info first. */
void bounce_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code);

/* Did these registers belong to the guest's kernel? 32-bit: ring 1. 64-bit: see kernel_mode. */
bool pv_in_kernel(const struct vcpu *v, const struct cpu_user_regs *regs);

/* One entry of the trap table, and the callbacks, as VCPUOP_initialise sets them too. -ENOMEM. */
int pv_set_gate(struct vcpu *v, const struct trap_info *ti);
/* What the trap table takes of the heap. */
size_t pv_gates_bytes(const struct vcpu *v);
int pv_set_callback(struct vcpu *v, unsigned int type, uint16_t cs, uint64_t address, bool mask);
void pv_set_kernel_stack(struct vcpu *v, uint64_t ss, uint64_t sp);

/*
 * The guest's own descriptor tables. For a vCPU that runs here, or for one that does not run.
 * pv_set_gdt: `frames` holds one frame for each 512 entries, begun ones included. -EINVAL: too many
 * entries, or a frame that is not the domain's, or is writable, or has a forbidden descriptor.
 */
int pv_set_gdt(struct vcpu *v, const mfn_t *frames, unsigned int entries);
void pv_drop_gdt(struct vcpu *v);
int pv_set_ldt(struct vcpu *v, uint64_t base, unsigned int entries);
void pv_drop_ldt(struct vcpu *v);
/*
 * Let go of the LDT's pages, which are looked up again at their next use: mm/ calls this when the guest
 * unmaps a descriptor page or changes its root. The vCPU runs here, or does not run.
 */
void pv_unmap_ldt(struct vcpu *v);
/*
 * mm/ calls: v's address space changed, so its LDT pages leave the window and give up their frames;
 * base and size stay, and pages map again when they are used.
 */
void pv_unmap_ldt(struct vcpu *v);

/* PHYSDEVOP_set_iopl and PHYSDEVOP_set_iobitmap of the current vCPU. -EINVAL. */
long pv_set_iopl(unsigned int iopl);
long pv_set_iobitmap(gptr_t bitmap, unsigned int ports);

/* A debug register of v, with the rules of the ABI (debugreg.c). -EPERM, -ENODEV. */
long pv_set_debugreg(struct vcpu *v, int reg, uint64_t value);

/* The guest's own FXSAVE image (VCPUOP_initialise), checked so that it can always be loaded. */
void pv_set_fpu(struct vcpu *v, const void *fxsave);

/* Full report of a crashed guest: registers, code, stack, symbols, walk, last hypercalls. */
void crash_report(struct vcpu *v, const char *reason);
/* The same without a crash; a vCPU that does not run now is shown by its registers and calls. */
void state_report(struct vcpu *v);

/* ---- hypercalls (abi/hypercalls.def) ---------------------------------------------------------------- */

long do_set_trap_table(gptr_t table);
long do_set_gdt(gptr_t frames, unsigned int entries);
long do_stack_switch(uint64_t ss, uint64_t sp);
long do_set_callbacks(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3);
long do_fpu_taskswitch(int set);
long do_set_debugreg(int reg, uint64_t value);
long do_get_debugreg(int reg);
long do_update_descriptor(uint64_t maddr, uint64_t desc);
long do_iret(void);
long do_callback_op(int cmd, gptr_t arg);
long do_nmi_op(unsigned int cmd, gptr_t arg);
long do_set_segment_base(unsigned int which, uint64_t base);

#endif
