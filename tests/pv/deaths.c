/* SPDX-License-Identifier: MIT */
/*
 * Every order of deaths: a granter, a mapper and what they share.
 *
 * Mechanism: a mapped frame, a handle and a channel join two domains; whichever end goes first, the
 * other finds a state that the ABI knows, and when both have let go nothing is left. A dying
 * domain of which others hold a frame stays a number with so many pages; it is gone with the last.
 * Steps: domain 0 directs pairs of domains (1 and 2, 3 and 4, ...), one pair for each line of a
 * table of orders: g granter dies, m mapper dies, u mapper unmaps, o mapper overwrites its entry, c
 * mapper closes its port, k mapper copies, K mapper copies without end while the next comes, s mapper sends.
 * After each letter the state of both ends is compared; the audit at the end finds what was left over.
 * Fails by: the order, the letter and what was found.
 * Run with: domu=32*mem=4M hv=dom0_mem=32M smp=1,2,4
 * Also runs on: real Xen, no: it starts a second domain only from a toolstack.
 */
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/pv.h"

#define MAILBOX	 8 /* grant references of each domain */
#define PAGE_RW	 20
#define PAGE_RO	 21
#define PATIENCE 20000000000ULL

#define MARK 0x5ca1ab1eUL

enum {
	NOTHING,
	GRANT,
	MAP,
	BIND,
	TOUCH,
	UNMAP,
	OVERWRITE,
	CLOSE,
	SEND,
	COPY,
	COPY_LOOP,
	STATUS,
	FLAGS,
	DIE
};

struct mailbox {
	volatile uint32_t asked, done; /* serial numbers of commands */
	volatile uint32_t command;
	volatile long arg[3];
	volatile long result;
};

/* Orders, and how the mapper maps (GNTMAP_*). */
static const struct {
	const char *events;
	uint32_t flags;
} orders[] = {
	{ "gum", GNTMAP_host_map },
	{ "gm", GNTMAP_host_map },
	{ "mg", GNTMAP_host_map },
	{ "umg", GNTMAP_host_map | GNTMAP_readonly },
	{ "ugsm", GNTMAP_host_map | GNTMAP_device_map },
	{ "gsum", GNTMAP_host_map | GNTMAP_device_map },
	{ "gm", GNTMAP_device_map },
	{ "gum", GNTMAP_device_map | GNTMAP_readonly },
	{ "cgum", GNTMAP_host_map },
	{ "gcm", GNTMAP_host_map | GNTMAP_readonly },
	{ "kcumg", GNTMAP_host_map },
	{ "kgkum", GNTMAP_host_map },
	{ "Kgum", GNTMAP_host_map },
	{ "cKgm", GNTMAP_host_map | GNTMAP_device_map },
	{ "ogm", GNTMAP_host_map },
	{ "okmg", GNTMAP_host_map | GNTMAP_readonly },
};

#define PAIRS ARRAY_SIZE(orders)

/* ---- the directed ------------------------------------------------------------------------------------- */

static struct {
	domid_t peer;
	uint32_t flags;
	grant_handle_t handle;
	uint64_t bus;
	unsigned long *page;
	int port;
} mine;

static grant_entry_v1_t *table;

static void nap(void)
{
	struct sched_poll poll = { .timeout = system_time() + 2000000 };

	hv_sched_op(SCHEDOP_poll, &poll);
}

static long do_grant(domid_t peer)
{
	mine.page = page_alloc();
	*mine.page = MARK;
	grant_access(PAGE_RW, peer, virt_to_mfn(mine.page), false);
	grant_access(PAGE_RO, peer, virt_to_mfn(mine.page), true);
	mine.port = evtchn_alloc_unbound(DOMID_SELF, peer);
	return mine.port;
}

static grant_ref_t my_ref(void)
{
	return mine.flags & GNTMAP_readonly ? PAGE_RO : PAGE_RW;
}

static long do_map(domid_t peer, uint32_t flags)
{
	struct gnttab_map_grant_ref op = { .dom = peer, .flags = flags };

	mine.peer = peer;
	mine.flags = flags;
	mine.page = (unsigned long *)window_init();
	op.ref = my_ref();
	op.host_addr = (unsigned long)mine.page;
	hv_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);
	mine.handle = op.handle;
	mine.bus = op.dev_bus_addr;
	return op.status;
}

static long do_unmap(void)
{
	struct gnttab_unmap_grant_ref op = { .handle = mine.handle };

	if (mine.flags & GNTMAP_host_map)
		op.host_addr = (unsigned long)mine.page;
	if (mine.flags & GNTMAP_device_map)
		op.dev_bus_addr = mine.bus;
	hv_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);
	return op.status;
}

static long do_touch(void)
{
	volatile unsigned long *p = mine.page;

	if (!(mine.flags & GNTMAP_host_map))
		return MARK;
	if (!(mine.flags & GNTMAP_readonly))
		*p = MARK;
	return (long)*p;
}

static long do_copy(void)
{
	static unsigned long *to;
	struct gnttab_copy c = { .len = sizeof(*to), .flags = GNTCOPY_source_gref };

	if (!to)
		to = page_alloc();
	*to = 0;
	c.source.u.ref = my_ref();
	c.source.domid = mine.peer;
	c.dest.u.gmfn = virt_to_mfn(to).m;
	c.dest.domid = DOMID_SELF;
	hv_grant_table_op(GNTTABOP_copy, &c, 1);
	return c.status == GNTST_okay && *to != MARK ? 77 : c.status;
}

static long do_copy_loop(void)
{
	long status;

	do
		status = do_copy();
	while (status == GNTST_okay);
	return status;
}

static long do_status(void)
{
	struct evtchn_status s = { 0 };
	int rc = evtchn_status(DOMID_SELF, mine.port, &s);

	return rc ? rc : (long)s.status;
}

static long obey(struct mailbox *box)
{
	switch (box->command) {
	case GRANT:
		return do_grant(box->arg[0]);
	case MAP:
		return do_map(box->arg[0], box->arg[1]);
	case BIND:
		mine.port = evtchn_bind_interdomain(box->arg[0], box->arg[1]);
		return mine.port;
	case TOUCH:
		return do_touch();
	case UNMAP:
		return do_unmap();
	case OVERWRITE:
		return map_va(mine.page, 0);
	case CLOSE:
		return evtchn_close(mine.port);
	case SEND:
		return evtchn_send(mine.port);
	case COPY:
		return do_copy();
	case COPY_LOOP:
		return do_copy_loop();
	case STATUS:
		return do_status();
	case FLAGS:
		return table[PAGE_RW].flags | table[PAGE_RO].flags;
	default:
		return 0;
	}
}

static void be_directed(void)
{
	struct sched_shutdown s = { SHUTDOWN_poweroff };
	struct mailbox *box = page_alloc();

	grant_access(MAILBOX, 0, virt_to_mfn(box), false);
	for (;;) {
		while (box->done == box->asked)
			nap();
		box->result = obey(box);
		barrier();
		box->done++;
		if (box->command == DIE)
			hv_sched_op(SCHEDOP_shutdown, &s);
	}
}

/* ---- the director ------------------------------------------------------------------------------------- */

static char mailboxes[2 * PAIRS + 1][PAGE_SIZE] __attribute__((aligned(4096)));
static grant_handle_t handles[2 * PAIRS + 1];

static const char *order; /* for reports */
static char letter;

static void patience(uint64_t end, const char *what)
{
	if (system_time() > end) {
		test_failure("order %s, at %c: %s", order, letter, what);
		test_exit();
	}
	hv_sched_op(SCHEDOP_yield, NULL);
}

static struct mailbox *box_of(domid_t d)
{
	return (struct mailbox *)mailboxes[d];
}

static void ask(domid_t d, uint32_t command, long a, long b)
{
	struct mailbox *box = box_of(d);

	box->arg[0] = a;
	box->arg[1] = b;
	box->command = command;
	barrier();
	box->asked++;
}

static long answer(domid_t d)
{
	uint64_t end = system_time() + PATIENCE;

	while (box_of(d)->done != box_of(d)->asked)
		patience(end, "no answer");
	return box_of(d)->result;
}

static long tell(domid_t d, uint32_t command, long a, long b)
{
	ask(d, command, a, b);
	return answer(d);
}

static void meet(domid_t d)
{
	uint64_t end = system_time() + PATIENCE;

	while (grant_map(MAILBOX, d, (unsigned long)mailboxes[d], GNTMAP_host_map, &handles[d]))
		patience(end, "a domain does not grant its mailbox");
}

/* Wait until so many pages are left of d; or -ESRCH. */
static void wait_pages(domid_t d, long want)
{
	uint64_t end = system_time() + PATIENCE;
	domid_t dom = d;

	while (hv_memory_op(XENMEM_current_reservation, &dom) != want)
		patience(end, want < 0 ? "a domain does not go away"
				       : "a dying domain keeps other pages than it should");
}

struct pair {
	domid_t granter, mapper;
	bool g_alive, m_alive, bound, copying;
	bool frame_held; /* the mapper holds the granter's frame ... */
	bool handle;	 /* ... and its handle */
};

/* What is left of a granter that ended. */
static void check_remains(const struct pair *p)
{
	if (!p->g_alive)
		wait_pages(p->granter, p->frame_held ? 1 : p->handle ? 0 : -XEN_ESRCH);
}

static void die(domid_t d)
{
	tell(d, DIE, 0, 0);
	expect(grant_unmap(handles[d], (unsigned long)mailboxes[d]), GNTST_okay, "unmap a mailbox");
}

static void granter_dies(struct pair *p)
{
	die(p->granter);
	p->g_alive = false;
	check_remains(p);
	if (p->copying)
		expect(answer(p->mapper), GNTST_bad_domain, "%s: the copy that went on", order);
	p->copying = false;
	if (p->bound)
		expect(tell(p->mapper, STATUS, 0, 0), EVTCHNSTAT_unbound, "%s: port", order);
	if (p->frame_held)
		expect(tell(p->mapper, TOUCH, 0, 0), MARK, "%s: a dead domain's page", order);
}

static void mapper_dies(struct pair *p)
{
	die(p->mapper);
	wait_pages(p->mapper, -XEN_ESRCH);
	p->m_alive = p->bound = p->frame_held = p->handle = false;
	check_remains(p);
	if (!p->g_alive)
		return;
	expect(tell(p->granter, FLAGS, 0, 0) & (GTF_reading | GTF_writing), 0, "%s: grants in use",
	       order);
	expect(tell(p->granter, STATUS, 0, 0), EVTCHNSTAT_unbound, "%s: port", order);
}

static void mapper_unmaps(struct pair *p)
{
	expect(tell(p->mapper, UNMAP, 0, 0), p->frame_held ? GNTST_okay : GNTST_general_error,
	       "%s: unmap", order);
	p->frame_held = p->handle = false;
	check_remains(p);
}

static void happen(struct pair *p)
{
	switch (letter) {
	case 'g':
		granter_dies(p);
		break;
	case 'm':
		mapper_dies(p);
		break;
	case 'u':
		mapper_unmaps(p);
		break;
	case 'o':
		expect(tell(p->mapper, OVERWRITE, 0, 0), 0, "%s: overwrite", order);
		p->frame_held = false;
		break;
	case 'c':
		expect(tell(p->mapper, CLOSE, 0, 0), 0, "%s: close", order);
		p->bound = false;
		if (p->g_alive)
			expect(tell(p->granter, STATUS, 0, 0), EVTCHNSTAT_unbound, "%s: port",
			       order);
		break;
	case 's':
		expect(tell(p->mapper, SEND, 0, 0), 0, "%s: send", order);
		break;
	case 'k':
		expect(tell(p->mapper, COPY, 0, 0), p->g_alive ? GNTST_okay : GNTST_bad_domain,
		       "%s: copy", order);
		break;
	case 'K':
		ask(p->mapper, COPY_LOOP, 0, 0);
		p->copying = true;
		break;
	}
}

static void begin(struct pair *p, uint32_t flags)
{
	long port;

	meet(p->granter);
	meet(p->mapper);
	port = tell(p->granter, GRANT, p->mapper, 0);
	ensure(port > 0, "unbound port: %ld", port);
	expect(tell(p->mapper, MAP, p->granter, flags), GNTST_okay, "%s: map", order);
	expect(tell(p->mapper, TOUCH, 0, 0), MARK, "%s: the mapping", order);
	ensure(tell(p->mapper, BIND, p->granter, port) > 0, "%s: bind", order);
}

static void direct(void)
{
	for (unsigned int i = 0; i < PAIRS; i++) {
		struct pair p = { .granter = 2 * i + 1,
				  .mapper = 2 * i + 2,
				  .g_alive = true,
				  .m_alive = true,
				  .bound = true,
				  .frame_held = true,
				  .handle = true };

		order = orders[i].events;
		letter = '-';
		begin(&p, orders[i].flags);
		for (const char *e = order; *e; e++) {
			letter = *e;
			happen(&p);
		}
		ensure(!p.g_alive && !p.m_alive, "order %s leaves somebody alive", order);
		wait_pages(p.granter, -XEN_ESRCH);
	}
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	table = grant_init();
	if (is_dom0())
		direct();
	else
		be_directed();
}
