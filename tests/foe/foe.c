/* SPDX-License-Identifier: MIT */
/*
 * A hostile guest: it connects its disk and its network as all do, and then breaks every rule.
 *
 * Mechanism: whatever a guest writes where domain 0 reads (rings, grants, the store, event channels), domain 0
 * goes on, the other guests go on, and all of it is given back when the guest is destroyed.
 * Steps: rounds of one misdeed each, drawn by chance; after each the store is asked for something honest, for it must
 * still answer. A device that its backend has given up is connected again. Then the rings of store and console are
 * spoiled too, and it goes on with noise everywhere until it is destroyed.
 * Fails by: what the tests around it see (tests/system/stack), or a line with `HOLE` in it: something that a
 * guest must not be able to do was done.
 * Command line: `guest seed=N rounds=N`.
 */
#include "foe.h"

#include <xen/io/console.h>

static uint32_t state;

uint32_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

uint32_t below(uint32_t n)
{
	return (draw() >> 8) % n;
}

uint32_t edge(void)
{
	static const uint32_t edges[] = { 0,	1,	2,	7,	    8,	  10,	11,
					  12,	13,	31,	32,	    33,	  255,	256,
					  257,	511,	512,	1023,	    1024, 4095, 4096,
					  4097, 0x7fff, 0xffff, 0x7fffffff, ~0u };

	return below(4) ? ONE_OF(edges) : draw();
}

void scribble(void *at, size_t n)
{
	uint8_t *p = at;

	for (size_t i = 0; i < n; i++)
		((volatile uint8_t *)p)[i] = (uint8_t)draw();
}

/* ---- grants ---- */

static char pages[GOOD_REFS][PAGE_SIZE] __attribute__((aligned(4096)));
static grant_entry_v1_t *table;

void *good_page(unsigned int n)
{
	return pages[n % GOOD_REFS];
}

void lend(grant_ref_t ref, const void *page)
{
	grant_access(ref, 0, virt_to_mfn(page), false);
}

/* The first ones belong to the toolstack, and the rings'. */
static void change_one(grant_ref_t ref)
{
	domid_t to = below(4) ? 0 : (domid_t)edge();

	if (!below(4)) {
		table[ref].flags = (uint16_t)draw();
		return;
	}
	if (below(3))
		grant_access(ref, to, virt_to_mfn(pages[below(GOOD_REFS)]), below(2));
	else
		grant_access(ref, to, MFN(below(2) ? edge() : hypervisor_mfn().m), below(2));
}

void change_grants(void)
{
	for (unsigned int n = below(200); n; n--)
		change_one(POOL_FIRST + below(POOL_REFS));
	/* What is mapped as a ring just now loses its grant, and gets it back. */
	for (grant_ref_t ref = 8; ref < 11; ref++) {
		uint16_t flags = table[ref].flags;

		table[ref].flags = (uint16_t)draw();
		hv_sched_op(SCHEDOP_yield, NULL);
		table[ref].flags = flags;
	}
}

grant_ref_t any_ref(void)
{
	switch (below(8)) {
	case 0:
		return edge();
	case 1:
	case 2:
		return POOL_FIRST + below(POOL_REFS);
	default:
		return 16 + below(GOOD_REFS);
	}
}

/* ---- devices ---- */

bool device_find(struct device *d, unsigned int id)
{
	snprintf(d->front, sizeof(d->front), "device/%s/%u", d->type, id);
	return store_read(d->front, "backend", d->back, sizeof(d->back));
}

static bool set_state(struct device *d, unsigned int value)
{
	return !store_printf(d->front, "state", "%u", value);
}

bool device_connect(struct device *d)
{
	int port = evtchn_alloc_unbound(DOMID_SELF, 0);

	if (d->port > 0)
		evtchn_close(d->port);
	d->port = port;
	return port > 0 && !store_printf(d->front, "event-channel", "%d", port) && d->offer(d) &&
	       set_state(d, XenbusStateConnected) &&
	       store_wait(d->back, XenbusStateConnected, XenbusStateConnected);
}

bool device_again(struct device *d)
{
	set_state(d, XenbusStateClosing);
	store_wait(d->back, XenbusStateClosing, XenbusStateClosed);
	set_state(d, XenbusStateClosed);
	store_wait(d->back, XenbusStateClosed, XenbusStateClosed);
	set_state(d, XenbusStateInitialising);
	store_wait(d->back, XenbusStateInitWait, XenbusStateInitWait);
	return device_connect(d);
}

void device_ring_bell(struct device *d)
{
	if (d->port > 0)
		evtchn_send(d->port);
}

/* ---- misdeeds ---- */

static void storm(void)
{
	for (unsigned int n = 0; n < 2000; n++) {
		device_ring_bell(&disk);
		device_ring_bell(&net);
		evtchn_send(start_info->store_evtchn);
		evtchn_send(start_info->console.domU.evtchn);
	}
}

/* Upcalls stay masked, for we want none; everything else of the page is anybody's guess. */
static void spoil_shared_info(void)
{
	scribble(shared_info->evtchn_pending, sizeof(shared_info->evtchn_pending));
	scribble(shared_info->evtchn_mask, sizeof(shared_info->evtchn_mask));
	scribble(&shared_info->vcpu_info[0].time, sizeof(shared_info->vcpu_info[0].time));
	scribble((char *)&shared_info->vcpu_info[1], sizeof(shared_info->vcpu_info[1]));
	scribble(&shared_info->arch, sizeof(shared_info->arch));
	upcall_mask(true);
}

/* More ports than anybody needs, all for domain 0; and they go again. */
static void ports(void)
{
	int port[256];
	unsigned int n = 0;

	while (n < ARRAY_SIZE(port) && (port[n] = evtchn_alloc_unbound(DOMID_SELF, 0)) > 0)
		n++;
	while (n)
		evtchn_close(port[--n]);
}

static void misdeed(void)
{
	switch (below(10)) {
	case 0:
	case 1:
	case 2:
		disk.misuse(&disk);
		break;
	case 3:
	case 4:
	case 5:
		net.misuse(&net);
		break;
	case 6:
		store_misuse(below(2) ? disk.front : net.front);
		break;
	case 7:
		storm();
		break;
	case 8:
		change_grants();
		break;
	case 9:
		spoil_shared_info();
		ports();
		break;
	}
}

static struct xencons_interface *console(void)
{
	return pfn_to_virt(mfn_to_pfn(MFN(start_info->console.domU.mfn)));
}

/* What we have said so far is for the tests to read. */
static void drain_console(void)
{
	const volatile struct xencons_interface *c = console();

	for (unsigned int n = 0; n < PATIENCE && c->out_cons != c->out_prod; n++)
		hv_sched_op(SCHEDOP_yield, NULL);
}

static void spoil_console(void)
{
	scribble(console(), sizeof(struct xencons_interface));
	evtchn_send(start_info->console.domU.evtchn);
}

static bool is_served(void)
{
	char value[16];

	return store_read("", "domid", value, sizeof(value));
}

static void begin(void)
{
	shared_info_map();
	upcall_mask(true);
	table = grant_init();
	for (unsigned int i = 0; i < GOOD_REFS; i++)
		lend(16 + i, pages[i]);
	for (unsigned int i = 0; i < POOL_REFS; i++)
		change_one(POOL_FIRST + i);
	if (!device_find(&disk, 51712) || !device_connect(&disk))
		printk("foe: its disk is not served\n");
	if (!device_find(&net, 0) || !device_connect(&net))
		printk("foe: its network is not served\n");
	printk("foe: connected\n");
}

void test_main(void)
{
	unsigned int rounds = argument("rounds=", 100), again = 0;

	state = argument("seed=", 1) * 2654435761u | 1;
	begin();
	for (unsigned int i = 0; i < rounds; i++) {
		misdeed();
		if (!below(4))
			again += device_again(below(2) ? &disk : &net);
		if (!is_served()) {
			printk("foe: the store does not answer in round %u\n", i);
			break;
		}
	}
	printk("foe: %u rounds done, %u connections again\n", rounds, again);
	drain_console();
	for (;;) {
		store_spoil();
		spoil_console();
		misdeed();
	}
}
