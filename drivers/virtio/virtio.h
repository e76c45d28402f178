/* SPDX-License-Identifier: MIT */
/*
 * Virtio over PCI, the modern interface: a device's registers and its queues.
 *
 * Names and numbers are those of the Virtual I/O Device specification 1.1. Memory that the device sees is
 * named by bus address, and no queue or buffer crosses a page: a guest's consecutive pages are not
 * consecutive to the device. Each queue has an interrupt of its own.
 */
#ifndef DRIVERS_VIRTIO_H
#define DRIVERS_VIRTIO_H

#include "kernel.h"
#include "lock.h"
#include "pci/pci.h"

#define VIRTIO_VENDOR	 0x1af4
#define VIRTIO_F_VERSION 32

/* Split queue, 2.6 of the specification. 128 entries: descriptors 2 KiB, so all of it is in one page. */
#define VIRTQ_SIZE 128

struct virtq_desc {
	uint64_t address;
	uint32_t len;
	uint16_t flags, next;
};

#define VIRTQ_NEXT  1u
#define VIRTQ_WRITE 2u /* by the device */

struct virtq_avail {
	uint16_t flags, index, ring[VIRTQ_SIZE], used_event;
};

struct virtq_used {
	uint16_t flags, index;
	struct {
		uint32_t id, len;
	} ring[VIRTQ_SIZE];
	uint16_t avail_event;
};

struct virtq_page {
	struct virtq_desc desc[VIRTQ_SIZE];
	struct virtq_avail avail;
	struct virtq_used used __attribute__((aligned(4)));
};

struct virtio_part {
	void *va;
	uint32_t len;
	bool device_writes;
};

/* Lock: the driver's own; nothing here takes one. */
struct virtq {
	struct virtq_page *page;
	volatile uint16_t *doorbell;
	uint16_t number, size, free_count, first_free, last_used;
	void *token[VIRTQ_SIZE]; /* of the chain that begins at this descriptor */
};

struct virtio {
	struct pci_device *pci;
	volatile struct virtio_common *common;
	volatile uint8_t *config; /* the device's own registers */
	uint8_t *notify;
	uint32_t notify_step;
	uint64_t features; /* agreed upon */
};

/* Reset, features agreed (those offered and wanted), queues not yet there. 0 or -errno. */
int virtio_open(struct virtio *v, struct pci_device *pci, uint64_t wanted);
static inline bool virtio_has(const struct virtio *v, unsigned feature)
{
	return v->features >> feature & 1;
}
/* A queue with an interrupt: vector `number` calls fn(data), masked. 0 or -errno. */
int virtio_queue(struct virtio *v, struct virtq *q, unsigned number, void (*fn)(void *data),
		 void *data);
/* All queues are there: the device may begin. */
void virtio_start(struct virtio *v);
/* It will not be used: the device forgets everything. */
void virtio_fail(struct virtio *v);

/* Parts become one chain; false: not enough room. No part crosses a page. */
bool virtq_add(struct virtq *q, const struct virtio_part *parts, unsigned count, void *token);
void virtq_kick(struct virtq *q);
/* The token of a finished chain and how many bytes the device wrote; NULL: none is finished. */
void *virtq_take(struct virtq *q, uint32_t *len);

extern const struct pci_driver virtio_blk_driver, virtio_net_driver;

#endif
