/* SPDX-License-Identifier: MIT */
/*
 * How the hypervisor boots: one screen of calls, in the order in which things begin to work.
 *
 * start.S left us in 64-bit mode on the boot pCPU's stack, interrupts off, with early page tables. The
 * boot loader's information is copied before memory is given out.
 */
#include "boot/boot.h"
#include "boot/memmap.h"
#include "boot/multiboot.h"
#include "boot/options.h"
#include "boot/paging.h"
#include "boot/selftest.h"
#include "boot/smp.h"
#include "console/console.h"
#include "cpu/acpi.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/hvmap.h"
#include "cpu/init.h"
#include "cpu/ioapic.h"
#include "domain/domain.h"
#include "domain/dump.h"
#include "cpu/irq.h"
#include "event/event.h"
#include "grant/grant.h"
#include "irq/irq.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "pv/cpu_policy.h"
#include "sched/sched.h"
#include "time/timer.h"

#define STRINGS_MAX	  16384
#define APIC_MESSAGES	  0xfee00000 /* local APIC registers, and interrupt messages */
#define APIC_MESSAGES_END 0xfef00000

extern const uint8_t image_start[], image_end[];

noreturn void boot_main(uint32_t magic, uint32_t info_paddr);

static struct boot_modules modules;
static char strings[STRINGS_MAX]; /* copies of the modules' strings */

static const void *loader_memory(uint32_t address)
{
	return maddr_to_virt(_maddr(address));
}

static bool loaded_by_qemu(const struct multiboot_info *info)
{
	return (info->flags & MULTIBOOT_INFO_LOADER) &&
	       !strcmp(loader_memory(info->boot_loader_name), "qemu");
}

/* What follows the file name: QEMU puts it in front, GRUB does not. */
static const char *skip_file_name(const char *s, bool named)
{
	while (named && *s && *s != ' ')
		s++;
	while (*s == ' ')
		s++;
	return s;
}

static const char *keep_string(const char *s)
{
	static size_t used;
	size_t n = strlen(s) + 1;
	char *copy = strings + used;

	if (n > sizeof(strings) - used) {
		log_warning("module strings are too long: \"%.40s...\" is lost", s);
		return "";
	}
	memcpy(copy, s, n);
	used += n;
	return copy;
}

static void read_modules(const struct multiboot_info *info)
{
	const struct multiboot_module *m = loader_memory(info->mods_addr);
	uint32_t count = info->flags & MULTIBOOT_INFO_MODS ? info->mods_count : 0;

	if (count > BOOT_MODULES) {
		log_warning("only %u of %u modules are used", BOOT_MODULES, count);
		count = BOOT_MODULES;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct boot_module *b = &modules.module[i];

		b->start = _maddr(m[i].start);
		b->end = _maddr(m[i].end);
		b->string = keep_string(m[i].string ? loader_memory(m[i].string) : "");
		b->args = skip_file_name(b->string, loaded_by_qemu(info));
		memmap_reserve(m[i].start, m[i].end);
		log_info("module %u: %llx-%llx \"%s\"", i, (unsigned long long)m[i].start,
			 (unsigned long long)m[i].end, b->string);
	}
	modules.count = count;
}

/* Is any of the frames from first to end RAM? */
static bool any_ram(uint64_t first, uint64_t end)
{
	for (unsigned int i = 0; i < ram.count; i++)
		if (ram.range[i].start >> PAGE_SHIFT < end &&
		    ram.range[i].end >> PAGE_SHIFT > first)
			return true;
	return false;
}

/* Whatever is no RAM may be a device's: mapped by permission, never counted as memory. */
static void name_devices(void)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < ram.count; i++) {
		if (ram.range[i].start > end)
			iomem_add(_maddr(end), _maddr(ram.range[i].start));
		end = ram.range[i].end;
	}
}

/* A write there is an interrupt with any vector, and a pin's entry names one. */
static void protect_apics(void)
{
	iomem_deny(_maddr(APIC_MESSAGES), _maddr(APIC_MESSAGES_END));
	for (unsigned int i = 0; i < ioapic_count; i++)
		iomem_read_only(_maddr(ioapic_address(i)), _maddr(ioapic_address(i) + PAGE_SIZE));
}

static void fill_heap(void)
{
	for (unsigned int i = 0; i < ram_free.count; i++)
		heap_add(_maddr(ram_free.range[i].start), _maddr(ram_free.range[i].end));
}

/* From now on ram_free is the heap's; modules stay where they are until their domain has them. */
static void init_memory(const struct multiboot_info *info)
{
	memmap_read(info);
	memmap_reserve(maddr_x(image_maddr(image_start)), maddr_x(image_maddr(image_end)));
	read_modules(info);
	paging_init();
	frame_init(_mfn(ram.range[ram.count - 1].end >> PAGE_SHIFT), paging_alloc, any_ram);
	paging_seal();
	name_devices();
	fill_heap();
	log_info("heap: %llu kB free", (unsigned long long)heap_free_pages() * 4);
}

/* Their domains have copies. */
static void free_modules(void)
{
	for (unsigned int i = 0; i < modules.count; i++) {
		uint64_t start = (maddr_x(modules.module[i].start) + PAGE_SIZE - 1) & PAGE_MASK;
		uint64_t end = maddr_x(modules.module[i].end) & PAGE_MASK;

		if (start < end)
			heap_add(_maddr(start), _maddr(end));
	}
}

void boot_main(uint32_t magic, uint32_t info_paddr)
{
	const struct multiboot_info *info = loader_memory(info_paddr);
	bool multiboot = magic == MULTIBOOT_LOADER_MAGIC;

	cpu_tables_init();
	if (multiboot && (info->flags & MULTIBOOT_INFO_CMDLINE))
		options_init(skip_file_name(loader_memory(info->cmdline), loaded_by_qemu(info)));
	console_init();
	log_info("Ringmaster, a paravirtualizing hypervisor (Xen PV ABI 4.17)");
	if (!multiboot)
		panic("not started by a Multiboot loader (magic %x)", magic);
	cpu_features_init();
	cpu_policies_init();
	init_memory(info);
	cpu_window_init();
	cpu_modes_init();
	console_show_screen();
	acpi_init();
	irq_init();
	protect_apics();
	irq_enable();
	time_init();
	console_start_input();
	selftest();
	smp_start();
	sched_init();
	smp_release();
	life_init();
	domain_dump_init();
	irq_lines_init();
	evtchn_dump_init();
	grants_dump_init();
	console_release_screen();
	if (!build_domains(&modules)) {
		/* A user's mistake, explained above: no bug of ours, so no panic. */
		log_error("there is no domain to run: the machine stops");
		machine_poweroff(1);
	}
	free_modules();
	sched_start();
}
