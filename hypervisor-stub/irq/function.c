/* SPDX-License-Identifier: MIT */
/*
 * PCI functions that send messages: which there are, and what of them is in use.
 *
 * Domain 0 finds them and announces each (PHYSDEVOP_pci_device_add); one that was not announced but is
 * there is as good. A record stays once it is made, also when the function is removed: what comes to its
 * place later is looked at anew. Lock: devices.
 */
#include "console/console.h"
#include "cpu/pci.h"
#include "event/event.h"
#include "irq/internal.h"
#include "lib/list.h"

/* clang-format off */
#define PCI_VENDOR	   0x00
#define PCI_STATUS	   0x06
#define STATUS_CAPS	   0x10u
#define PCI_CAPABILITIES   0x34
#define CAP_MSI		   0x05
#define CAP_MSIX	   0x11
#define CAP_CONTROL	   2
#define MSI_IS_64BIT	   (1u << 7)
#define MSI_HAS_MASK	   (1u << 8)
#define MSIX_LAST	   0x7ffu	/* control: last entry of the table */
#define CAP_FIRST	   0x40
#define CAPS_MAX	   48	/* a list that is longer is a circle */
/* clang-format on */

struct spinlock devices_lock = SPINLOCK_INIT(LOCK_DEVICES);
static struct list functions = LIST_INIT(functions);

struct pci_function *function_find(unsigned int segment, unsigned int bus, unsigned int devfn)
{
	struct pci_function *f;

	if (segment)
		return NULL;
	list_for_each (f, &functions, all)
		if (f->bus == bus && f->devfn == devfn)
			return f;
	return NULL;
}

static void note_capability(struct pci_function *f, unsigned int id, unsigned int at)
{
	uint32_t control = pci_read(f->bus, f->devfn, at + CAP_CONTROL, 2);

	if (id == CAP_MSI) {
		f->msi = (uint8_t)at;
		f->msi_64bit = control & MSI_IS_64BIT;
		f->msi_maskable = control & MSI_HAS_MASK;
	} else if (id == CAP_MSIX) {
		f->msix = (uint8_t)at;
		f->msix_entries = (uint16_t)((control & MSIX_LAST) + 1);
	}
}

static void read_capabilities(struct pci_function *f)
{
	unsigned int at;

	f->removed = false;
	f->msi = f->msix = 0;
	if (!(pci_read(f->bus, f->devfn, PCI_STATUS, 2) & STATUS_CAPS))
		return;
	at = pci_read(f->bus, f->devfn, PCI_CAPABILITIES, 1) & ~3u;
	for (unsigned int n = 0; at >= CAP_FIRST && n < CAPS_MAX; n++) {
		uint32_t head = pci_read(f->bus, f->devfn, at, 2);

		note_capability(f, head & 0xff, at);
		at = head >> 8 & ~3u;
	}
}

static struct pci_function *function_new(unsigned int bus, unsigned int devfn)
{
	struct pci_function *f = kalloc(sizeof(*f));

	if (!f)
		return NULL;
	f->bus = (uint8_t)bus;
	f->devfn = (uint8_t)devfn;
	f->removed = true;
	list_add(&functions, &f->all);
	return f;
}

struct pci_function *function_get(unsigned int segment, unsigned int bus, unsigned int devfn)
{
	struct pci_function *f = function_find(segment, bus, devfn);

	if (f && !f->removed)
		return f;
	if (segment || bus > 255 || devfn > 255 || pci_read(bus, devfn, PCI_VENDOR, 2) == 0xffff)
		return NULL;
	if (!f)
		f = function_new(bus, devfn);
	if (f)
		read_capabilities(f);
	return f;
}

/* What is announced need not be there: nothing is kept of it then, as nothing can come of it. */
long pci_function_add(unsigned int segment, unsigned int bus, unsigned int devfn)
{
	spin_lock(&devices_lock);
	(void)function_get(segment, bus, devfn);
	spin_unlock(&devices_lock);
	return 0;
}

static void drop_lines(struct pci_function *f)
{
	for (unsigned int i = GSI_MAX; i < LINES; i++) {
		struct line *l = &lines[i];

		if (l->kind != LINE_UNUSED && l->function == f) {
			struct domain *d = l->owner->domain;

			evtchn_lock(d);
			pirq_drop(l->owner);
			evtchn_unlock(d);
		}
	}
}

long pci_function_remove(unsigned int segment, unsigned int bus, unsigned int devfn)
{
	struct pci_function *f;

	spin_lock(&devices_lock);
	f = function_find(segment, bus, devfn);
	if (f) {
		drop_lines(f);
		msix_release(f);
		f->removed = true;
	}
	spin_unlock(&devices_lock);
	return 0;
}

static long no_function(unsigned int segment, unsigned int bus, unsigned int devfn)
{
	return refuse(-ENODEV, "there is no PCI function %04x:%02x:%02x.%u", segment, bus,
		      devfn >> 3, devfn & 7);
}

static long prepare(struct pci_function *f, bool release)
{
	long rc = 0;

	if (f->msix_used)
		return refuse(-EBUSY, "%u entries of the MSI-X table are mapped", f->msix_used);
	if (release)
		msix_release(f);
	else
		rc = msix_settle(f);
	f->prepared = !release && !rc;
	return rc;
}

long pci_msix_prepare(unsigned int segment, unsigned int bus, unsigned int devfn, bool release)
{
	struct pci_function *f;
	long rc = -ENODEV;

	spin_lock(&devices_lock);
	f = function_get(segment, bus, devfn);
	if (f && f->msix)
		rc = prepare(f, release);
	spin_unlock(&devices_lock);
	return rc == -ENODEV ? no_function(segment, bus, devfn) : rc;
}

long pci_msi_restore(unsigned int segment, unsigned int bus, unsigned int devfn)
{
	struct pci_function *f;

	spin_lock(&devices_lock);
	f = function_find(segment, bus, devfn);
	if (f && !f->removed)
		msi_rewrite(f);
	spin_unlock(&devices_lock);
	return f ? 0 : no_function(segment, bus, devfn);
}
