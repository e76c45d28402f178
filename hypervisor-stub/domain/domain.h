/* SPDX-License-Identifier: MIT */
/*
 * Domains and vCPUs: the two objects that everything else hangs on.
 *
 * Fields are grouped by the folder that owns them: only that folder writes them. A domain lives as
 * long as someone holds a reference (domain_get); it dies in steps (domain/destroy.c), each of which can
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
#include "sched/policy.h"
#include "time/timer.h"

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

struct cpu_policy;
struct evtchns;
struct grants;
struct rights;
struct pcpu;
struct pirqs;

#define SHUTDOWN_CODE_NONE (~0u)
#define DOMAIN_MAX_VCPUS   32 /* XEN_LEGACY_MAX_VCPUS: those with a vcpu_info in shared_info */

#ifndef DOMID_IDLE /* only <xen/xen.h> for the hypervisor itself names it */
#define DOMID_IDLE 0x7fff
#endif

enum domain_state { DOM_ALIVE, DOM_SHUTDOWN, DOM_DYING, DOM_DEAD };

struct domain {
	/* domain/: identity, set at creation and never changed */
	domid_t id;
	bool is_32bit;
	bool privileged;  /* domain 0: may touch devices and name other domains */
	bool is_xenstore; /* may learn who lives and who died (control/privilege.c) */
	char name[16];	  /* for reports: "d0", or what the boot module said */
	unsigned int max_vcpus;
	struct vcpu *vcpu[DOMAIN_MAX_VCPUS];

	/* domain/: life */
	struct list all;	    /* on domain_list, domain id order; lock: domain_list_lock */
	struct domain *bucket_next; /* others that are found in the same bucket; lock: its own */
	struct list dying;	    /* on one of destroy.c's lists; lock: dying_lock */
	_Atomic unsigned int refs;
	struct spinlock life; /* guards state, shutdown_code */
	enum domain_state state;
	unsigned int shutdown_code; /* SHUTDOWN_*, or SHUTDOWN_CODE_NONE */
	unsigned int kill_step;	    /* how far destroy.c's list of steps has come */
	bool crash_told;	    /* its crash report is out: domain_crash() */
	bool autodestroy; /* a boot module: nobody else would destroy it when it shut down */
	evtchn_port_t suspend_port; /* domctl subscribe: raised instead of VIRQ_DOM_EXC; 0: none */
	_Atomic unsigned int pause_count;
	struct timer watchdog[2]; /* SCHEDOP_watchdog: ids 1 and 2 */
	bool watchdog_used[2];
	uint8_t handle[16];

	/* mm/ */
	struct spinlock mm_lock;    /* this domain's page tables */
	struct spinlock pages_lock; /* first_frame, tot_pages */
	uint32_t first_frame;	    /* list of owned frames through frame.next; 0: none */
	uint32_t tot_pages, max_pages;
	uint32_t claimed_pages;	    /* free ones that are set aside for it; lock: heap */
	struct memory_map *own_map; /* XENMEM_set_memory_map; NULL: none */
	uint64_t compat_m2p;	    /* 32-bit: where its M2P begins */
	_Atomic uint64_t tlb_dirty; /* pCPUs whose TLB may hold its translations */
	uint32_t pt_force;	    /* pt_assist=force: emulate table writes unasked */
	struct domain *owner_next;  /* in the table of domains that own frames */
	uint32_t held_frames;	    /* of a dying domain: frames that others still hold */
	bool frames_awaited; /* the last of them to go calls domain_frames_gone(); pages_lock */
	uint32_t undo_head;  /* tables to undo (types_settle); lock: mm_lock */
	uint32_t serial;     /* never reused, unlike id: whose data a free frame holds */

	/* abi/ */
	void *shared_info; /* one heap page; only abi/shared.h looks inside */
	uint64_t vm_assist;

	/* sched/ */
	struct sched_group sched;     /* weight, cap, warp; lock: runq */
	_Atomic unsigned int pollers; /* vCPUs inside SCHEDOP_poll */

	/* event/, grant/ */
	struct evtchns *evtchn;
	struct grants *grants;

	/* pv/ */
	struct cpu_policy *cpu_policy; /* its own, set before it runs; NULL: as every guest */

	/* domain/rights.c: ports, device memory, interrupts; NULL: all if privileged, else none */
	struct rights *rights;

	/* irq/: its numbers for interrupts; NULL: it never asked for one. Lock: evtchn */
	struct pirqs *pirqs;

	/* pv/: what it last wrote into index registers that others use too */
	uint32_t pci_index;
	uint8_t rtc_index;

	/* control/domctl*; lock: control */
	unsigned int controller_pauses; /* of pause_count: those that a toolstack holds */
	bool created;			/* it may run, or did: it is complete */
	bool debugged;			/* setdebugging, told by getdomaininfo */
	uint32_t emulation_flags;	/* of createdomain, told by getdomaininfo */
	uint32_t tsc_mode, tsc_incarnation;
	uint64_t node_affinity;	  /* as a toolstack set it; 0: automatic */
	int64_t wallclock_offset; /* seconds that its wall clock is ahead of ours; lock: life */

	/* console/ and domain/console_ring.c */
	struct console_guest *console;
	mfn_t console_ring;    /* of a domain from a boot module; meaningless without a port */
	uint16_t console_port; /* 0: none */

	/* lib/guestimage: symbols of the kernel, for crash reports; NULL: none */
	struct guest_symbols *symbols;
};

#define HYPERCALL_ARGS 6

/*
 * A long hypercall keeps its place here, never in guest registers or guest memory (law 4). The inner
 * call of a multicall uses the same fields as one that stands alone; the multicall's own place is in
 * `multi`, with the copy of the entry that stopped half-way.
 */
struct continuation {
	bool active;  /* re-dispatch on the way back to the guest */
	bool started; /* progress belongs to the call that runs */
	uint32_t nr;
	uint64_t args[HYPERCALL_ARGS]; /* as the guest gave them */
	uint64_t progress[6];	       /* the handler's own; zero at its first entry */
	struct {
		bool running; /* inside a multicall: another one is refused */
		bool stopped; /* left with -ERESTART: this entry resumes it */
		bool inner;   /* entry `index` itself stopped half-way */
		uint32_t index;
		uint64_t nr;
		uint64_t args[HYPERCALL_ARGS];
	} multi;
};

struct call_record {
	uint32_t nr;
	uint64_t args[HYPERCALL_ARGS];
	int64_t rc; /* -ERESTART: not finished */
};

#define CALL_NO_INDEX (~0u) /* call_index: not a batch */

#define CALL_HISTORY 16

struct vcpu {
	/* The registers while it is not running; while it runs they are on the pCPU's stack. */
	struct cpu_user_regs regs;

	/* domain/ */
	struct domain *domain;
	unsigned int id;
	bool initialised;	  /* it has a state: VCPUOP_initialise, or a toolstack's */
	struct vcpu *initialiser; /* which vCPU is about that; lock: domain.life */

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
	unsigned int history_next;		  /* counts up; the record is at its remainder */
	const char *call_name;			  /* what runs now, for explanations */
	unsigned int call_index;		  /* element of a batch, or CALL_NO_INDEX */

	/* sched/; lock: runq, but see sched.c for what may be looked at without */
	struct {
		struct sched_unit unit; /* the policy's view of it */
		struct pcpu *cpu;	/* where it runs or ran last */
		bool running;		/* its registers are, or will be, on `cpu` */
		bool blocked, down;
		bool in_poll;	 /* blocked in SCHEDOP_poll */
		bool overridden; /* SCHEDOP_pin_override: unit.hard is not what was set */
		uint64_t hard;	 /* what was set */
		_Atomic unsigned int pause_count;
		struct vcpu_runstate_info runstate;
		gptr_t runstate_area; /* guest virtual address, 0: none */
		struct timer poll_timer;
		evtchn_port_t poll_port; /* the one port polled, or 0 for any */
		stime_t poll_deadline;	 /* 0: none */
	} sched;

	/* time/ */
	struct timer singleshot, periodic;
	uint64_t period; /* ns, 0: off */
	stime_t next_tick;
	gptr_t time_area; /* registered secondary time area; 0: none */

	/* event/; lock: the domain's evtchn lock */
	evtchn_port_t virq_port[NR_VIRQS]; /* 0: not bound */
};

extern struct list domain_list;

/*
 * The domain with this number, with a reference; NULL if there is none. It may be dying or dead: then
 * nothing new can be had of it, and each operation finds that out for itself, under its own lock.
 */
struct domain *domain_get(domid_t id);
/* The one with the lowest number that is not below `id`, with a reference; NULL: there is none. */
struct domain *domain_get_from(domid_t id);
/* Also resolves DOMID_SELF; DOMID_SELF is always the current domain. */
struct domain *domain_get_or_self(domid_t id);
void domain_hold(struct domain *d);
/* Calls fn for every listed domain, with the list locked: fn must be short and take no such lock. */
void domains_each(void (*fn)(struct domain *d));
void domain_put(struct domain *d);

/* What a new domain is to be: what boot/ decides, or the fields of XEN_DOMCTL_createdomain. */
struct domain_config {
	bool is_32bit;
	bool privileged;
	unsigned int max_vcpus; /* 1 to DOMAIN_MAX_VCPUS */
	uint8_t handle[16];
	/* Quotas; 0: what our options say (grants_option() is also the most), or what the ABI allows. */
	uint32_t max_evtchn_port;
	uint32_t max_grant_frames, max_maptrack_frames;
};

/*
 * Create with nothing in it: no memory, vCPUs not initialised. Everybody can find it from now on.
 * NULL, and why in *error: -EEXIST, the number is taken; -ENOMEM.
 */
struct domain *domain_create(domid_t id, const struct domain_config *config, int *error);
/* The guest's own wish, SHUTDOWN_*; for domain 0 this ends the machine and does not return. */
void domain_shutdown(struct domain *d, unsigned int reason);
/* Go on after a shutdown as if it had not been. 0, also if it runs; -EINVAL: it is being destroyed. */
int domain_resume(struct domain *d);
/* Start destroying; finishes in the background. Locks: none held that SOFTIRQ_SCHED could want. */
void domain_kill(struct domain *d);
/*
 * Start destroying, or go on. -ERESTART until everything is given back that can be, then 0; frames that
 * others hold keep the domain DOM_DEAD and findable until they let go. The caller holds a reference.
 */
long domain_destroy(struct domain *d);
/* mm/ calls: d waits for its frames (frames_awaited), and the last one has gone. Any lock may be held. */
void domain_frames_gone(struct domain *d);
/* destroy.c: at boot. */
void life_init(void);

/* vcpu.c. -ENOMEM leaves NULL. The vCPU is down and not initialised. */
struct vcpu *vcpu_create(struct domain *d, unsigned int id);
void vcpu_free(struct vcpu *v);
/*
 * vcpu_info.c: put v's vcpu_info at a place in a frame of its domain, once. -ENXIO, -EINVAL. And give
 * that frame up again (shared_info's own place is used from then on).
 */
long vcpu_register_info(struct vcpu *v, mfn_t mfn, uint32_t offset);
void vcpu_drop_info(struct vcpu *v);
/*
 * context.c: registers, tables and callbacks from the caller's vcpu_guest_context, in the layout of v's own
 * domain; *online: it says that the vCPU shall run. v does not run and cannot begin to.
 * Locks: domain.mm, taken here. -EFAULT, -EINVAL, -ENOMEM; -EOPNOTSUPP: v has other tables already;
 * -ERESTART: call again.
 */
int vcpu_set_context(struct vcpu *v, gptr_t context, bool *online);
/* context_get.c: the same the other way. v is paused and saved. -EFAULT, -ENOMEM. */
int vcpu_get_context(struct vcpu *v, gptr_t context);
/* As if it had never been initialised. v is paused and saved. -ERESTART: call again. */
int vcpu_reset(struct vcpu *v);
/*
 * width.c: make a domain without memory one of 32-bit addresses. Nothing is changed if it fails.
 * -ENOMEM. Its vCPUs have never run.
 */
int domain_set_32bit(struct domain *d);

/*
 * switch.c: give this pCPU from prev to next, and go there; never returns. Call from the scheduler's
 * softirq only, with no lock held.
 */
noreturn void context_switch(struct vcpu *prev, struct vcpu *next);

/*
 * The guest did something that cannot go on: full report (pv/crash.c), SHUTDOWN_crash. Returns: the
 * caller unwinds normally and the vCPU never runs again. Only the first reason is kept.
 */
void domain_crash(struct domain *d, const char *fmt, ...) printf_like(2, 3);

#define for_each_vcpu(d, v)                                           \
	for (unsigned int v##_i = 0; v##_i < (d)->max_vcpus; v##_i++) \
		if (((v) = (d)->vcpu[v##_i]) != NULL)

/* The idle vCPU of a pCPU is no guest: its domain is on no list and has no memory. */
static inline bool vcpu_is_idle(const struct vcpu *v)
{
	return v->domain->id == DOMID_IDLE;
}

static inline bool domain_is_live(const struct domain *d)
{
	return READ_ONCE(d->state) == DOM_ALIVE;
}

#endif
