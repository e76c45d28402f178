/* SPDX-License-Identifier: MIT */
/*
 * MSI-X: a device's message becomes an event, and the hypervisor alone programs it.
 *
 * Mechanism: PHYSDEVOP_map_pirq with a table's address takes one entry of a function's MSI-X table: the
 * hypervisor chooses a vector and writes the entry; the number of the PIRQ is ours to choose, or its
 * (-1). A port bound to it opens the entry. The domain's own part is the enable bit in the capability.
 * From then on the table's page can only be mapped read-only, and stores to it are dropped. A message
 * needs no end of interrupt.
 * Steps: 1. refusals; 2. map, bind, switch on; 3. a virtqueue of QEMU's random number device, filled
 * twice; 4. the table's page; 5. a masked port keeps the event; 6. unmapped: silence; mapped again: not.
 * Fails by: the operation, or the event that did not come.
 * Runs as: domain 0, alone.
 * Run with: device=virtio-rng-pci
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pci.h"

/* The old interface of virtio: a port range, a ring in two pages of machine memory. */
#define VENDOR	       0x1af4
#define DEVICE	       0x1005
#define V_QUEUE_PFN    8
#define V_QUEUE_SIZE   12
#define V_QUEUE_SELECT 14
#define V_NOTIFY       16
#define V_STATUS       18
#define V_QUEUE_VECTOR 22 /* there while MSI-X is on */
#define V_DRIVER_OK    7
#define V_NO_VECTOR    0xffff

struct descriptor {
	uint64_t addr;
	uint32_t length;
	uint16_t flags, next;
};

#define DEVICE_WRITES 2

static char ring[3 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static unsigned int dev, port_base, cap;
static uint64_t table;

static struct physdev_map_pirq request(int entry, int pirq)
{
	return (struct physdev_map_pirq){ .type = MAP_PIRQ_TYPE_MSI,
					  .index = -1,
					  .pirq = pirq,
					  .bus = 0,
					  .devfn = (int)dev,
					  .entry_nr = entry,
					  .table_base = table };
}

static void check_refusals(void)
{
	struct physdev_map_pirq op = request(0, -1);
	int entries = (int)(pci_get(dev, cap + 2, 2) & 0x7ff) + 1;

	op.devfn = 0xf8;
	op.bus = 0xfe;
	expect(map_pirq(op, NULL), -XEN_ENODEV, "a function that is not there");
	expect(map_pirq(request(entries, -1), NULL), -XEN_EINVAL, "an entry beyond the table");
	op = request(0, -1);
	op.type = 7;
	expect(map_pirq(op, NULL), -XEN_EINVAL, "an unknown kind");
	expect(map_pirq(request(0, 5000), NULL), -XEN_EINVAL, "a PIRQ beyond the last");
	expect(bind_pirq(200, 0), -XEN_EPERM, "bind what is not mapped");
	expect(unmap_pirq(200), -XEN_EINVAL, "unmap what is not mapped");
	expect(unmap_pirq(-1), -XEN_EINVAL, "unmap -1");
	expect(pirq_eoi(5000), -XEN_EINVAL, "end of interrupt beyond the last");
}

/* Two pages that the device sees side by side: descriptors and what is ours, then what is its. */
static char *ring_pages(void)
{
	for (char *p = ring; p < ring + sizeof(ring) - PAGE_SIZE; p += PAGE_SIZE)
		if (virt_to_mfn(p + PAGE_SIZE).m == virt_to_mfn(p).m + 1)
			return p;
	return NULL;
}

static void start_queue(char *pages)
{
	port_out(port_base + V_STATUS, 1, 0);
	port_out(port_base + V_STATUS, 1, 3);
	port_out(port_base + V_QUEUE_SELECT, 2, 0);
	port_out(port_base + V_QUEUE_VECTOR, 2, 0);
	expect(port_in(port_base + V_QUEUE_VECTOR, 2), 0, "the queue's vector");
	port_out(port_base + V_QUEUE_PFN, 4, (uint32_t)virt_to_mfn(pages).m);
	port_out(port_base + V_STATUS, 1, V_DRIVER_OK);
}

/* Ask for eight random bytes: an interrupt says that they are there. */
static void ask(char *pages)
{
	static uint64_t random;
	unsigned int size = port_in(port_base + V_QUEUE_SIZE, 2);
	struct descriptor *d = (void *)pages;
	volatile uint16_t *avail = (void *)(pages + size * sizeof(*d));
	uint16_t index = avail[1];

	d[0] = (struct descriptor){ virt_to_maddr(&random), sizeof(random), DEVICE_WRITES, 0 };
	avail[2 + index % size] = 0;
	barrier();
	avail[1] = (uint16_t)(index + 1);
	barrier();
	port_out(port_base + V_NOTIFY, 2, 0);
}

/* New mappings are without RW, whatever was asked for. */
static void check_table(char *window)
{
	volatile uint32_t *entry = (void *)(window + table % PAGE_SIZE);
	uint32_t before;

	expect(map_va(window, pte(MFN(table >> PAGE_SHIFT), PTE_KERN | PTE_PCD)), 0,
	       "map the table");
	expect_u64(*pt_entry((unsigned long)window, 1) & PTE_RW, 0, "RW of its mapping");
	before = entry[2];
	ensure(before != 0, "the entry has no vector");
	entry[2] = 0x30;
	expect(entry[2], before, "the vector after a store");
	expect(map_va(window, 0), 0, "unmap it");
}

static void check_masked(evtchn_port_t port, char *pages)
{
	unsigned int had = port_count[port];

	port_mask(port);
	ask(pages);
	for (unsigned int i = 0; i < 100000 && !port_pending(port); i++)
		hv_sched_op(SCHEDOP_yield, NULL);
	expect(port_pending(port), true, "pending behind the mask");
	expect(port_count[port], had, "events of a masked port");
	expect(evtchn_unmask(port), 0, "EVTCHNOP_unmask");
	ensure(wait_for(&port_count[port], had + 1), "no event after the mask opened");
}

/* An interrupt that is not mapped goes nowhere, and its port is silent until it is closed. */
static void check_unmap(int pirq, evtchn_port_t port, char *pages)
{
	struct evtchn_close close = { .port = port };
	unsigned int had = port_count[port];
	int again, other;

	expect(unmap_pirq(pirq), 0, "unmap");
	ask(pages);
	ensure(!wait_for(&port_count[port], had + 1), "an event of an unmapped PIRQ");
	expect(hv_event_channel_op(EVTCHNOP_close, &close), 0, "close");
	expect(map_pirq(request(0, -1), &again), 0, "map again");
	other = bind_pirq(again, 0);
	ensure(other > 0, "bind again: %d", other);
	pci_set(dev, cap + 2, 2, PCI_MSIX_ENABLE);
	port_out(port_base + V_QUEUE_VECTOR, 2, 0);
	ask(pages);
	ensure(wait_for(&port_count[other], 1), "no event after mapping again");
}

static bool find_device(void)
{
	int found = pci_find(VENDOR, DEVICE);
	unsigned int bir;

	if (found < 0)
		return false;
	dev = (unsigned int)found;
	pci_set(dev, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	port_base = pci_get(dev, PCI_BAR(0), 4) & ~3u;
	cap = pci_capability(dev, PCI_CAP_MSIX);
	bir = pci_get(dev, cap + 4, 4);
	table = pci_bar(dev, bir & 7) + (bir & ~7u);
	return true;
}

void test_main(void)
{
	char *pages = ring_pages(), *window;
	int pirq, port;

	trap_init();
	shared_info_map();
	event_init();
	window = window_init();
	pci_init();
	if (!find_device() || !pages) {
		test_skip(pages ? "no such device" : "no two frames side by side");
		return;
	}
	check_refusals();
	expect(map_pirq(request(0, -1), &pirq), 0, "map");
	ensure(pirq >= 16, "PIRQ %d", pirq);
	port = bind_pirq(pirq, 0);
	ensure(port > 0, "bind: %d", port);
	expect(bind_pirq(pirq, 0), -XEN_EEXIST, "bind it twice");
	pci_set(dev, cap + 2, 2, PCI_MSIX_ENABLE);
	upcall_mask(false);
	start_queue(pages);
	ask(pages);
	ensure(wait_for(&port_count[port], 1), "the first event did not come");
	ask(pages);
	ensure(wait_for(&port_count[port], 2), "the second event did not come");
	expect(pirq_eoi(pirq), 0, "an end of interrupt that is not needed");
	check_table(window);
	check_masked((evtchn_port_t)port, pages);
	check_unmap(pirq, (evtchn_port_t)port, pages);
	port_out(port_base + V_STATUS, 1, 0);
	upcall_mask(true);
}
