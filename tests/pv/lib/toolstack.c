/* SPDX-License-Identifier: MIT */
/*
 * The life of a domain as its toolstack leads it: domctl, memory, event channels, waiting, the end.
 *
 * The order of the steps is that of libxc for a PV domain; what each leaves behind is a phase, so that
 * a test can stop between any two. Foreign frames are mapped by update_va_mapping_otherdomain in a window
 * of 512 pages; a free slot is one whose entry is empty.
 */
#include "toolstack.h"
#include "domctl.h"
#include "event.h"
#include "pv.h"

#include <xen/io/console.h>

int toolstack_dom_exc, foreign_error;
xen_pfn_t toolstack_frames[GUEST_MAX_PAGES];

#define FOREIGN (VIRT_BASE + 0x20200000UL)
#define MS	1000000ULL

static uint64_t *foreign_l1;

/* ---- foreign frames ------------------------------------------------------------------------------- */

static void foreign_init(void)
{
	foreign_l1 = page_alloc();
	if (page_make_ro(foreign_l1) ||
	    mmu_set(pt_entry_maddr(FOREIGN, 2), pte(virt_to_mfn(foreign_l1), PTE_TABLE))) {
		test_error("cannot link a level-1 table for foreign frames");
		test_exit();
	}
}

void *foreign_map(domid_t domid, mfn_t mfn, bool writable)
{
	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		unsigned long va = FOREIGN + i * PAGE_SIZE;

		if (((volatile uint64_t *)foreign_l1)[i] & PTE_P)
			continue;
		foreign_error =
			hv_update_va_mapping_otherdomain(va,
							 pte(mfn, writable ? PTE_KERN : PTE_KERN_R),
							 UVMF_INVLPG, domid);
		return foreign_error ? NULL : (void *)va;
	}
	foreign_error = -XEN_ENOSPC;
	return NULL;
}

void foreign_unmap(const void *page)
{
	if (page && map_va(page, 0))
		test_failure("cannot unmap a foreign frame at %p", page);
}

mfn_t guest_frame(const struct guest *g, unsigned long pfn)
{
	unsigned int word = g->is_32bit ? 4 : 8;
	const char *page = foreign_map(g->domid, g->p2m[pfn * word / PAGE_SIZE], false);
	unsigned long frame = ~0UL;

	if (page) {
		const char *at = page + pfn * word % PAGE_SIZE;

		frame = g->is_32bit ? *(const uint32_t *)at : (unsigned long)*(const uint64_t *)at;
	}
	foreign_unmap(page);
	return MFN(frame);
}

/* ---- control --------------------------------------------------------------------------------------- */

int domctl(unsigned int cmd, domid_t domid, struct xen_domctl *op)
{
	int rc;

	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	do
		rc = hv_domctl(op);
	while (rc == -XEN_EAGAIN);
	return rc;
}

int hv_sysctl(unsigned int cmd, struct xen_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall(__HYPERVISOR_sysctl, op, 0, 0, 0, 0);
}

uint64_t toolstack_free_pages(void)
{
	struct xen_sysctl op = { 0 };
	int rc = hv_sysctl(XEN_SYSCTL_physinfo, &op);

	if (rc)
		test_failure("sysctl physinfo: %s", errno_name(rc));
	return op.u.physinfo.free_pages + op.u.physinfo.scrub_pages;
}

int toolstack_info(domid_t domid, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = { 0 };
	int rc = domctl(XEN_DOMCTL_getdomaininfo, domid, &op);

	*info = op.u.getdomaininfo;
	return rc ? rc : op.domain == domid ? 0 : -XEN_ESRCH;
}

int toolstack_pause(const struct guest *g)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_pausedomain, g->domid, &op);
}

int toolstack_unpause(const struct guest *g)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_unpausedomain, g->domid, &op);
}

int toolstack_kill(const struct guest *g)
{
	struct xen_domctl op = { 0 };

	return domctl(XEN_DOMCTL_destroydomain, g->domid, &op);
}

/* ---- waiting ---------------------------------------------------------------------------------------- */

void toolstack_sleep(unsigned int ms)
{
	struct sched_poll poll = { .nr_ports = 0, .timeout = system_time() + ms * MS };

	hv_sched_op(SCHEDOP_poll, &poll);
}

bool toolstack_take_dom_exc(void)
{
	uint64_t end = system_time() + 1000 * MS;

	while (!port_pending((evtchn_port_t)toolstack_dom_exc)) {
		if (system_time() > end)
			return false;
		toolstack_sleep(1);
	}
	port_clear((evtchn_port_t)toolstack_dom_exc);
	return true;
}

bool toolstack_gone(domid_t domid, unsigned int ms)
{
	struct xen_domctl_getdomaininfo info;

	for (uint64_t end = system_time() + ms * MS; toolstack_info(domid, &info) != -XEN_ESRCH;) {
		if (system_time() > end)
			return false;
		toolstack_sleep(1);
	}
	return true;
}

void toolstack_console(struct guest *g)
{
	struct xencons_interface *ring = g->ring;
	XENCONS_RING_IDX at, end;

	if (!ring)
		return;
	at = ring->out_cons;
	end = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
	for (; at != end; at++) {
		char c = ring->out[MASK_XENCONS_IDX(at, ring->out)];

		if (c != '\n')
			g->line[g->line_used++] = c;
		if (c == '\n' || g->line_used == sizeof(g->line)) {
			printk("[d%u] %.*s\n", g->domid, (int)g->line_used, g->line);
			g->line_used = 0;
		}
	}
	__atomic_store_n(&ring->out_cons, at, __ATOMIC_RELEASE);
}

int toolstack_wait(struct guest *g, unsigned int ms)
{
	struct xen_domctl_getdomaininfo info;

	for (uint64_t end = system_time() + ms * MS;;) {
		toolstack_console(g);
		if (toolstack_info(g->domid, &info))
			return -1;
		if (info.flags & XEN_DOMINF_shutdown) {
			toolstack_console(g);
			return info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
		}
		if (system_time() > end)
			return -1;
		toolstack_sleep(1);
	}
}

bool toolstack_wait_word(struct guest *g, unsigned int n, uint32_t value, unsigned int ms)
{
	for (uint64_t end = system_time() + ms * MS; g->mailbox->word[n] < value;) {
		toolstack_console(g);
		if (system_time() > end)
			return false;
		toolstack_sleep(1);
	}
	toolstack_console(g);
	return true;
}

/* ---- building --------------------------------------------------------------------------------------- */

void toolstack_init(void)
{
	struct xen_domctl_getdomaininfo info;
	int rc = toolstack_info(0, &info);

	if (rc == -XEN_ENOSYS || rc == -XEN_EOPNOTSUPP) {
		test_skip("the hypervisor has no domctl");
		test_exit();
	}
	trap_init();
	shared_info_map();
	foreign_init();
	toolstack_dom_exc = evtchn_bind_virq(VIRQ_DOM_EXC, 0);
	if (toolstack_dom_exc < 0)
		test_failure("bind VIRQ_DOM_EXC: %s", errno_name(toolstack_dom_exc));
}

static int create(struct guest *g, const struct guest_config *config)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	int rc;

	c->max_vcpus = g->vcpus;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 64;
	c->max_maptrack_frames = 1024;
	c->grant_opts = XEN_DOMCTL_GRANT_version(2);
	rc = domctl(XEN_DOMCTL_createdomain, config->domid, &op);
	g->domid = op.domain;
	return rc;
}

static int size(struct guest *g)
{
	struct xen_domctl op = { 0 };
	int rc;

	op.u.max_vcpus.max = g->vcpus;
	rc = domctl(XEN_DOMCTL_max_vcpus, g->domid, &op);
	if (!rc && g->is_32bit) {
		op = (struct xen_domctl){ 0 };
		op.u.address_size.size = 32;
		rc = domctl(XEN_DOMCTL_set_address_size, g->domid, &op);
	}
	if (!rc) {
		op = (struct xen_domctl){ 0 };
		op.u.max_mem.max_memkb = g->pages * (PAGE_SIZE / 1024);
		rc = domctl(XEN_DOMCTL_max_mem, g->domid, &op);
	}
	return rc;
}

static int populate(struct guest *g, unsigned int from, unsigned int to)
{
	struct xen_memory_reservation r = { .domid = g->domid, .nr_extents = to - from };
	long rc;

	for (unsigned int pfn = from; pfn < to; pfn++)
		toolstack_frames[pfn] = pfn;
	set_xen_guest_handle(r.extent_start, toolstack_frames + from);
	rc = hv_memory_op(XENMEM_populate_physmap, &r);
	return rc < 0 ? (int)rc : rc == (long)(to - from) ? 0 : -XEN_ENOMEM;
}

/* Ports that the guest will find in its start_info; we take the other end of its console. */
static int channels(struct guest *g)
{
	int port = evtchn_alloc_unbound(g->domid, 0);

	if (port < 0)
		return port;
	g->store_port = (evtchn_port_t)port;
	port = evtchn_alloc_unbound(g->domid, 0);
	if (port < 0)
		return port;
	g->console_port = (evtchn_port_t)port;
	g->console_local = evtchn_bind_interdomain(g->domid, g->console_port);
	return g->console_local < 0 ? g->console_local : 0;
}

/* The frames may be looked at only after they came: the guest's words are in them from now on. */
static int share(struct guest *g)
{
	g->mailbox = foreign_map(g->domid, g->store, true);
	g->ring = foreign_map(g->domid, g->console, true);
	if (!g->mailbox || !g->ring)
		return foreign_error;
	memset((void *)g->mailbox, 0, PAGE_SIZE);
	memset(g->ring, 0, PAGE_SIZE);
	return 0;
}

static int step(struct guest *g, const struct guest_config *config, enum guest_phase phase)
{
	int rc;

	switch (phase) {
	case GUEST_CREATED:
		return create(g, config);
	case GUEST_VCPUS:
		return size(g);
	case GUEST_HALF:
		return populate(g, 0, g->pages / 2);
	case GUEST_POPULATED:
		rc = populate(g, g->pages / 2, g->pages);
		return rc ? rc : channels(g);
	case GUEST_LOADED:
		rc = toolstack_load(g, config);
		return rc ? rc : share(g);
	case GUEST_PINNED:
		return toolstack_pin(g);
	case GUEST_READY:
		return toolstack_context(g);
	case GUEST_RUNNING:
		return toolstack_unpause(g);
	}
	return -XEN_EINVAL;
}

int toolstack_build(struct guest *g, const struct guest_config *config, enum guest_phase until)
{
	static const char *const names[] = {
		"",	"createdomain", "max_vcpus, max_mem", "populate",      "populate more",
		"load", "pin",		"setvcpucontext",     "unpausedomain",
	};

	while (g->phase < until) {
		int rc = step(g, config, g->phase + 1);

		if (rc) {
			printk("toolstack: %s of d%u: %d (%s)\n", names[g->phase + 1], g->domid, rc,
			       errno_name(rc));
			return rc;
		}
		g->phase++;
	}
	return 0;
}

int toolstack_create(struct guest *g, const struct guest_config *config)
{
	int rc;

	memset(g, 0, sizeof(*g));
	g->pages = config->pages ? config->pages : GUEST_PAGES;
	g->vcpus = config->vcpus ? config->vcpus : 1;
	rc = toolstack_parse(g, config);
	if (!rc)
		rc = toolstack_build(g, config, config->until ? config->until : GUEST_RUNNING);
	if (rc && g->phase)
		toolstack_destroy(g);
	return rc;
}

int toolstack_destroy(struct guest *g)
{
	int rc;

	toolstack_console(g);
	foreign_unmap(g->mailbox);
	foreign_unmap(g->ring);
	g->mailbox = NULL;
	g->ring = NULL;
	if (g->console_local > 0)
		evtchn_close((evtchn_port_t)g->console_local);
	g->console_local = 0;
	rc = toolstack_kill(g);
	if (rc)
		return rc;
	return toolstack_gone(g->domid, 5000) ? 0 : -XEN_EBUSY;
}

/* ---- the guest's side ------------------------------------------------------------------------------ */

struct mailbox_page *guest_mailbox(void)
{
	return pfn_to_virt(mfn_to_pfn(MFN(start_info->store_mfn)));
}

bool guest_role(const char *word)
{
	const char *line = (const char *)start_info->cmd_line + sizeof(GUEST_MARK) - 1;
	size_t n = strlen(word);

	return !strncmp(line, word, n) && (!line[n] || line[n] == ' ' || line[n] == '=');
}
