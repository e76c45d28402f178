/* SPDX-License-Identifier: MIT */
/*
 * What many domains cost: a small domain 0 makes them by domctl from its own image, and measures.
 *
 * Under QEMU's `-icount shift=0,sleep=off` a nanosecond of the guest's clock is one executed instruction of
 * the machine, so the figures are equal everywhere. The first word of the command line says what to measure;
 * a guest is told its role by its own command line. One line a figure: "bench NAME TENTHS".
 *
 *	costs			event round trip, grant map and copy, creation and destruction
 *	memory			what the machine has free, and what domain 0 has, in kB
 *	idle=N			turns of a loop here in a fixed time beside N domains that sleep
 *	spin=N time=MS		turns of all of N domains that count, and the time in 1024 ns
 *	weights=A:B:C time=MS	turns of three that count, with these weights
 */
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/pv.h"
#include "lib/toolstack.h"

enum { MOST = 128, PAGES = 1024, ROUNDS = 200, MADE = 10, LARGE_EXTENTS = 8 };
enum { READY, GO, COUNT, PORT, REF };
#define MS	  1000000ULL
#define GRANT_REF 9

static struct guest guest[MOST];
static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));

static void print_row(const char *name, uint64_t tenths)
{
	printk("bench %s %llu\n", name, (unsigned long long)tenths);
}

/* ---- what guests do ------------------------------------------------------------------------------ */

static void no_ticks(void)
{
	hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
}

static void sleep_on(evtchn_port_t port)
{
	struct sched_poll poll = { .nr_ports = 1 };

	set_xen_guest_handle(poll.ports, &port);
	hv_sched_op(SCHEDOP_poll, &poll);
	port_clear(port);
}

static void count_for_ever(struct mailbox_page *box)
{
	while (!box->word[GO])
		hv_sched_op(SCHEDOP_yield, NULL);
	for (;;)
		box->word[COUNT]++;
}

static void answer_events(struct mailbox_page *box)
{
	int port = evtchn_bind_interdomain(0, box->word[PORT]);

	box->word[READY] = 1;
	for (;;) {
		sleep_on((evtchn_port_t)port);
		evtchn_send((evtchn_port_t)port);
	}
}

static void lend_a_page(struct mailbox_page *box)
{
	grant_init();
	grant_access(GRANT_REF, 0, virt_to_mfn(shared_page), false);
	box->word[REF] = GRANT_REF;
	box->word[READY] = 1;
	for (;;)
		hv_sched_op(SCHEDOP_block, NULL);
}

/* The longest that a timer of half a millisecond was late, in ns, since we were told to look. */
static void sleep_for_ever(struct mailbox_page *box)
{
	evtchn_port_t timer = (evtchn_port_t)evtchn_bind_virq(VIRQ_TIMER, 0);

	box->word[READY] = 1;
	for (;;) {
		uint64_t deadline = system_time() + MS / 2;
		uint32_t late;

		hv_set_timer_op(deadline);
		sleep_on(timer);
		late = (uint32_t)(system_time() - deadline);
		if (box->word[GO] && late < 1u << 31 && late > box->word[COUNT])
			box->word[COUNT] = late;
	}
}

static void run_guest(void)
{
	struct mailbox_page *box = guest_mailbox();

	shared_info_map();
	no_ticks();
	if (guest_role("count")) {
		box->word[READY] = 1;
		count_for_ever(box);
	} else if (guest_role("answer")) {
		while (!box->word[PORT])
			hv_sched_op(SCHEDOP_yield, NULL);
		answer_events(box);
	} else if (guest_role("late")) {
		sleep_for_ever(box);
	} else if (guest_role("lend")) {
		lend_a_page(box);
	}
	box->word[READY] = 1;
	for (;;)
		hv_sched_op(SCHEDOP_block, NULL);
}

/* ---- making them ---------------------------------------------------------------------------------- */

static void make(unsigned int n, const char *role)
{
	struct guest_config config = { .cmdline = role, .pages = PAGES };

	for (unsigned int i = 0; i < n; i++)
		expect(toolstack_create(&guest[i], &config), 0, "create domain %u", i);
}

static void wait_ready(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		ensure(toolstack_wait_word(&guest[i], READY, 1, 60000), "domain %u is not ready",
		       i);
}

static void end(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		expect(toolstack_destroy(&guest[i]), 0, "destroy domain %u", i);
}

/* ---- costs ------------------------------------------------------------------------------------------- */

static void event_round_trip(void)
{
	uint64_t start;
	int port;

	make(1, "answer");
	port = evtchn_alloc_unbound(DOMID_SELF, guest[0].domid);
	guest[0].mailbox->word[PORT] = (uint32_t)port;
	wait_ready(1);
	start = rdtsc();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		evtchn_send((evtchn_port_t)port);
		sleep_on((evtchn_port_t)port);
	}
	print_row("event-round-trip", (rdtsc() - start) * 10 / ROUNDS);
	evtchn_close((evtchn_port_t)port);
	end(1);
}

static void grant_use(void)
{
	char *window = window_init();
	struct gnttab_copy copy = { .source.u.ref = GRANT_REF,
				    .len = PAGE_SIZE,
				    .flags = GNTCOPY_source_gref };
	grant_handle_t handle;
	uint64_t start;

	make(1, "lend");
	wait_ready(1);
	start = rdtsc();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		grant_map(GRANT_REF, guest[0].domid, (unsigned long)window, GNTMAP_host_map,
			  &handle);
		grant_unmap(handle, (unsigned long)window);
	}
	print_row("grant-map-unmap", (rdtsc() - start) * 10 / ROUNDS);
	copy.source.domid = guest[0].domid;
	copy.dest.domid = DOMID_SELF;
	copy.dest.u.gmfn = virt_to_mfn(shared_page).m;
	start = rdtsc();
	for (unsigned int i = 0; i < ROUNDS; i++)
		hv_grant_table_op(GNTTABOP_copy, &copy, 1);
	print_row("grant-copy-4k", (rdtsc() - start) * 10 / ROUNDS);
	ensure(copy.status == GNTST_okay, "the copy failed: %d", copy.status);
	end(1);
}

static void creation(void)
{
	struct guest_config config = { .cmdline = "idle", .pages = PAGES, .until = GUEST_READY };
	uint64_t made = 0, ended = 0, start;

	for (unsigned int i = 0; i < MADE; i++) {
		start = rdtsc();
		expect(toolstack_create(&guest[0], &config), 0, "create");
		made += rdtsc() - start;
		start = rdtsc();
		end(1);
		ended += rdtsc() - start;
	}
	print_row("create-4-MB", made * 10 / MADE);
	print_row("destroy-4-MB", ended * 10 / MADE);
}

/*
 * How late a sleeper wakes while domain 0 gives a third domain memory in extents of 16 MiB, all of it still full
 * of a dead domain's data.
 */
static int populate_large(domid_t domid)
{
	static unsigned long extent[LARGE_EXTENTS];
	struct xen_memory_reservation r = { .nr_extents = LARGE_EXTENTS,
					    .extent_order = 12,
					    .domid = domid };

	for (unsigned int i = 0; i < LARGE_EXTENTS; i++)
		extent[i] = (PAGES + (i << 12));
	set_xen_guest_handle(r.extent_start, extent);
	return hv_memory_op(XENMEM_populate_physmap, &r);
}

static void late_beside_scrubbing(void)
{
	struct guest_config config = { .cmdline = "idle", .pages = PAGES, .until = GUEST_READY };
	struct xen_domctl op = { 0 };

	make(1, "late");
	wait_ready(1);
	op.u.max_mem.max_memkb = (PAGES + (LARGE_EXTENTS << 12)) * 4;
	for (unsigned int i = 0; i < 4; i++) {
		expect(toolstack_create(&guest[1], &config), 0, "create");
		expect(domctl(XEN_DOMCTL_max_mem, guest[1].domid, &op), 0, "max_mem");
		/* The first two make the memory dirty. */
		guest[0].mailbox->word[GO] = i == 2;
		expect(populate_large(guest[1].domid), LARGE_EXTENTS, "extents of 16 MiB");
		if (i == 2)
			print_row("late-beside-scrubbing", guest[0].mailbox->word[COUNT] * 10ULL);
		expect(toolstack_destroy(&guest[1]), 0, "destroy");
	}
	end(1);
}

/* For a machine of known size: the rest is the hypervisor's. */
static void memory(void)
{
	struct xen_domctl_getdomaininfo own;

	expect(toolstack_info(0, &own), 0, "getdomaininfo");
	print_row("free-kB", toolstack_free_pages() * 40);
	print_row("own-kB", own.tot_pages * 40ULL);
}

/* ---- shares of the processor --------------------------------------------------------------------------- */

static void idle_beside(unsigned int n)
{
	volatile uint32_t turns = 0;
	uint64_t deadline;

	make(n, "idle");
	wait_ready(n);
	deadline = system_time() + 200 * MS;
	while (system_time() < deadline)
		turns++;
	print_row("turns-beside-idle", turns * 10ULL);
	end(n);
}

static void set_weight(const struct guest *g, uint16_t weight)
{
	struct xen_domctl op = { 0 };

	op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	op.u.scheduler_op.u.credit2.weight = weight;
	if (!domctl(XEN_DOMCTL_scheduler_op, g->domid, &op))
		return;
	op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
	op.u.scheduler_op.u.credit.weight = weight;
	op.u.scheduler_op.u.credit.cap = 0;
	expect(domctl(XEN_DOMCTL_scheduler_op, g->domid, &op), 0, "weight %u", weight);
}

/*
 * Everybody counts for so long while we sleep; each guest's turns are in its mailbox. How long it really was, in
 * units of 1024 ns: we have to wait for our own turn, too.
 */
static uint64_t let_count(unsigned int n, unsigned long ms)
{
	uint64_t start;

	wait_ready(n);
	start = system_time();
	for (unsigned int i = 0; i < n; i++)
		guest[i].mailbox->word[GO] = 1;
	toolstack_sleep((unsigned int)ms);
	for (unsigned int i = 0; i < n; i++)
		toolstack_pause(&guest[i]);
	return (system_time() - start) >> 10;
}

static void spin(unsigned int n, unsigned long ms)
{
	uint64_t turns = 0, time;

	make(n, "count");
	time = let_count(n, ms);
	for (unsigned int i = 0; i < n; i++)
		turns += guest[i].mailbox->word[COUNT];
	print_row("turns-of-all", turns * 10);
	print_row("time", time * 10);
	end(n);
}

static void weights(const char *list, unsigned long ms)
{
	unsigned int n = 0;

	for (const char *at = list; *at && *at != ' '; at++)
		n += at == list || at[-1] == ':';
	make(n, "count");
	for (unsigned int i = 0; i < n; i++) {
		set_weight(&guest[i], (uint16_t)strtoul(list, NULL, 10));
		while (*list >= '0' && *list <= '9')
			list++;
		list += *list == ':';
	}
	let_count(n, ms);
	for (unsigned int i = 0; i < n; i++)
		printk("bench share-%u %llu\n", i, guest[i].mailbox->word[COUNT] * 10ULL);
	end(n);
}

void test_main(void)
{
	const char *list = strstr((const char *)start_info->cmd_line, "weights=");
	unsigned long ms = argument("time=", 300);

	if (!is_dom0()) {
		run_guest();
		return;
	}
	toolstack_init();
	if (list)
		weights(list + 8, ms);
	else if (argument("spin=", 0))
		spin((unsigned int)argument("spin=", 0), ms);
	else if (strstr((const char *)start_info->cmd_line, "idle="))
		idle_beside((unsigned int)argument("idle=", 0));
	else if (strstr((const char *)start_info->cmd_line, "memory"))
		memory();
	else {
		event_round_trip();
		grant_use();
		creation();
		late_beside_scrubbing();
	}
}
