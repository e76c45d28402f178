/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of the machine: from a line or an APIC to a function.
 *
 * Owns: the 8259 pair, the local APIC, vectors 0x20 to 0xff but 0x80 and 0x82. Functions run in
 * interrupt context: interrupts off, no locks; they note what happened and raise a softirq.
 */
#ifndef CPU_IRQ_H
#define CPU_IRQ_H

#define IRQ_PIT	 0
#define IRQ_COM1 4

#define VECTOR_ISA	  0x20 /* 16 lines of the 8259s */
#define VECTOR_APIC_TIMER 0xf0
#define VECTOR_SPURIOUS	  0xff

/* Controllers known and quiet; then interrupts may be enabled. */
void irq_init(void);
/* A function for a vector. */
void irq_register(unsigned int vector, void (*handler)(void));
/* A function for an ISA line, and let the line through. */
void irq_isa_enable(unsigned int line, void (*handler)(void));

/* ---- I/O APICs ------------------------------------------------------------------------------------ */

/*
 * Mask every pin of each: what the firmware left there is not ours, and the lines that we use come by
 * the 8259s.
 */
void ioapic_init(void);
#define IOAPICS_MAX 32
extern uint32_t ioapic_address[IOAPICS_MAX]; /* machine addresses of their registers */
extern unsigned int ioapic_count;

/* ---- the local APIC; false or nothing where there is none --------------------------------------- */

bool lapic_present(void);
void lapic_init(void);
void lapic_eoi(void);
/* One shot after `ticks` of its clock (divided by one); 0 stops. */
void lapic_timer_set(uint32_t ticks);
uint32_t lapic_timer_read(void);

#endif
