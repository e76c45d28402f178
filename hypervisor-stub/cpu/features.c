/* SPDX-License-Identifier: MIT */
/*
 * What this processor can, and the modes that we put it into.
 *
 * CR4 as guests run with it: PAE, machine checks, FXSAVE and SSE exceptions. Never PGE: a global
 * translation would outlive the CR3 loads by which guests are kept apart. Never OSXSAVE (FXSAVE's state is
 * all that we save), FSGSBASE or PCE.
 *
 * SMEP and SMAP guard the hypervisor against 64-bit guests' user pages. QEMU's emulator before 8.0 reads
 * the stack of an IRETQ in ring 3 with supervisor rights, so with SMAP on 64-bit guest kernels, which
 * return to their programs that way, fault for ever: under that emulator SMAP stays off, unless
 * `smap=yes` asks for it.
 */
#include "boot/options.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/init.h"
#include "cpu/smap.h"
#include "lib/string.h"

#define CPUID7_EBX_SMEP	     (1u << 7)
#define CPUID7_EBX_SMAP	     (1u << 20)
#define CPUID81_EDX_NX	     (1u << 20)
#define CPUID81_EDX_PAGE1GB  (1u << 26)
#define CPUID_HYPERVISOR_MIN 0x40000000u

#define CR4_ALWAYS (CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)
#define CR4_GUEST  (CR4_DE | CR4_TSD)
#define CR0_ALWAYS (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG)

/*
 * Memory types by PTE bits PAT PCD PWT, lowest first: WB WT UC- UC, then WC WP UC UC. Guests may use all
 * of them and read this layout from the MSR; it is real Xen's.
 */
#define PAT_LAYOUT 0x0000050100070406UL

struct cpu_features cpu_features;

static void text_of(char *out, uint32_t a, uint32_t b, uint32_t c)
{
	memcpy(out, &a, 4);
	memcpy(out + 4, &b, 4);
	memcpy(out + 8, &c, 4);
	out[12] = '\0';
}

/* Not refused by an option, and not known to be broken here. */
static bool use_smap(bool present)
{
	char value[8];

	if (!present)
		return false;
	if (option_string("smap", value, sizeof(value)))
		return option_flag("smap");
	return !cpu_features.tcg && !option_flag("no-smap");
}

static bool use_smep(bool present)
{
	char value[8];

	return present && (!option_string("smep", value, sizeof(value)) || option_flag("smep"));
}

void cpu_features_init(void)
{
	struct cpu_features *f = &cpu_features;
	struct cpuid_regs base = cpuid(0, 0), extended = cpuid(0x80000001, 0);
	struct cpuid_regs under = cpuid(CPUID_HYPERVISOR_MIN, 0);
	struct cpuid_regs leaf7 = { 0 };
	char emulator[13];

	if (base.a >= 7)
		leaf7 = cpuid(7, 0);
	text_of(f->vendor, base.b, base.d, base.c);
	text_of(emulator, under.b, under.c, under.d);
	f->intel = !strcmp(f->vendor, "GenuineIntel");
	f->tcg = !strcmp(emulator, "TCGTCGTCGTCG");
	f->nx = extended.d & CPUID81_EDX_NX;
	f->page1gb = extended.d & CPUID81_EDX_PAGE1GB;
	f->smep = use_smep(leaf7.b & CPUID7_EBX_SMEP);
	f->smap = use_smap(leaf7.b & CPUID7_EBX_SMAP);
	if (!f->nx)
		panic("the processor has no NX bit: pages could not be kept from being executed");
	if (f->smap)
		smap_patch();
	log_info("cpu: %s%s%s%s", f->vendor, f->smep ? " smep" : "", f->smap ? " smap" : "",
		 f->tcg ? ", emulated by QEMU" : "");
}

struct smap_site {
	int32_t at; /* the instruction, from here */
	uint32_t last;
};

extern struct smap_site smap_sites_start[], smap_sites_end[];

/* The sites are no-ops of the same length; the text is still writable. */
void smap_patch(void)
{
	size_t count = ((uint64_t)smap_sites_end - (uint64_t)smap_sites_start) /
		       sizeof(smap_sites_start[0]);

	for (const struct smap_site *s = smap_sites_start; count--; s++) {
		uint8_t *insn = (uint8_t *)&s->at + s->at;

		insn[0] = 0x0f;
		insn[1] = 0x01;
		insn[2] = (uint8_t)s->last;
	}
}

void guard_select(bool is_32bit)
{
	uint64_t guard = (cpu_features.smep ? CR4_SMEP : 0) | (cpu_features.smap ? CR4_SMAP : 0);
	uint64_t old, new;

	if (!guard)
		return;
	old = read_cr4();
	new = is_32bit ? old & ~guard : old | guard;
	if (new != old)
		write_cr4(new);
}

void cr4_set_guest_bits(uint64_t guest_bits)
{
	uint64_t old = read_cr4();
	uint64_t new = (old & ~CR4_GUEST) | (guest_bits & CR4_GUEST);

	if (new != old)
		write_cr4(new);
}

void entry_syscall64(void);
void entry_syscall32(void);
void entry_sysenter(void);
extern const uint8_t ap_entries[MAX_PCPUS][2][AP_ENTRY_SIZE];

void cpu_modes_init(void)
{
	unsigned int id = this_pcpu()->id;

	write_cr0(CR0_ALWAYS);
	write_cr4(CR4_ALWAYS);
	wrmsr(MSR_PAT, PAT_LAYOUT);
	wrmsr(MSR_STAR, (uint64_t)FLAT_RING3_CS32 << 48 | (uint64_t)HV_CS << 32);
	wrmsr(MSR_LSTAR, id ? (uint64_t)ap_entries[id][0] : (uint64_t)entry_syscall64);
	wrmsr(MSR_CSTAR, id ? (uint64_t)ap_entries[id][1] : (uint64_t)entry_syscall32);
	wrmsr(MSR_SYSCALL_MASK,
	      EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | EFLAGS_AC);
	wrmsr(MSR_SYSENTER_CS, HV_CS);
	wrmsr(MSR_SYSENTER_ESP, (uint64_t)&guest_regs()->es);
	wrmsr(MSR_SYSENTER_EIP, (uint64_t)entry_sysenter);
	/* Not before: with SCE on, SYSCALL would jump to whatever the entry registers hold. */
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NX);
	guard_select(false);
}
