/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables of a pCPU: GDT in its two versions, TSS, interrupt stacks, IDT.
 *
 * The GDT is seen through the pCPU's window: pages 0 to 13 are the guest's, page 14 is ours. Selectors
 * e019 to e033 mean other things to a 32-bit guest (rings 1 and 3) than to a 64-bit one, so that page
 * exists twice. Our own descriptors stand at the same place in both.
 */
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/descriptors.h"
#include "cpu/hvmap.h"
#include "cpu/init.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/mm.h"
#include "mm/pte.h"

#define PAGE_OF_OURS __attribute__((aligned(4096), section(".bss.page")))
#define SLOT(sel)    (((sel)&0xfff) / 8)

enum { IST_NMI = 1, IST_DF, IST_MC, IST_DB };

extern const uint8_t vector_stubs[256][16];

struct pcpu pcpus[MAX_PCPUS];
unsigned int pcpu_count = 1;
uint8_t boot_stack[STACK_SIZE] __attribute__((aligned(STACK_SIZE), section(".bss.stack")));

/* The boot pCPU's; those of the others come from the heap (cpu_tables_prepare). */
static uint64_t boot_gdt_pages[2][512] PAGE_OF_OURS;
static struct tss boot_tss __attribute__((aligned(128)));
static struct gate idt[256] PAGE_OF_OURS;

_Static_assert(sizeof(struct cpu_info) == CPU_INFO_SIZE, "cpu.h");
_Static_assert(offsetof(struct cpu_user_regs, error_code) == REGS_ERROR_CODE, "cpu.h");
_Static_assert(offsetof(struct cpu_user_regs, rip) == REGS_RIP, "cpu.h");
_Static_assert(offsetof(struct cpu_user_regs, cs) == REGS_CS, "cpu.h");
_Static_assert(offsetof(struct cpu_user_regs, rsp) == REGS_RSP, "cpu.h");
_Static_assert(offsetof(struct cpu_user_regs, es) == REGS_ES, "cpu.h");
_Static_assert((STACK_SIZE - CPU_INFO_SIZE + REGS_ES) % 16 == 0,
	       "the processor aligns before it pushes");

static void system_descriptor(uint64_t *slot, unsigned int type, const void *base, uint32_t limit)
{
	uint64_t b = (uint64_t)base;

	slot[0] = (limit & 0xffff) | (b & 0xffffff) << 16 | DESC_TYPE(type) | DESC_P |
		  (uint64_t)(limit >> 16 & 0xf) << 48 | (b >> 24 & 0xff) << 56;
	slot[1] = b >> 32;
}

static void fill_gdt_page(uint64_t *page, const struct tss *t, bool for_32bit)
{
	page[SLOT(HV_CS)] = DESC_CODE64(0);
	page[SLOT(HV_DS)] = DESC_DATA(0);
	if (for_32bit) {
		page[SLOT(GUEST32_RING1_CS)] = DESC_CODE32(1);
		page[SLOT(GUEST32_RING1_DS)] = DESC_DATA(1);
		page[SLOT(GUEST32_RING3_CS)] = DESC_CODE32(3);
		page[SLOT(GUEST32_RING3_DS)] = DESC_DATA(3);
	} else {
		page[SLOT(FLAT_RING3_CS32)] = DESC_CODE32(3);
		page[SLOT(FLAT_RING3_DS32)] = DESC_DATA(3);
		page[SLOT(FLAT_RING3_CS64)] = DESC_CODE64(3);
	}
	system_descriptor(&page[SLOT(HV_TSS)], DESC_TYPE_TSS, t, sizeof(*t) - 1);
}

static void init_tss(struct tss *t, uint8_t *stack)
{
	static const uint8_t ists[] = { IST_NMI, IST_DF, IST_MC, IST_DB };

	t->rsp[0] = (uint64_t)stack + STACK_SIZE - CPU_INFO_SIZE + REGS_ES;
	for (unsigned int i = 0; i < ARRAY_SIZE(ists); i++)
		t->ist[ists[i] - 1] = (uint64_t)stack + (i + 1) * PAGE_SIZE;
	t->iomap = sizeof(*t); /* beyond the limit: no port is open to rings 1 to 3 */
}

void entry_hypercall(void);

static void set_gate_to(unsigned int vector, uint64_t to, unsigned int ist, unsigned int dpl)
{
	idt[vector] = (struct gate){ .offset_0 = (uint16_t)to,
				     .selector = HV_CS,
				     .ist = (uint8_t)ist,
				     .type_dpl = (uint8_t)(0x80 | dpl << 5 | DESC_TYPE_INT_GATE),
				     .offset_16 = (uint16_t)(to >> 16),
				     .offset_32 = (uint32_t)(to >> 32) };
}

static void set_gate(unsigned int vector, unsigned int ist, unsigned int dpl)
{
	set_gate_to(vector, (uint64_t)vector_stubs[vector], ist, dpl);
}

/* Only what guests may call by `int n` has a DPL: the rest raises #GP, which pv/ decodes. */
static void init_idt(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(idt); i++)
		set_gate(i, 0, 0);
	set_gate(VECTOR_DB, IST_DB, 0);
	set_gate(VECTOR_NMI, IST_NMI, 0);
	set_gate(VECTOR_DF, IST_DF, 0);
	set_gate(VECTOR_MC, IST_MC, 0);
	set_gate(VECTOR_BP, 0, 3);
	set_gate(VECTOR_OF, 0, 3);
	set_gate(0x80, 0, 3);
	set_gate_to(0x82, (uint64_t)entry_hypercall, 0, 1);
}

/* Base of a table whose page 14 is at `page`: nobody names a selector of the pages before it yet. */
static uint64_t gdt_base_of(const uint64_t *page)
{
	return (uint64_t)page - HV_GDT_PAGE * PAGE_SIZE;
}

static void load_gdt(uint64_t base)
{
	struct table_register gdtr = { HV_GDT_LIMIT, base };

	asm volatile("lgdt %0" : : "m"(gdtr));
}

static void load_tables(const uint64_t *gdt_page)
{
	struct table_register idtr = { sizeof(idt) - 1, (uint64_t)idt };

	load_gdt(gdt_base_of(gdt_page));
	asm volatile("lidt %0" : : "m"(idtr));
	asm volatile("pushq %0\n"
		     "leaq 1f(%%rip), %%rax\n"
		     "pushq %%rax\n"
		     "lretq\n"
		     "1: mov %1, %%ss\n"
		     "ltr %w2\n"
		     "lldt %w3\n"
		     :
		     : "i"(HV_CS), "r"(HV_DS), "r"(HV_TSS), "r"(0)
		     : "rax", "memory");
}

static void init_descriptors(struct pcpu *p, uint64_t *page, mfn_t mfn, unsigned int which)
{
	p->gdt_page[which] = page;
	p->gdt_pte[which] = pte_make(mfn, PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX);
	fill_gdt_page(page, p->tss, which);
}

void cpu_tables_init(void)
{
	struct pcpu *p = &pcpus[0];

	p->info = cpu_info();
	cpu_info()->pcpu = p;
	p->tss = &boot_tss;
	for (unsigned int i = 0; i < 2; i++)
		init_descriptors(p, boot_gdt_pages[i], maddr_to_mfn(image_maddr(boot_gdt_pages[i])),
				 i);
	init_tss(p->tss, boot_stack);
	init_idt();
	load_tables(p->gdt_page[0]);
}

/* Its part of the windows' tables: 32 entries, so 16 pCPUs a table. */
static uint64_t *window_of(unsigned int id)
{
	const unsigned int entries = WINDOW_GDT_PAGES + WINDOW_LDT_PAGES, a_table = 512 / entries;

	return &window_tables[id / a_table][id % a_table * entries];
}

void cpu_window_init(void)
{
	struct pcpu *p = this_pcpu();

	p->window_l1 = window_of(p->id);
	pte_write(&p->window_l1[HV_GDT_PAGE], p->gdt_pte[0]);
	load_gdt(PCPU_GDT_VA(p->id));
}

/* Pages of a stack, but for the guard. */
static bool map_stack(unsigned int id)
{
	for (unsigned int i = 0; i < STACK_SIZE / PAGE_SIZE; i++) {
		void *page = i == IST_GUARD ? NULL : heap_alloc(0, HEAP_ZERO);

		if (i == IST_GUARD)
			continue;
		if (!page)
			return false;
		pte_write(&ap_stack_table[id * (STACK_SIZE / PAGE_SIZE) + i],
			  pte_make(virt_to_mfn(page), PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX));
	}
	return true;
}

bool cpu_tables_prepare(struct pcpu *p)
{
	uint8_t *pages = heap_alloc(2, HEAP_ZERO); /* the GDT twice, and the TSS */

	if (!pages || !map_stack(p->id))
		return false;
	p->info = (struct cpu_info *)(pcpu_stack(p->id) + STACK_SIZE) - 1;
	p->info->pcpu = p;
	p->tss = pages + 2 * PAGE_SIZE;
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t *page = (uint64_t *)(pages + i * PAGE_SIZE);

		init_descriptors(p, page, virt_to_mfn(page), i);
	}
	init_tss(p->tss, pcpu_stack(p->id));
	p->window_l1 = window_of(p->id);
	pte_write(&p->window_l1[HV_GDT_PAGE], p->gdt_pte[0]);
	return true;
}

void cpu_tables_load(void)
{
	load_tables(this_pcpu()->gdt_page[0]);
	load_gdt(PCPU_GDT_VA(this_pcpu()->id));
}

void gdt_select(bool is_32bit)
{
	struct pcpu *p = this_pcpu();

	if (p->window_l1[HV_GDT_PAGE] == p->gdt_pte[is_32bit])
		return;
	pte_write(&p->window_l1[HV_GDT_PAGE], p->gdt_pte[is_32bit]);
	invlpg(PCPU_GDT_VA(p->id) + HV_GDT_PAGE * PAGE_SIZE);
}

void ldt_select(unsigned int entries)
{
	struct pcpu *p = this_pcpu();

	for (unsigned int i = 0; entries && i < 2; i++)
		system_descriptor(&p->gdt_page[i][SLOT(HV_LDT)], DESC_TYPE_LDT,
				  (void *)PCPU_LDT_VA(p->id), entries * 8 - 1);
	asm volatile("lldt %w0" : : "r"(entries ? HV_LDT : 0));
}
