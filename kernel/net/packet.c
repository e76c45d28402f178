/* SPDX-License-Identifier: MIT */
/*
 * Packets: one buffer each, with room in front.
 *
 * Frames up to a page come from whole pages, so that a driver can hand a page to a device or to another
 * domain and nothing else is in it; larger ones from blocks of consecutive pages.
 */
#include "net/net.h"

static unsigned order_for(size_t bytes)
{
	unsigned order = 0;

	while (PAGE_SIZE << order < bytes)
		order++;
	return order;
}

struct packet *packet_alloc(size_t len)
{
	unsigned order = order_for(len + PACKET_ROOM);
	struct packet *p;

	if (len > PACKET_MOST)
		return NULL;
	p = kzalloc(sizeof(*p));
	if (!p)
		return NULL;
	p->buffer = pages_alloc(order);
	if (!p->buffer) {
		kfree(p);
		return NULL;
	}
	p->order = order;
	p->data = (uint8_t *)p->buffer + PACKET_ROOM;
	p->len = (uint32_t)len;
	p->room = (uint32_t)((PAGE_SIZE << order) - PACKET_ROOM);
	list_init(&p->link);
	return p;
}

struct packet *packet_of_page(void *page, unsigned offset, uint32_t len)
{
	struct packet *p = kzalloc(sizeof(*p));

	if (!p) {
		page_put(machine_va_page(page));
		return NULL;
	}
	p->buffer = page;
	p->data = (uint8_t *)page + offset;
	p->len = len;
	p->room = PAGE_SIZE - offset;
	list_init(&p->link);
	return p;
}

void packet_free(struct packet *p)
{
	pages_free(p->buffer, p->order);
	kfree(p);
}

/* ---- addresses ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int mac_from_text(uint8_t *mac, const char *text)
{
	if (strlen(text) != 3 * ETH_ALEN - 1)
		return -EINVAL;
	for (unsigned i = 0; i < ETH_ALEN; i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
