/* SPDX-License-Identifier: MIT */
/*
 * Starting the application processors.
 *
 * ACPI's MADT lists the processors by the number of their local APIC. One after another each is prepared (a
 * stack, descriptor tables), told to reset (INIT) and to begin at our trampoline page (STARTUP, twice if it
 * does not answer), and finds its way through boot/start.S to ap_main(). So only one is ever on its way,
 * and what it needs to know stands in three variables. One that does not answer is reported and left
 * alone; its number goes to the next.
 *
 *	boot pCPU			application processor
 *	prepare, INIT, STARTUP ------> trampoline, long mode, its stack
 *	wait			<----- alive = its number
 *	...all others, sched_init()	waits, interrupts off
 *	smp_release()		------> its idle vCPU, interrupts on, idle loop
 */
#include "boot/smp.h"
#include "boot/memmap.h"
#include "boot/options.h"
#include "console/console.h"
#include "cpu/acpi.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/hvmap.h"
#include "cpu/init.h"
#include "cpu/irq.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#define TRAMPOLINE	0x8000 /* any page of RAM below 1 MiB will do, and that is never the heap's */
#define INIT_WAIT_US	10000 /* SDM volume 3, 8.4.4.1 */
#define STARTUP_WAIT_US 200
#define ANSWER_WAIT_MS	500
#define APIC_ID_ALL	0xff

/* MADT, ACPI 6.3 section 5.2.12: after its header come entries of type and length. */
#define MADT_ENTRIES	8 /* bytes behind the header: address and flags */
#define MADT_LOCAL_APIC 0
#define MADT_X2APIC	9
#define MADT_ENABLED	1u

struct madt_local_apic {
	uint8_t type, length, processor, id;
	uint32_t flags;
} __attribute__((packed));

struct madt_x2apic {
	uint8_t type, length;
	uint16_t reserved;
	uint32_t id, flags, processor;
} __attribute__((packed));

extern const uint8_t ap_trampoline[], ap_trampoline_end[];

/* What start.S and ap_main() read on the new processor. */
uint64_t ap_root, ap_stack;
noreturn void ap_main(void);

static unsigned int alive; /* the number of the last one that answered */
static uint64_t alive_tsc;
static bool released;

/* ---- on the new processor ----------------------------------------------------------------------- */

void ap_main(void)
{
	struct pcpu *p = this_pcpu();

	cpu_tables_load();
	cpu_modes_init();
	lapic_init_further();
	WRITE_ONCE(alive_tsc, rdtsc());
	__atomic_store_n(&alive, p->id, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&released, __ATOMIC_ACQUIRE))
		cpu_relax();
	current = p->idle;
	tlb_start_pcpu();
	time_start_pcpu();
	irq_enable();
	idle_enter();
}

/* ---- on the boot processor ------------------------------------------------------------------------ */

static bool answered(unsigned int id, unsigned int us)
{
	for (unsigned int waited = 0; waited < us; waited += STARTUP_WAIT_US) {
		if (__atomic_load_n(&alive, __ATOMIC_ACQUIRE) == id)
			return true;
		clock_wait_us(STARTUP_WAIT_US);
	}
	return false;
}

/* Guests read one clock on all of them. */
static void compare_clocks(unsigned int id, uint64_t before)
{
	uint64_t after = rdtsc();

	if (alive_tsc < before || alive_tsc > after)
		log_warning("cpu %u: its TSC differs from the boot processor's: time will jump",
			    id);
}

static bool start_one(struct pcpu *p)
{
	uint64_t before = rdtsc();

	ap_stack = (uint64_t)p->info;
	lapic_send_init(p->apic_id);
	clock_wait_us(INIT_WAIT_US);
	for (unsigned int tries = 0; tries < 2; tries++) {
		lapic_send_startup(p->apic_id, _maddr(TRAMPOLINE));
		if (answered(p->id, tries ? ANSWER_WAIT_MS * 1000 : ANSWER_WAIT_MS * 200)) {
			compare_clocks(p->id, before);
			return true;
		}
	}
	return false;
}

static void add_processor(uint32_t apic_id)
{
	static unsigned int most;
	struct pcpu *p = &pcpus[pcpu_count];

	if (!most)
		most = min((unsigned int)option_number("maxcpus", MAX_PCPUS), MAX_PCPUS);
	if (apic_id == pcpus[0].apic_id || pcpu_count >= max(most, 1u))
		return;
	if (apic_id >= APIC_ID_ALL) {
		log_warning("cpu: APIC number %u needs x2APIC mode: not used", apic_id);
		return;
	}
	p->id = pcpu_count;
	p->apic_id = apic_id;
	if (!p->info && !cpu_tables_prepare(p)) {
		log_warning("cpu: no memory for APIC number %u", apic_id);
		return;
	}
	if (start_one(p))
		pcpu_count++;
	else
		log_error("cpu: APIC number %u does not answer: not used", apic_id);
}

static void read_entry(const uint8_t *e)
{
	const struct madt_local_apic *l = (const void *)e;
	const struct madt_x2apic *x = (const void *)e;

	if (l->type == MADT_LOCAL_APIC && l->length >= sizeof(*l) && l->flags & MADT_ENABLED &&
	    l->id != APIC_ID_ALL)
		add_processor(l->id);
	else if (x->type == MADT_X2APIC && x->length >= sizeof(*x) && x->flags & MADT_ENABLED)
		add_processor(x->id);
}

static void read_madt(const struct acpi_header *h)
{
	const uint8_t *e = (const uint8_t *)(h + 1) + MADT_ENTRIES;
	const uint8_t *end = (const uint8_t *)h + h->length;

	while (e + 2 <= end && e[1] >= 2 && e + e[1] <= end) {
		read_entry(e);
		e += e[1];
	}
}

static bool trampoline_is_ram(void)
{
	for (unsigned int i = 0; i < ram.count; i++)
		if (ram.range[i].start <= TRAMPOLINE && ram.range[i].end >= TRAMPOLINE + PAGE_SIZE)
			return true;
	return false;
}

void smp_start(void)
{
	const struct acpi_header *madt = acpi_table("APIC");

	softirq_init();
	tlb_init();
	stop_init();
	if (!lapic_present() || !madt || !trampoline_is_ram()) {
		log_info("cpu: one processor%s", madt ? "" : ": ACPI names no others");
		return;
	}
	pcpus[0].apic_id = lapic_id();
	ap_root = maddr_x(hv_l4_maddr());
	memcpy(maddr_to_virt(_maddr(TRAMPOLINE)), ap_trampoline,
	       (size_t)((uint64_t)ap_trampoline_end - (uint64_t)ap_trampoline));
	read_madt(madt);
	log_info("cpu: %u processor%s", pcpu_count, pcpu_count > 1 ? "s" : "");
}

void smp_release(void)
{
	__atomic_store_n(&released, true, __ATOMIC_RELEASE);
}
