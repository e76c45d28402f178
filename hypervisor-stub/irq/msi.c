/* SPDX-License-Identifier: MIT */
/*
 * Lines that are messages: a PCI function interrupts by writing a number to an address.
 *
 * The address names a local APIC, the number a vector, so a domain must write neither: the hypervisor
 * programs the function, and the pages that hold an MSI-X table are read-only to domains from the moment
 * when it is first used (what they store there is dropped, as real Xen does). What stays the domain's is
 * the switch: the enable bit and the function mask in the capability, in configuration space. A domain
 * that switches the message on before it has mapped one gets none; one that has mapped some and never
 * switches on neither.
 *
 *	MSI	one message in configuration space; a mask bit only if the function has one
 *	MSI-X	a table in the function's own memory, one mask bit an entry:
 *		| address | upper half | data | control: bit 0 masks |
 *
 * Only functions of segment 0, by mechanism 1: capabilities lie in the first 256 bytes. Locks: devices for
 * what is in use, irq for the writes.
 */
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/hvmap.h"
#include "cpu/pci.h"
#include "irq/internal.h"

/* clang-format off */
#define PCI_COMMAND	   0x04
#define COMMAND_MEMORY	   2u
#define PCI_BAR(n)	   (0x10 + 4 * (n))
#define BARS		   6
#define BAR_IO		   1u
#define BAR_64BIT	   4u
#define BAR_ADDRESS	   (~15ull)

#define MSI_CONTROL	   2	/* offsets in the capability */
#define MSI_ADDRESS	   4
#define MSI_UPPER	   8
#define MSI_DATA(f)	   ((f)->msi_64bit ? 12 : 8)
#define MSI_MASK(f)	   ((f)->msi_64bit ? 16 : 12)
#define MSI_ENABLE	   1u
#define MSI_MESSAGES	   (7u << 4)	/* how many are enabled, as a power of two */

#define MSIX_CONTROL	   2
#define MSIX_TABLE	   4	/* offset in a BAR, and in the low three bits which */
#define MSIX_PENDING	   8
#define MSIX_MASK_ALL	   (1u << 14)
#define MSIX_ENABLE	   (1u << 15)
#define ENTRY_WORDS	   4
#define ENTRY_ADDRESS	   0
#define ENTRY_UPPER	   1
#define ENTRY_DATA	   2
#define ENTRY_CONTROL	   3
#define ENTRY_MASKED	   1u

#define MESSAGE_ADDRESS	   0xfee00000u	/* bits 12-19: which local APIC; fixed, not redirected */
/* clang-format on */

static uint32_t config_read(const struct pci_function *f, unsigned int reg, unsigned int bytes)
{
	return pci_read(f->bus, f->devfn, reg, bytes);
}

static void config_write(const struct pci_function *f, unsigned int reg, unsigned int bytes,
			 uint32_t v)
{
	pci_write(f->bus, f->devfn, reg, bytes, v);
}

static uint32_t message_address(const struct line *l)
{
	return MESSAGE_ADDRESS | (l->apic_id & 0xff) << 12;
}

static volatile uint32_t *table_entry(const struct line *l)
{
	return l->function->table + l->entry * ENTRY_WORDS;
}

/* ---- one line ---------------------------------------------------------------------------------------- */

/*
 * A function without a mask bit is silenced by its switch while it storms; nothing else masks it, since
 * an event that nobody is bound to is lost anyway.
 */
static void msi_mask(const struct line *l)
{
	const struct pci_function *f = l->function;
	uint32_t control;

	if (f->msi_maskable) {
		config_write(f, f->msi + MSI_MASK(f), 4, l->masked);
	} else if (l->throttled || !l->masked) {
		control = config_read(f, f->msi + MSI_CONTROL, 2) & ~MSI_ENABLE;
		config_write(f, f->msi + MSI_CONTROL, 2, control | (l->masked ? 0 : MSI_ENABLE));
	}
}

void msi_set_mask(const struct line *l)
{
	if (l->kind == LINE_MSIX)
		table_entry(l)[ENTRY_CONTROL] = l->masked ? ENTRY_MASKED : 0;
	else
		msi_mask(l);
}

void msi_set_destination(const struct line *l)
{
	if (l->kind == LINE_MSIX)
		table_entry(l)[ENTRY_ADDRESS] = message_address(l);
	else
		config_write(l->function, l->function->msi + MSI_ADDRESS, 4, message_address(l));
}

static void program_msix(const struct line *l)
{
	const struct pci_function *f = l->function;
	volatile uint32_t *e = table_entry(l);
	uint32_t control = config_read(f, f->msix + MSIX_CONTROL, 2);

	/* A function may ignore its table while it is off. */
	config_write(f, f->msix + MSIX_CONTROL, 2, control | MSIX_ENABLE | MSIX_MASK_ALL);
	e[ENTRY_CONTROL] = ENTRY_MASKED;
	e[ENTRY_ADDRESS] = message_address(l);
	e[ENTRY_UPPER] = 0;
	e[ENTRY_DATA] = l->vector;
	e[ENTRY_CONTROL] = l->masked ? ENTRY_MASKED : 0;
	config_write(f, f->msix + MSIX_CONTROL, 2, control);
}

static void program_msi(const struct line *l)
{
	const struct pci_function *f = l->function;
	uint32_t control = config_read(f, f->msi + MSI_CONTROL, 2) & ~MSI_MESSAGES;

	config_write(f, f->msi + MSI_CONTROL, 2, control & ~MSI_ENABLE);
	config_write(f, f->msi + MSI_ADDRESS, 4, message_address(l));
	if (f->msi_64bit)
		config_write(f, f->msi + MSI_UPPER, 4, 0);
	config_write(f, f->msi + MSI_DATA(f), 2, l->vector);
	if (f->msi_maskable)
		config_write(f, f->msi + MSI_MASK(f), 4, l->masked);
	config_write(f, f->msi + MSI_CONTROL, 2, control);
}

void msi_program(const struct line *l)
{
	if (l->kind == LINE_MSIX)
		program_msix(l);
	else
		program_msi(l);
}

/* ---- the table of MSI-X ------------------------------------------------------------------------------ */

/* Where a structure in a BAR is; 0: in no memory of the function. */
static uint64_t bar_address(const struct pci_function *f, uint32_t place)
{
	unsigned int bar = place & 7;
	uint64_t address;

	if (bar >= BARS)
		return 0;
	address = config_read(f, PCI_BAR(bar), 4);
	if (address & BAR_IO)
		return 0;
	if ((address & BAR_64BIT) && bar + 1 < BARS)
		address |= (uint64_t)config_read(f, PCI_BAR(bar + 1), 4) << 32;
	address &= BAR_ADDRESS;
	return address ? address + (place & ~7u) : 0;
}

/* A register that a domain can write says where; what is there must be no memory of ours or a guest's. */
static bool is_device_memory(uint64_t start, uint64_t bytes)
{
	uint64_t first = start >> PAGE_SHIFT, last = (start + bytes - 1) >> PAGE_SHIFT;

	for (uint64_t n = first; n <= last; n++)
		if (mfn_valid(_mfn(n)) || !iomem_may_map(_mfn(n)))
			return false;
	return true;
}

static bool guard(struct pci_function *f, unsigned int i, uint64_t start, uint64_t bytes)
{
	uint64_t first = start >> PAGE_SHIFT, last = (start + bytes - 1) >> PAGE_SHIFT;

	if (!iomem_protect(_mfn(first), last - first + 1))
		return false;
	f->guarded[i].first = _mfn(first);
	f->guarded[i].count = last - first + 1;
	return true;
}

static void unguard(struct pci_function *f)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(f->guarded); i++) {
		if (f->guarded[i].count)
			iomem_unprotect(f->guarded[i].first, f->guarded[i].count);
		f->guarded[i].count = 0;
	}
}

static long guard_both(struct pci_function *f, uint64_t table, uint64_t bytes)
{
	uint64_t pending = bar_address(f, config_read(f, f->msix + MSIX_PENDING, 4));

	if (!guard(f, 0, table, bytes) ||
	    (pending && !guard(f, 1, pending, (f->msix_entries + 63u) / 64 * 8))) {
		unguard(f);
		return refuse(-ENOMEM, "too many MSI-X tables");
	}
	return 0;
}

long msix_settle(struct pci_function *f)
{
	uint64_t table = bar_address(f, config_read(f, f->msix + MSIX_TABLE, 4));
	uint64_t bytes = f->msix_entries * ENTRY_WORDS * 4ull;

	if (!(config_read(f, PCI_COMMAND, 2) & COMMAND_MEMORY))
		return refuse(-ENXIO, "%02x:%02x.%u does not answer in memory yet (PCI command)",
			      f->bus, f->devfn >> 3, f->devfn & 7);
	if (!table || !is_device_memory(table, bytes))
		return refuse(-ENXIO,
			      "%02x:%02x.%u: its MSI-X table at %lx is in no device's memory",
			      f->bus, f->devfn >> 3, f->devfn & 7, table);
	if (f->table_maddr != table) {
		f->table = device_try_map(_maddr(table), bytes, DEVICE_UNCACHED);
		f->table_maddr = f->table ? table : 0;
		if (!f->table)
			return refuse(-ENOMEM, "no room to map another MSI-X table");
	}
	return f->guarded[0].count ? 0 : guard_both(f, table, bytes);
}

void msix_release(struct pci_function *f)
{
	unguard(f);
	f->prepared = false;
}

/* ---- taking one and giving it back ------------------------------------------------------------------- */

static long take_msix(struct pci_function *f, const struct msi_request *msi)
{
	if (!f->msix)
		return refuse(-ENODEV, "%02x:%02x.%u has no MSI-X", f->bus, f->devfn >> 3,
			      f->devfn & 7);
	if (msi->entry >= f->msix_entries)
		return refuse(-EINVAL, "MSI-X entry %u: the table has %u", msi->entry,
			      f->msix_entries);
	for (unsigned int i = GSI_MAX; i < LINES; i++)
		if (lines[i].kind == LINE_MSIX && lines[i].function == f &&
		    lines[i].entry == msi->entry)
			return refuse(-EEXIST, "MSI-X entry %u is mapped already", msi->entry);
	if (f->msi_line)
		return refuse(-EBUSY, "the function's MSI is mapped");
	return f->msix_used ? 0 : msix_settle(f);
}

static long take_msi(struct pci_function *f)
{
	if (!f->msi)
		return refuse(-ENODEV, "%02x:%02x.%u has no MSI", f->bus, f->devfn >> 3,
			      f->devfn & 7);
	if (f->msi_line)
		return refuse(-EEXIST, "its MSI is mapped already");
	return f->msix_used ? refuse(-EBUSY, "the function's MSI-X is mapped") : 0;
}

static void program(struct line *l)
{
	uint64_t flags = irq_save();

	spin_lock(&irq_lock);
	msi_program(l);
	spin_unlock(&irq_lock);
	irq_restore(flags);
}

struct line *msi_open(struct pci_function *f, const struct msi_request *msi, long *error)
{
	struct line *l;

	*error = msi->msix ? take_msix(f, msi) : take_msi(f);
	if (*error)
		return NULL;
	l = line_alloc(msi->msix ? LINE_MSIX : LINE_MSI);
	if (!l) {
		*error = refuse(-ENOSPC, "no vector is left");
		if (msi->msix && !f->msix_used && !f->prepared)
			msix_release(f);
		return NULL;
	}
	l->function = f;
	l->entry = (uint16_t)msi->entry;
	if (msi->msix)
		f->msix_used++;
	else
		f->msi_line = l;
	program(l);
	return l;
}

static void clear_control(const struct pci_function *f, unsigned int reg, uint32_t bits)
{
	config_write(f, reg, 2, config_read(f, reg, 2) & ~bits);
}

/* The last message of a function switches it off. */
void msi_close(struct line *l)
{
	struct pci_function *f = l->function;

	if (l->kind == LINE_MSI) {
		clear_control(f, f->msi + MSI_CONTROL, MSI_ENABLE);
		f->msi_line = NULL;
	} else if (--f->msix_used == 0) {
		clear_control(f, f->msix + MSIX_CONTROL, MSIX_ENABLE);
		if (!f->prepared)
			msix_release(f);
	}
	line_free(l);
}

void msi_rewrite(struct pci_function *f)
{
	for (unsigned int i = GSI_MAX; i < LINES; i++)
		if (lines[i].kind != LINE_UNUSED && lines[i].function == f)
			program(&lines[i]);
}
