/* SPDX-License-Identifier: MIT */
/*
 * Split queues: chains of descriptors go out, and come back in any order.
 *
 * Free descriptors are a list through `next`. The driver publishes a chain by writing its head into the
 * available ring and then the ring's index; the device answers in the used ring in the same way. What
 * the device writes is believed as far as it makes sense: a head that was not given to it is reported.
 */
#include "virtio.h"

#define USED_NO_NOTIFY 1u

/* The other side is a device: the compiler must keep the order, the processor does (x86 stores). */
#define order() asm volatile("" : : : "memory")

bool virtq_add(struct virtq *q, const struct virtio_part *parts, unsigned count, void *token)
{
	struct virtq_page *p = q->page;
	uint16_t head = q->first_free, at = head, last = head;

	if (!count || count > q->free_count)
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct virtq_desc *d = &p->desc[at];

		d->address = machine_dma(parts[i].va);
		d->len = parts[i].len;
		d->flags = (parts[i].device_writes ? VIRTQ_WRITE : 0) | VIRTQ_NEXT;
		last = at;
		at = d->next;
	}
	p->desc[last].flags &= ~VIRTQ_NEXT;
	q->first_free = at;
	q->free_count -= count;
	q->token[head] = token;
	p->avail.ring[p->avail.index % q->size] = head;
	order();
	*(volatile uint16_t *)&p->avail.index += 1;
	return true;
}

void virtq_kick(struct virtq *q)
{
	asm volatile("mfence"
		     :
		     :
		     : "memory"); /* our index before their flag: a store before a load */
	if (!(*(volatile uint16_t *)&q->page->used.flags & USED_NO_NOTIFY))
		*q->doorbell = q->number;
}

static void free_chain(struct virtq *q, uint16_t head)
{
	struct virtq_desc *desc = q->page->desc;
	uint16_t at = head, count = 1;

	while (desc[at].flags & VIRTQ_NEXT) {
		at = desc[at].next;
		count++;
	}
	desc[at].next = q->first_free;
	q->first_free = head;
	q->free_count += count;
}

void *virtq_take(struct virtq *q, uint32_t *len)
{
	volatile struct virtq_used *used = &q->page->used;

	while (q->last_used != used->index) {
		uint32_t id, written;
		void *token;

		order();
		id = used->ring[q->last_used % q->size].id;
		written = used->ring[q->last_used % q->size].len;
		q->last_used++;
		token = id < q->size ? q->token[id] : NULL;
		if (!token) {
			printk("virtio: the device returned descriptor %u, which it does not have\n",
			       id);
			continue;
		}
		q->token[id] = NULL;
		free_chain(q, (uint16_t)id);
		if (len)
			*len = written;
		return token;
	}
	return NULL;
}
