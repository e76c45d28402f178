/* SPDX-License-Identifier: MIT */
/*
 * Domains made by a test that runs as domain 0, by domctl, in the order in which a toolstack does it.
 *
 * toolstack_init() once; then toolstack_create() makes a domain from an ELF image, usually the one
 * that came as the test's ramdisk ("Run with: guest=same" makes it the test's own image, whose
 * test_main() tells by is_dom0() which side it is). Domain and guest share one page, the mailbox: the
 * frame that start_info calls the store's, which no test needs for a store. The guest's console goes
 * through its ring, since a release build of real Xen refuses console_io to it: whoever waits for a
 * guest prints it. A guest's failed expectation ends it with SHUTDOWN_crash, else test_exit() is
 * SHUTDOWN_poweroff.
 *
 * One vCPU of domain 0 uses all this: no locks.
 */
#ifndef PV_TOOLSTACK_H
#define PV_TOOLSTACK_H

#include "mm.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

/* How far a guest is built; each phase includes those before it. */
enum guest_phase {
	GUEST_CREATED = 1, /* createdomain */
	GUEST_VCPUS,	   /* max_vcpus, set_address_size, max_mem */
	GUEST_HALF,	   /* half of its memory */
	GUEST_POPULATED,   /* all of it, its event channels */
	GUEST_LOADED,	   /* kernel, start_info, page tables as plain memory */
	GUEST_PINNED,	   /* its tables are tables */
	GUEST_READY,	   /* vCPU 0 has its registers: paused by us only */
	GUEST_RUNNING,
};

struct guest_config {
	const void *image; /* ELF file; NULL: the ramdisk of this test */
	size_t size;
	const char *cmdline;
	unsigned int pages;	/* 0: GUEST_PAGES */
	unsigned int vcpus;	/* 0: 1 */
	domid_t domid;		/* 0: the hypervisor chooses */
	enum guest_phase until; /* 0: GUEST_RUNNING */
};

#define GUEST_PAGES	1024
#define GUEST_MAX_PAGES 8192
#define GUEST_P2M_PAGES (GUEST_MAX_PAGES / 512)

/* What both ends agree on, as they like; 32 bits each, so that an access is one. */
struct mailbox_page {
	volatile uint32_t word[1024];
};

struct guest {
	domid_t domid;
	bool is_32bit;
	unsigned int pages, vcpus;
	enum guest_phase phase;
	mfn_t p2m[GUEST_P2M_PAGES]; /* frames of its frame list */
	mfn_t root, start_info, store, console, shared_info;
	evtchn_port_t store_port, console_port; /* its own ends */
	int console_local;			/* ours */
	struct mailbox_page *mailbox;
	void *ring;
	char line[200]; /* of its console, not printed yet */
	unsigned int line_used;
};

/* Bind VIRQ_DOM_EXC, make the window for foreign frames. Maps shared_info and installs traps. */
void toolstack_init(void);

/* 0, or the negative error of the step that failed, which has been printed; the guest is destroyed then. */
int toolstack_create(struct guest *g, const struct guest_config *config);
/* Go on with a guest that stands at an earlier phase. The domain stays if a step fails. */
int toolstack_build(struct guest *g, const struct guest_config *config, enum guest_phase until);
/*
 * Unmap what this library maps of it and destroy it. 0 once the domain is gone, -XEN_EBUSY if it is still
 * there after five seconds (somebody holds a page of it).
 */
int toolstack_destroy(struct guest *g);
/* XEN_DOMCTL_destroydomain alone, repeated while it is to be repeated. */
int toolstack_kill(const struct guest *g);
/* Wait until the number answers nobody any more; false after so many milliseconds. */
bool toolstack_gone(domid_t domid, unsigned int ms);

int toolstack_pause(const struct guest *g);
int toolstack_unpause(const struct guest *g);
/* -XEN_ESRCH if there is no such domain (the call itself answers with the next one). */
int toolstack_info(domid_t domid, struct xen_domctl_getdomaininfo *info);

/*
 * Wait, with our own vCPU given away, until the guest has shut down: returns the reason, or -1 after so
 * many milliseconds. Prints its console meanwhile.
 */
int toolstack_wait(struct guest *g, unsigned int ms);
/* Wait until word `n` of the mailbox is at least `value` (as the guest counts); false after a time. */
bool toolstack_wait_word(struct guest *g, unsigned int n, uint32_t value, unsigned int ms);
/* Sleep a while, so that others run. */
void toolstack_sleep(unsigned int ms);
/* Print what the guest wrote to its console ring. */
void toolstack_console(struct guest *g);
/* The port on which VIRQ_DOM_EXC arrives. */
extern int toolstack_dom_exc;
/* Has it come, or does it within a second? Takes it. The flags of a domain may tell a moment earlier. */
bool toolstack_take_dom_exc(void);

/* A frame of the guest by its pfn, from its own list. */
mfn_t guest_frame(const struct guest *g, unsigned long pfn);

/* Map one frame of another domain, or NULL (the error is in foreign_error). 512 at a time at most. */
void *foreign_map(domid_t domid, mfn_t mfn, bool writable);
void foreign_unmap(const void *page);
extern int foreign_error;

/* One domctl on a domain, with the interface version filled in. */
int domctl(unsigned int cmd, domid_t domid, struct xen_domctl *op);
int hv_sysctl(unsigned int cmd, struct xen_sysctl *op);
/* Free pages of the machine, those still to be scrubbed included. */
uint64_t toolstack_free_pages(void);

/* ---- the guest's side ------------------------------------------------------------------------ */

/* The page that it shares with domain 0. */
struct mailbox_page *guest_mailbox(void);
/* Is `word` the first word of the command line that the test gave it? */
bool guest_role(const char *word);

/* ---- toolstack_image.c, for toolstack.c ------------------------------------------------------ */

int toolstack_parse(struct guest *g, const struct guest_config *config);
/* Its frame list while it is built, by pfn. */
extern xen_pfn_t toolstack_frames[GUEST_MAX_PAGES];
int toolstack_load(struct guest *g, const struct guest_config *config);
int toolstack_pin(struct guest *g);
int toolstack_context(struct guest *g);

#endif
