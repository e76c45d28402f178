/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of the machine: from a line or an APIC to a function.
 *
 * Owns: the 8259 pair, the local APIC, vectors 0x20 to 0xff but 0x80 and 0x82. Functions run in
 * interrupt context: interrupts off, no locks; they note what happened and raise a softirq.
 */
#ifndef CPU_IRQ_H
#define CPU_IRQ_H

#include "mm/addr.h"

#define IRQ_PIT	 0
#define IRQ_COM1 4

#define VECTOR_ISA	   0x20 /* 16 lines of the 8259s */
#define VECTOR_DEVICE	   0x30 /* those of the domains' devices: irq/ gives them out */
#define VECTOR_DEVICE_LAST 0xdf
#define VECTOR_APIC_TIMER  0xf0
#define VECTOR_KICK	   0xf1 /* look at your softirqs */
#define VECTOR_FLUSH	   0xf2 /* empty your TLB */
#define VECTOR_SPURIOUS	   0xff

/* Controllers known and quiet; then interrupts may be enabled. */
void irq_init(void);
/* A function for a vector. */
void irq_register(unsigned int vector, void (*handler)(void));
/* A function for an ISA line, and let the line through. */
void irq_isa_enable(unsigned int line, void (*handler)(void));
/* Does the hypervisor itself serve this ISA line? Then no domain may. */
bool irq_isa_is_ours(unsigned int line);
/*
 * Who handles all vectors of devices: acknowledges at the local APIC when that is safe; false if nobody
 * expects this vector.
 */
void irq_devices(bool (*handler)(unsigned int vector));

/* ---- the local APIC; false or nothing where there is none --------------------------------------- */

bool lapic_present(void);
void lapic_init(void);
void lapic_eoi(void);
/* The number by which messages name this pCPU. */
uint32_t lapic_id(void);
/* One shot after `ticks` of its clock (divided by one); 0 stops. */
void lapic_timer_set(uint32_t ticks);
uint32_t lapic_timer_read(void);

/* For a pCPU that is not the boot pCPU: its own local APIC. */
void lapic_init_further(void);
/* Messages to the processor with this number. From anywhere. */
void lapic_send(uint32_t to, unsigned int vector);
void lapic_send_nmi(uint32_t to);
/* INIT, and STARTUP at a page below 1 MiB: SDM volume 3, 8.4.4. */
void lapic_send_init(uint32_t to);
void lapic_send_startup(uint32_t to, maddr_t page);

#endif
