/* SPDX-License-Identifier: MIT */
/*
 * The local APIC: this pCPU's timer, messages between pCPUs, and the way by which the 8259s reach us.
 *
 * Registers in memory (xAPIC), mapped uncached in the device area. On the boot pCPU LINT0 passes on what the
 * 8259s say and LINT1 is the NMI, as the MultiProcessor specification's virtual-wire mode has it; on the
 * others both are masked, so that each such interrupt comes once.
 */
#include "cpu/asm.h"
#include "cpu/hvmap.h"
#include "cpu/irq.h"

/* clang-format off */
#define CPUID1_EDX_APIC	   (1u << 9)
#define APIC_BASE_X2APIC   (1ULL << 10)
#define APIC_BASE_ENABLE   (1ULL << 11)
#define APIC_BASE_ADDRESS  0x000ffffffffff000ULL

#define LAPIC_ID	   0x020	/* number in bits 24-31 */
#define LAPIC_TPR	   0x080
#define LAPIC_EOI	   0x0b0
#define LAPIC_SPURIOUS	   0x0f0
#define LAPIC_ICR	   0x300	/* low half: writing it sends */
#define LAPIC_ICR_TO	   0x310
#define LAPIC_LVT_TIMER	   0x320
#define LAPIC_LVT_LINT0	   0x350
#define LAPIC_LVT_LINT1	   0x360
#define LAPIC_LVT_ERROR	   0x370
#define LAPIC_INITIAL	   0x380
#define LAPIC_CURRENT	   0x390
#define LAPIC_DIVIDE	   0x3e0

#define SPURIOUS_ENABLE	   (1u << 8)
#define LVT_MASKED	   (1u << 16)
#define LVT_NMI		   (4u << 8)
#define LVT_EXTINT	   (7u << 8)
#define DIVIDE_BY_1	   0xb

#define ICR_FIXED	   (0u << 8)
#define ICR_NMI		   (4u << 8)
#define ICR_INIT	   (5u << 8)
#define ICR_STARTUP	   (6u << 8)
#define ICR_PENDING	   (1u << 12)
#define ICR_ASSERT	   (1u << 14)
/* clang-format on */

static volatile uint32_t *registers;

static void lapic_write(unsigned int reg, uint32_t v)
{
	registers[reg / 4] = v;
}

bool lapic_present(void)
{
	return registers != NULL;
}

static void init_registers(bool boot)
{
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT0, boot ? LVT_EXTINT : LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, boot ? LVT_NMI : LVT_MASKED);
	lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
	lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_INITIAL, 0);
	lapic_write(LAPIC_LVT_TIMER, VECTOR_APIC_TIMER);
}

/*
 * Where its registers are. Firmware may have left x2APIC mode on, whose registers are not in memory: the
 * only way back is through "off".
 */
static uint64_t switch_on(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (base & APIC_BASE_X2APIC) {
		base &= ~(APIC_BASE_X2APIC | APIC_BASE_ENABLE);
		wrmsr(MSR_APIC_BASE, base);
	}
	wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	return base & APIC_BASE_ADDRESS;
}

void lapic_init(void)
{
	if (!(cpuid(1, 0).d & CPUID1_EDX_APIC))
		return;
	registers = device_map(_maddr(switch_on()), PAGE_SIZE, DEVICE_UNCACHED);
	init_registers(true);
}

/* All local APICs are at the same address, each seen by its own processor only. */
void lapic_init_further(void)
{
	(void)switch_on();
	init_registers(false);
}

/* ---- messages to other processors ------------------------------------------------------------- */

/* Two writes that belong together: an interrupt between them must not send another. */
static void send(uint32_t to, uint32_t what)
{
	uint64_t flags = irq_save();

	while (registers[LAPIC_ICR / 4] & ICR_PENDING)
		cpu_relax();
	lapic_write(LAPIC_ICR_TO, to << 24);
	lapic_write(LAPIC_ICR, what);
	irq_restore(flags);
}

void lapic_send(uint32_t to, unsigned int vector)
{
	send(to, ICR_FIXED | ICR_ASSERT | vector);
}

void lapic_send_nmi(uint32_t to)
{
	send(to, ICR_NMI | ICR_ASSERT);
}

void lapic_send_init(uint32_t to)
{
	send(to, ICR_INIT | ICR_ASSERT);
}

void lapic_send_startup(uint32_t to, maddr_t page)
{
	send(to, ICR_STARTUP | ICR_ASSERT | (uint32_t)(maddr_x(page) >> PAGE_SHIFT));
}

void lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

uint32_t lapic_id(void)
{
	return registers[LAPIC_ID / 4] >> 24;
}

void lapic_timer_set(uint32_t ticks)
{
	lapic_write(LAPIC_INITIAL, ticks);
}

uint32_t lapic_timer_read(void)
{
	return registers[LAPIC_CURRENT / 4];
}
