/* SPDX-License-Identifier: MIT */
/*
 * IN, OUT, INS and OUTS: whether the guest's code may, whether its domain may, and what happens then.
 *
 * The first question is the guest's own business: its virtual IOPL and I/O bitmap, which stand for
 * EFLAGS.IOPL and the TSS; "no" is a #GP. The second is ours: a port that the domain has no access to
 * reads as ones and ignores writes, as an empty bus does. Ports of devices that the hypervisor drives
 * belong to no domain; two that share an index register with us are emulated (RTC, PCI configuration).
 *
 * Lock: registers, around an access to an index and its data. The index that a domain wrote is the
 * domain's own (it may be moved to another pCPU, or another domain may come, between the two).
 */
#include "console/console.h"
#include "cpu/pci.h"
#include "domain/rights.h"
#include "pv/emulate.h"

#define PORT_RTC_INDEX 0x70
#define PORT_RTC_DATA  0x71

/* At most so many elements before the instruction is executed anew: work is bounded. */
#define STRING_BATCH 256

/* ---- may the guest's code? ---------------------------------------------------------------------- */

/* The bitmap is the kernel's memory, which a 64-bit guest's user tables do not map. */
static size_t copy_from_kernel(struct vcpu *v, void *to, uint64_t va, size_t bytes)
{
	bool toggle = !v->domain->is_32bit && !v->pv.kernel_mode;
	size_t left;

	if (toggle)
		toggle_mode(v);
	left = copy_from_guest(to, _gptr(va), bytes);
	if (toggle)
		toggle_mode(v);
	return left;
}

static bool bitmap_allows(struct vcpu *v, unsigned int port, unsigned int bytes)
{
	uint8_t bits[2] = { 0xff, 0xff };
	uint64_t at = v->pv.iobitmap.va + port / 8;

	if (port + bytes > v->pv.iobitmap_ports)
		return false;
	/* The bits of one access may lie in two bytes; the second one need not be readable otherwise. */
	if (copy_from_kernel(v, bits, at, port % 8 + bytes > 8 ? 2 : 1))
		return false;
	return !((bits[0] | bits[1] << 8) >> port % 8 & ((1u << bytes) - 1));
}

static bool guest_allows(struct vcpu *v, const struct cpu_user_regs *regs, unsigned int port,
			 unsigned int bytes)
{
	return iopl_allows(v, regs) || bitmap_allows(v, port, bytes);
}

/* ---- may the domain? ---------------------------------------------------------------------------- */

struct port_range {
	uint16_t first, last;
};

/* Driven by the hypervisor: interrupt controllers, PIT, the serial line of the console. */
static const struct port_range ours[] = {
	{ 0x20, 0x21 },
	{ 0x40, 0x43 },
	{ 0xa0, 0xa1 },
	{ 0x3f8, 0x3ff },
};

static bool domain_allows(const struct domain *d, unsigned int port, unsigned int bytes)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ours); i++)
		if (port <= ours[i].last && port + bytes > ours[i].first)
			return false;
	return right_held(d, RIGHT_PORT, port, port + bytes - 1);
}

/* ---- the access --------------------------------------------------------------------------------- */

static uint32_t port_read(uint16_t port, unsigned int bytes)
{
	switch (bytes) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	default:
		return inl(port);
	}
}

static void port_write(uint16_t port, unsigned int bytes, uint32_t value)
{
	switch (bytes) {
	case 1:
		outb(port, value);
		break;
	case 2:
		outw(port, value);
		break;
	default:
		outl(port, value);
		break;
	}
}

/* One access to a pair of ports; the lock keeps two domains' accesses apart. */
static struct spinlock rtc_lock = SPINLOCK_INIT(LOCK_REGISTERS);

static uint32_t rtc_access(uint8_t index, bool out, uint8_t value)
{
	irq_disable();
	spin_lock(&rtc_lock);
	outb(PORT_RTC_INDEX, index);
	if (out)
		outb(PORT_RTC_DATA, value);
	else
		value = inb(PORT_RTC_DATA);
	spin_unlock(&rtc_lock);
	irq_enable();
	return value;
}

/* The mechanism takes accesses within the four bytes of its data port only. */
static bool is_pci_data(unsigned int port, unsigned int bytes)
{
	return port >= PCI_PORT_DATA && port + bytes <= PCI_PORT_DATA + 4;
}

static uint32_t guest_in(struct vcpu *v, unsigned int port, unsigned int bytes)
{
	struct domain *d = v->domain;
	uint32_t value = ~0u;

	if (!domain_allows(d, port, bytes))
		return value;
	if (port == PCI_PORT_INDEX && bytes == 4)
		return d->pci_index;
	if (is_pci_data(port, bytes))
		return d->pci_index & PCI_ENABLE
			       ? pci_access_read(d->pci_index, port - PCI_PORT_DATA, bytes)
			       : value;
	if (port == PORT_RTC_INDEX && bytes == 1)
		return d->rtc_index;
	if (port == PORT_RTC_DATA && bytes == 1)
		return rtc_access(d->rtc_index, false, 0);
	return port_read((uint16_t)port, bytes);
}

static void guest_out(struct vcpu *v, unsigned int port, unsigned int bytes, uint32_t value)
{
	struct domain *d = v->domain;

	if (!domain_allows(d, port, bytes))
		return;
	if (port == PCI_PORT_INDEX && bytes == 4)
		d->pci_index = value;
	else if (is_pci_data(port, bytes) && (d->pci_index & PCI_ENABLE))
		pci_access_write(d->pci_index, port - PCI_PORT_DATA, bytes, value);
	else if (port == PORT_RTC_INDEX && bytes == 1)
		d->rtc_index = (uint8_t)value;
	else if (port == PORT_RTC_DATA && bytes == 1)
		(void)rtc_access(d->rtc_index, true, (uint8_t)value);
	else if (!is_pci_data(port, bytes))
		port_write((uint16_t)port, bytes, value);
}

/* ---- the instructions --------------------------------------------------------------------------- */

static bool plain_io(struct emulation *e, unsigned int port, unsigned int bytes, bool out)
{
	if (!guest_allows(e->v, e->regs, port, bytes))
		return false;
	if (out)
		guest_out(e->v, port, bytes, emulation_reg(e, REG_AX, bytes));
	else
		emulation_set_reg(e, REG_AX, bytes, guest_in(e->v, port, bytes));
	emulation_end(e);
	return true;
}

/* One element; false: a page fault was bounced. */
static bool string_element(struct emulation *e, unsigned int port, unsigned int bytes, bool out)
{
	unsigned int a = e->in.address_bytes, reg = out ? REG_SI : REG_DI;
	uint64_t offset = emulation_reg(e, reg, a), va;
	uint32_t value;

	if (out) {
		va = emulation_linear(e, insn_memory_segment(&e->in), offset);
		value = 0;
		if (!emulation_read(e, va, &value, bytes))
			return false;
		guest_out(e->v, port, bytes, value);
	} else {
		uint64_t bad;

		va = emulation_linear(e, SEG_ES, offset);
		/* Look before reading a port that may forget what it gave. */
		if (!guest_may_access(e->v, e->regs, va, bytes, true, &bad)) {
			value = 0;
			return emulation_write(e, va, &value, bytes);
		}
		value = guest_in(e->v, port, bytes);
		if (!emulation_write(e, va, &value, bytes))
			return false;
	}
	offset += e->regs->rflags & EFLAGS_DF ? -(uint64_t)bytes : bytes;
	emulation_set_reg(e, reg, a, offset);
	e->gpr[reg] = a == 2 ? (e->gpr[reg] & ~0xffffUL) | (uint16_t)offset : offset;
	return true;
}

static bool string_io(struct emulation *e, unsigned int port, unsigned int bytes, bool out)
{
	bool repeat = e->in.rep || e->in.repne;
	unsigned int a = e->in.address_bytes;
	uint64_t count = repeat ? emulation_reg(e, REG_CX, a) : 1;

	/* No repetition, no access: not even the permission is asked for. */
	if (count && !guest_allows(e->v, e->regs, port, bytes))
		return false;
	for (unsigned int done = 0; count && done < STRING_BATCH; done++) {
		if (!string_element(e, port, bytes, out))
			return true;
		count--;
		if (repeat)
			emulation_set_reg(e, REG_CX, a, count);
	}
	if (!count)
		emulation_end(e);
	return true;
}

/* Bit 0 of the opcode: byte or full size; bit 1: out; 0x6c-: string; 0xec-: port in dx. */
bool emulate_io(struct emulation *e)
{
	uint8_t op = e->in.opcode;
	unsigned int bytes = op & 1 ? min(e->in.operand_bytes, 4) : 1;
	unsigned int port = emulation_reg(e, REG_DX, 2);

	if (op < 0xe4)
		return string_io(e, port, bytes, op & 2);
	if (op < 0xec)
		port = e->in.immediate & 0xff;
	return plain_io(e, port, bytes, op & 2);
}

/* ---- PHYSDEVOP_set_iopl, PHYSDEVOP_set_iobitmap ------------------------------------------------- */

long pv_set_iopl(unsigned int iopl)
{
	if (iopl > 3)
		return refuse(-EINVAL, "there is no IOPL %u", iopl);
	current->pv.iopl = iopl;
	return 0;
}

long pv_set_iobitmap(gptr_t bitmap, unsigned int ports)
{
	struct vcpu *v = current;
	uint64_t end = bitmap.va + (ports + 7) / 8;

	if (ports > 65536)
		return refuse(-EINVAL, "a bitmap of %u ports: there are 65536", ports);
	if (v->domain->is_32bit ? end > v->domain->compat_m2p
				: bitmap.va < HV_VIRT_END && end > HV_VIRT_START)
		return refuse(-EINVAL, "the bitmap at %lx is in the hypervisor's area", bitmap.va);
	v->pv.iobitmap = bitmap;
	v->pv.iobitmap_ports = ports;
	return 0;
}
