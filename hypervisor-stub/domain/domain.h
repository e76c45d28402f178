/* SPDX-License-Identifier: MIT */
/*
 * Domains and vCPUs: the two objects that everything else hangs on.
 *
 * Fields are grouped by the folder that owns them: only that folder writes them. A domain lives as
 * long as someone holds a reference (domain_get); it dies in steps (domain/life.c), each of which can
 * be preempted. Lock order, outermost first: control, domain.life, domain.mm, grant.table,
 * grant.entry, evtchn.domain, domain.pages, heap, runq, timer, console. Interrupt handlers take none
 * of them: they raise softirqs.
 */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include "cpu/spinlock.h"
#include "lib/list.h"
#include "mm/mm.h"
#include "pv/pv.h"
#include "time/timer.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

struct evtchns;
struct grants;
struct pcpu;

#define DOMAIN_MAX_VCPUS 32 /* XEN_LEGACY_MAX_VCPUS: those with a vcpu_info in shared_info */

enum domain_state { DOM_ALIVE, DOM_SHUTDOWN, DOM_DYING, DOM_DEAD };

struct domain {
	/* domain/: identity, set at creation and never changed */
	domid_t id;
	bool is_32bit;
	bool privileged; /* domain 0: may touch devices and name other domains */
	char name[16];	 /* for reports: "d0", or what the boot module said */
	unsigned int max_vcpus;
	struct vcpu *vcpu[DOMAIN_MAX_VCPUS];

	/* domain/: life */
	struct list all; /* on domain_list, domain id order; lock: domain_list_lock */
	_Atomic unsigned int refs;
	struct spinlock life; /* guards state, shutdown_code */
	enum domain_state state;
	unsigned int shutdown_code;
	bool shutting_down;
	_Atomic unsigned int pause_count;
	uint8_t handle[16];

	/* mm/ */
	struct spinlock mm_lock;    /* this domain's page tables */
	struct spinlock pages_lock; /* first_frame, tot_pages */
	uint32_t first_frame;	    /* list of owned frames through frame.next; 0: none */
	uint32_t tot_pages, max_pages;
	uint64_t compat_m2p;	    /* 32-bit: where its M2P begins */
	_Atomic uint64_t tlb_dirty; /* pCPUs whose TLB may hold its translations */
	uint32_t pt_force;	    /* pt_assist=force: emulate table writes unasked */
	uint32_t undo_head;	    /* tables to undo (types_settle); lock: mm_lock */
	uint32_t serial;	    /* never reused, unlike id: whose data a free frame holds */

	/* abi/ */
	void *shared_info; /* one heap page; only abi/shared.h looks inside */
	uint64_t vm_assist;

	/* event/, grant/ */
	struct evtchns *evtchn;
	struct grants *grants;

	/* time/ */
	uint32_t wallclock_version;

	/* control/, irq/: what this domain may touch */
	uint8_t *ioports_denied; /* bitmap of 65536 ports, NULL: all denied unless privileged */

	/* console/ */
	struct console_guest *console;

	/* lib/guestimage: symbols of the kernel, for crash reports; NULL: none */
	struct guest_symbols *symbols;
};

/* A long hypercall keeps its place here, never in guest registers (law 4). */
struct continuation {
	bool active; /* re-dispatch on the way back to the guest */
	bool in_multicall;
	uint16_t nr;
	uint64_t args[6];     /* native */
	uint64_t progress[6]; /* the handler's own; zero at its first entry */
	uint64_t multi[6];    /* the outer multicall's progress */
};

struct call_record {
	uint16_t nr;
	uint64_t args[6];
	int64_t rc;
};

#define CALL_HISTORY 16

struct vcpu {
	/* The registers while it is not running; while it runs they are on the pCPU's stack. */
	struct cpu_user_regs regs;

	/* domain/ */
	struct domain *domain;
	unsigned int id;
	bool initialised; /* VCPUOP_initialise done */

	/* mm/ */
	struct frame *kernel_root; /* typed L4 or L3, referenced; NULL: none */
	struct frame *user_root;   /* 64-bit: typed L4, referenced; NULL: none */
	uint64_t *compat_l4;	   /* 32-bit: our own L4 page */
	maddr_t cr3;		   /* what to load now */

	/* pv/ */
	struct pv_vcpu pv;

	/* abi/ */
	void *vcpu_info;	       /* in shared_info or registered; abi/shared.h */
	struct frame *vcpu_info_frame; /* registered page, typed writable; NULL: in shared_info */
	struct continuation cont;
	struct call_record history[CALL_HISTORY]; /* ring; history_next is the oldest */
	unsigned int history_next;
	const char *call_name;	 /* what runs now, for explanations */
	unsigned int call_index; /* element of a batch */

	/* sched/ */
	struct {
		struct list queue;
		struct pcpu *cpu; /* where it runs or ran last */
		bool running, blocked, down, in_poll;
		_Atomic unsigned int pause_count;
		uint64_t pinned; /* affinity mask of pCPUs */
		void *policy;	 /* the policy's own */
		struct vcpu_runstate_info runstate;
		gptr_t runstate_area; /* guest virtual address, 0: none */
		struct timer poll_timer;
		uint16_t poll_port; /* one port, or 0 for many */
	} sched;

	/* time/ */
	struct timer singleshot, periodic;
	uint64_t period;  /* ns, 0: off */
	gptr_t time_area; /* registered secondary time area; 0: none */

	/* event/ */
	uint16_t virq_port[24]; /* 0: not bound; the domain's evtchn lock */
};

extern struct list domain_list;

/* The domain with this number, with a reference; NULL if there is none or it is dead. */
struct domain *domain_get(domid_t id);
/* Also resolves DOMID_SELF; DOMID_SELF is always the current domain. */
struct domain *domain_get_or_self(domid_t id);
void domain_hold(struct domain *d);
void domain_put(struct domain *d);

/* Create with nothing in it: no memory, vCPUs not initialised. NULL: no memory or number taken. */
struct domain *domain_create(domid_t id, bool is_32bit, bool privileged, unsigned int max_vcpus);
/* The guest's own wish, SHUTDOWN_*; for domain 0 this ends the machine. */
void domain_shutdown(struct domain *d, unsigned int reason);
/* Start destroying; finishes in the background. */
void domain_kill(struct domain *d);

/*
 * The guest did something that cannot go on: full report (pv/crash.c), SHUTDOWN_crash. Returns: the
 * caller unwinds normally and the vCPU never runs again. Only the first reason is kept.
 */
void domain_crash(struct domain *d, const char *fmt, ...) printf_like(2, 3);

#define for_each_vcpu(d, v)                                           \
	for (unsigned int v##_i = 0; v##_i < (d)->max_vcpus; v##_i++) \
		if (((v) = (d)->vcpu[v##_i]) != NULL)

static inline bool domain_is_live(const struct domain *d)
{
	return READ_ONCE(d->state) == DOM_ALIVE;
}

#endif
