/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines: a level-triggered one waits for its end of interrupt; MSI needs none.
 *
 * Mechanism: a line (GSI) is mapped to a PIRQ, which is its own number unless we wish otherwise, and bound
 * to a port. QEMU's "edu" device holds its line for as long as its interrupt is not acknowledged, so each
 * end of interrupt before that brings the next event, and after it none; between event and end of
 * interrupt the line is masked, or the machine would do nothing else. The bitmap of
 * PHYSDEVOP_pirq_eoi_gmfn_v2 says which PIRQs need the call. The same device can send MSI instead.
 * Steps: 1. refusals; 2. the bitmap; 3. event, silence, end of interrupt, again; 4. MSI.
 * Fails by: the operation, or the event that did not come or came too often.
 * Runs as: domain 0, alone.
 * Run with: device=edu
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pci.h"

#define VENDOR	    0x1234
#define DEVICE	    0x11e8
#define EDU_STATUS  (0x24 / 4)
#define EDU_RAISE   (0x60 / 4)
#define EDU_LOWER   (0x64 / 4)
#define EDU_PENDING 1

static unsigned int dev;
static volatile uint32_t *edu;
static uint8_t *bitmap;

static bool needs_eoi(int pirq)
{
	return bitmap[pirq / 8] >> pirq % 8 & 1;
}

static void pass_time(void)
{
	for (unsigned int i = 0; i < 2000; i++)
		hv_sched_op(SCHEDOP_yield, NULL);
}

static struct physdev_map_pirq line(int gsi, int pirq)
{
	return (struct physdev_map_pirq){ .type = MAP_PIRQ_TYPE_GSI, .index = gsi, .pirq = pirq };
}

static void check_refusals(int gsi)
{
	struct physdev_setup_gsi setup = { .gsi = 4000 };
	struct physdev_irq_status_query query = { .irq = (uint32_t)gsi };

	expect(map_pirq(line(4000, -1), NULL), -XEN_EINVAL, "a line beyond the last");
	expect(map_pirq(line(-1, -1), NULL), -XEN_EINVAL, "line -1");
	expect(bind_pirq(gsi, 0), -XEN_EPERM, "bind before mapping");
	expect(hv_physdev_op(PHYSDEVOP_setup_gsi, &setup), -XEN_EINVAL, "setup_gsi beyond");
	expect(hv_physdev_op(PHYSDEVOP_irq_status_query, &query), 0, "irq_status_query");
	expect(query.flags, XENIRQSTAT_needs_eoi, "its flags");
}

static void register_bitmap(void)
{
	struct physdev_pirq_eoi_gmfn op;

	bitmap = page_alloc();
	op.gmfn = hypervisor_mfn().m;
	expect(hv_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), -XEN_EINVAL,
	       "a bitmap in the hypervisor");
	op.gmfn = root_mfn().m;
	expect(hv_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), -XEN_EINVAL, "in a page table");
	op.gmfn = virt_to_mfn(bitmap).m;
	expect(hv_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), 0, "pirq_eoi_gmfn_v2");
	expect(hv_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), -XEN_EBUSY, "a second time");
}

static void check_line(int gsi)
{
	struct physdev_setup_gsi setup = { .gsi = gsi, .triggering = 1, .polarity = 1 };
	struct evtchn_status status = { .dom = DOMID_SELF };
	unsigned int had;
	int port, pirq;

	expect(map_pirq(line(gsi, gsi), &pirq), 0, "map");
	expect(pirq, gsi, "its PIRQ");
	expect(map_pirq(line(gsi, -1), &pirq), 0, "map again, with any number");
	expect(pirq, gsi, "its PIRQ again");
	expect(map_pirq(line(gsi, gsi + 100), NULL), -XEN_EEXIST, "map to another number");
	expect(hv_physdev_op(PHYSDEVOP_setup_gsi, &setup), 0, "setup_gsi");
	expect(hv_physdev_op(PHYSDEVOP_setup_gsi, &setup), -XEN_EEXIST, "setup_gsi again");
	port = bind_pirq(gsi, BIND_PIRQ__WILL_SHARE);
	ensure(port > 0, "bind: %d", port);
	expect(needs_eoi(gsi), true, "its bit in the bitmap");
	status.port = (evtchn_port_t)port;
	expect(hv_event_channel_op(EVTCHNOP_status, &status), 0, "status");
	expect(status.status, EVTCHNSTAT_pirq, "what it is");
	expect(status.u.pirq, gsi, "which it is");

	pass_time();
	had = port_count[port]; /* real Xen may have seen an interrupt of before */
	edu[EDU_RAISE] = EDU_PENDING;
	ensure(wait_for(&port_count[port], had + 1), "no event");
	/* Real Xen loses patience after a millisecond, and asks again. */
	pass_time();
	ensure(port_count[port] < had + 200, "%u events without an end of interrupt",
	       port_count[port]);
	had = port_count[port];
	expect(pirq_eoi(gsi), 0, "eoi");
	ensure(wait_for(&port_count[port], had + 1), "no event after eoi, with the line held");
	edu[EDU_LOWER] = EDU_PENDING;
	expect(pirq_eoi(gsi), 0, "eoi, line released");
	pass_time();
	had = port_count[port];
	pass_time();
	expect(port_count[port], had, "events of a line that nobody holds");
	edu[EDU_RAISE] = EDU_PENDING;
	ensure(wait_for(&port_count[port], had + 1), "no event the second time");
	edu[EDU_LOWER] = EDU_PENDING;
	expect(unmap_pirq(gsi), 0, "unmap with a port bound and an end of interrupt owed");
	expect(pirq_eoi(gsi + 100), -XEN_EINVAL, "eoi of what is not mapped");
}

static void check_msi(void)
{
	struct physdev_map_pirq op = {
		.type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1, .pirq = -1, .devfn = (int)dev
	};
	unsigned int cap = pci_capability(dev, PCI_CAP_MSI);
	int pirq, port;

	op.type = MAP_PIRQ_TYPE_MULTI_MSI;
	op.entry_nr = 2;
	expect(map_pirq(op, NULL), -XEN_EOPNOTSUPP, "two messages without an IOMMU");
	op.entry_nr = 33;
	expect(map_pirq(op, NULL), -XEN_EDOM, "33 messages");
	op.type = MAP_PIRQ_TYPE_MSI_SEG;
	expect(map_pirq(op, &pirq), 0, "map the message");
	port = bind_pirq(pirq, 0);
	ensure(port > 0, "bind: %d", port);
	pci_set(dev, cap + 2, 2, pci_get(dev, cap + 2, 2) | PCI_MSI_CONTROL_ENABLE);
	edu[EDU_RAISE] = EDU_PENDING;
	ensure(wait_for(&port_count[port], 1), "no event by message");
	edu[EDU_LOWER] = EDU_PENDING;
	/* Real Xen wants one here: this function's message has no mask bit. */
	expect(pirq_eoi(pirq), 0, "eoi of a message");
	edu[EDU_RAISE] = EDU_PENDING;
	ensure(wait_for(&port_count[port], 2), "no second event by message");
	edu[EDU_LOWER] = EDU_PENDING;
	expect(unmap_pirq(pirq), 0, "unmap");
	expect(pci_get(dev, cap + 2, 2) & PCI_MSI_CONTROL_ENABLE, 0, "enable bit, unmapped");
}

void test_main(void)
{
	char *window;
	int found;

	trap_init();
	shared_info_map();
	event_init();
	window = window_init();
	pci_init();
	found = pci_find(VENDOR, DEVICE);
	if (found < 0) {
		test_skip("no such device");
		return;
	}
	dev = (unsigned int)found;
	pci_set(dev, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	expect(map_va(window, pte(MFN(pci_bar(dev, 0) >> PAGE_SHIFT), PTE_KERN | PTE_PCD)), 0,
	       "map the device");
	edu = (void *)window;
	upcall_mask(false);
	register_bitmap();
	check_refusals((int)pci_get(dev, PCI_INTERRUPT_LINE, 1));
	check_line((int)pci_get(dev, PCI_INTERRUPT_LINE, 1));
	check_msi();
	upcall_mask(true);
}
