/* SPDX-License-Identifier: MIT */
/*
 * Memory as the boot loader found it, and the allocator for what exists before the heap.
 *
 * The map is trusted as far as one can: entries are cut to whole pages, ranges that overlap something
 * that is not RAM lose that part, and nothing below 1 MiB is ever given out (firmware data, and the
 * start-up code of further processors, live there).
 */
#include "boot/memmap.h"
#include "console/console.h"
#include "lib/string.h"
#include "mm/mm.h"

#define LOW_MEMORY_END 0x100000ULL
#define EARLY_REACH    0x100000000ULL /* what the early page tables map */

struct memmap ram, ram_free;

static const char *type_name(uint32_t type)
{
	static const char *const names[] = { "type 0",	  "RAM",      "reserved",
					     "ACPI data", "ACPI NVS", "defective" };

	return type < ARRAY_SIZE(names) ? names[type] : "other";
}

static uint64_t page_up(uint64_t a)
{
	return (a + PAGE_SIZE - 1) & PAGE_MASK;
}

static void insert(struct memmap *m, uint64_t start, uint64_t end)
{
	unsigned int i = m->count;

	if (start >= end)
		return;
	if (m->count == MEMRANGES) {
		log_warning("memory map too fragmented: %llx-%llx is not used",
			    (unsigned long long)start, (unsigned long long)end);
		return;
	}
	for (; i > 0 && m->range[i - 1].start > start; i--)
		m->range[i] = m->range[i - 1];
	m->range[i] = (struct memrange){ start, end };
	m->count++;
}

static void delete (struct memmap *m, unsigned int i)
{
	m->count--;
	for (; i < m->count; i++)
		m->range[i] = m->range[i + 1];
}

static void subtract(struct memmap *m, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < m->count;) {
		struct memrange r = m->range[i];

		if (r.end <= start || r.start >= end) {
			i++;
			continue;
		}
		delete (m, i);
		/* What remains lies before or behind and does not overlap: not met again. */
		insert(m, r.start, min(r.end, start));
		insert(m, max(r.start, end), r.end);
	}
}

static void for_each_entry(const struct multiboot_info *info,
			   void (*run)(uint64_t start, uint64_t end, uint32_t type))
{
	const char *p = maddr_to_virt(_maddr(info->mmap_addr)), *end = p + info->mmap_length;

	while (p < end) {
		const struct multiboot_mmap *e = (const void *)p;

		if (e->addr + e->len > e->addr)
			run(e->addr, e->addr + e->len, e->type);
		p += e->size + sizeof(e->size);
	}
}

/* On the screen, and for domain 0, which asks for it by XENMEM_machine_memory_map. */
static void print_entry(uint64_t start, uint64_t end, uint32_t type)
{
	machine_map_add(_maddr(start), end - start, type);
	log_info("  %012llx-%012llx %s", (unsigned long long)start, (unsigned long long)end,
		 type_name(type));
}

static void add_ram(uint64_t start, uint64_t end, uint32_t type)
{
	if (type == MULTIBOOT_RAM)
		insert(&ram, page_up(start), end & PAGE_MASK);
}

static void cut_other(uint64_t start, uint64_t end, uint32_t type)
{
	if (type != MULTIBOOT_RAM)
		subtract(&ram, start & PAGE_MASK, page_up(end));
}

/* Loaders may describe one piece twice, and pieces that were cut apart come back: one range each. */
static void join(struct memmap *m)
{
	for (unsigned int i = 1; i < m->count;) {
		struct memrange *before = &m->range[i - 1], *r = &m->range[i];

		if (r->start > before->end) {
			i++;
			continue;
		}
		before->end = max(before->end, r->end);
		delete (m, i);
	}
}

void memmap_read(const struct multiboot_info *info)
{
	uint64_t total = 0;

	log_info("memory map:");
	if (info->flags & MULTIBOOT_INFO_MMAP) {
		for_each_entry(info, print_entry);
		for_each_entry(info, add_ram);
		join(&ram);
		for_each_entry(info, cut_other);
	} else if (info->flags & MULTIBOOT_INFO_MEMORY) {
		print_entry(0, (uint64_t)info->mem_lower << 10, MULTIBOOT_RAM);
		print_entry(LOW_MEMORY_END, LOW_MEMORY_END + ((uint64_t)info->mem_upper << 10),
			    MULTIBOOT_RAM);
		add_ram(0, (uint64_t)info->mem_lower << 10, MULTIBOOT_RAM);
		add_ram(LOW_MEMORY_END, LOW_MEMORY_END + ((uint64_t)info->mem_upper << 10),
			MULTIBOOT_RAM);
	} else {
		panic("the boot loader gave no memory map");
	}
	ram_free = ram;
	memmap_reserve(0, LOW_MEMORY_END);
	for (unsigned int i = 0; i < ram.count; i++)
		total += ram.range[i].end - ram.range[i].start;
	log_info("  %llu MB of RAM", (unsigned long long)total >> 20);
}

void memmap_reserve(uint64_t start, uint64_t end)
{
	subtract(&ram_free, start & PAGE_MASK, page_up(end));
}

maddr_t memmap_alloc(uint64_t bytes, uint64_t align)
{
	bytes = page_up(bytes);
	for (unsigned int i = ram_free.count; i-- > 0;) {
		struct memrange r = ram_free.range[i];
		uint64_t start, end = min(r.end, EARLY_REACH);

		if (r.start >= EARLY_REACH || end - r.start < bytes)
			continue;
		start = (end - bytes) & ~(align - 1);
		if (start < r.start)
			continue;
		memmap_reserve(start, start + bytes);
		memset(maddr_to_virt(_maddr(start)), 0, bytes);
		return _maddr(start);
	}
	panic("not enough memory below 4 GiB: %llu kB wanted while booting",
	      (unsigned long long)bytes >> 10);
}

void memmap_free(uint64_t start, uint64_t end)
{
	insert(&ram_free, start, end);
	join(&ram_free);
}
