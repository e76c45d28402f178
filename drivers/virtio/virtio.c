/* SPDX-License-Identifier: MIT */
/*
 * The transport: finding a device's registers through its PCI capabilities, and its life cycle.
 *
 * Virtio 1.1, section 4.1.4: each vendor capability says in which BAR, where and how long one kind of
 * registers is. The order of initialisation is that of section 3.1.1.
 */
#include "virtio.h"

#define CAP_VENDOR 0x09

enum { CFG_COMMON = 1, CFG_NOTIFY = 2, CFG_DEVICE = 4 };
enum {
	STATUS_SEEN = 1,
	STATUS_DRIVER = 2,
	STATUS_OK = 4,
	STATUS_FEATURES = 8,
	STATUS_FAILED = 128
};

/* 4.1.4.3 */
struct virtio_common {
	uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
	uint16_t msix_config, queue_count;
	uint8_t status, generation;
	uint16_t queue_select, queue_size, queue_msix_vector, queue_enable, queue_notify_off;
	uint32_t queue_desc[2], queue_driver[2], queue_device[2];
};

#define NO_VECTOR 0xffff

_Static_assert(sizeof(struct virtq_page) <= PAGE_SIZE, "a queue is one page");

/* The registers of one kind, mapped; NULL: there are none. *extra is the word behind the capability. */
static void *map_kind(const struct pci_device *pci, unsigned kind, uint32_t *extra)
{
	unsigned at = 0;

	while ((at = pci_capability(pci, CAP_VENDOR, at))) {
		uint32_t length = pci_read(pci, at + 12, 4);

		if (pci_read(pci, at + 3, 1) != kind)
			continue;
		if (extra)
			*extra = pci_read(pci, at + 16, 4);
		return pci_map(pci, pci_read(pci, at + 4, 1), pci_read(pci, at + 8, 4), length);
	}
	return NULL;
}

static void add_status(struct virtio *v, uint8_t bit)
{
	v->common->status |= bit;
}

static void reset(struct virtio *v)
{
	v->common->status = 0;
	while (v->common->status)
		; /* 4.1.4.3.2: it is done when it reads as 0 */
}

static uint64_t offered(struct virtio *v)
{
	uint64_t features = 0;

	for (uint32_t half = 0; half < 2; half++) {
		v->common->device_feature_select = half;
		features |= (uint64_t)v->common->device_feature << 32 * half;
	}
	return features;
}

static bool agree(struct virtio *v, uint64_t wanted)
{
	v->features = offered(v) & (wanted | 1ull << VIRTIO_F_VERSION);
	for (uint32_t half = 0; half < 2; half++) {
		v->common->driver_feature_select = half;
		v->common->driver_feature = (uint32_t)(v->features >> 32 * half);
	}
	add_status(v, STATUS_FEATURES);
	return virtio_has(v, VIRTIO_F_VERSION) && v->common->status & STATUS_FEATURES;
}

int virtio_open(struct virtio *v, struct pci_device *pci, uint64_t wanted)
{
	int rc;

	v->pci = pci;
	pci_enable(pci);
	v->common = map_kind(pci, CFG_COMMON, NULL);
	v->notify = map_kind(pci, CFG_NOTIFY, &v->notify_step);
	v->config = map_kind(pci, CFG_DEVICE, NULL);
	if (!v->common || !v->notify || !v->config) {
		printk("virtio: no modern interface (QEMU: disable-modern=on?)\n");
		return -ENODEV;
	}
	rc = pci_msix_enable(pci);
	if (rc) {
		printk("virtio: no MSI-X\n");
		return rc;
	}
	reset(v);
	add_status(v, STATUS_SEEN);
	add_status(v, STATUS_DRIVER);
	v->common->msix_config = NO_VECTOR;
	if (agree(v, wanted))
		return 0;
	virtio_fail(v);
	return -EIO;
}

void virtio_start(struct virtio *v)
{
	add_status(v, STATUS_OK);
}

void virtio_fail(struct virtio *v)
{
	add_status(v, STATUS_FAILED);
}

static void set_address(volatile uint32_t *registers, const void *va)
{
	uint64_t dma = machine_dma(va);

	registers[0] = (uint32_t)dma;
	registers[1] = (uint32_t)(dma >> 32);
}

static void queue_init(struct virtq *q, unsigned number, unsigned size)
{
	q->number = (uint16_t)number;
	q->size = q->free_count = (uint16_t)size;
	for (unsigned i = 0; i < size; i++)
		q->page->desc[i].next = (uint16_t)(i + 1);
}

int virtio_queue(struct virtio *v, struct virtq *q, unsigned number, void (*fn)(void *data),
		 void *data)
{
	volatile struct virtio_common *c = v->common;
	pfn_t pfn = page_alloc_zeroed();
	unsigned size;
	int rc;

	if (pfn_is_none(pfn))
		return -ENOMEM;
	q->page = machine_page_va(pfn);
	c->queue_select = (uint16_t)number;
	size = min((unsigned)c->queue_size, (unsigned)VIRTQ_SIZE);
	rc = size ? machine_msix_bind(v->pci->at, number, v->pci->msix_table, fn, data) : -ENODEV;
	if (rc < 0) {
		page_put(pfn);
		return rc;
	}
	queue_init(q, number, size);
	c->queue_size = (uint16_t)size;
	c->queue_msix_vector = (uint16_t)number;
	set_address(c->queue_desc, q->page->desc);
	set_address(c->queue_driver, &q->page->avail);
	set_address(c->queue_device, &q->page->used);
	q->doorbell = (volatile uint16_t *)(v->notify + c->queue_notify_off * v->notify_step);
	c->queue_enable = 1;
	return c->queue_msix_vector == NO_VECTOR ? -EIO : 0;
}
