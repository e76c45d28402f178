/* SPDX-License-Identifier: MIT */
/*
 * Debug keys that show domains: what they have, what their vCPUs wait for, what they did last.
 *
 * Run from the console's softirq. They only read, and what they show may be a moment old: no lock but the
 * list's is taken, so that they work in a machine that hangs.
 */
#include "domain/dump.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "pv/pv.h"

static const char *state_name(const struct domain *d)
{
	static const char *const names[] = { [DOM_ALIVE] = "alive",
					     [DOM_SHUTDOWN] = "shut down",
					     [DOM_DYING] = "dying",
					     [DOM_DEAD] = "dead" };

	return names[d->state];
}

static const char *wait_name(const struct vcpu *v)
{
	if (v->sched.down)
		return "down";
	if (v->sched.in_poll)
		return "polls";
	if (v->sched.blocked)
		return "blocked";
	return v->sched.running ? "runs" : "ready";
}

static void show_vcpu(const struct vcpu *v)
{
	log_info("  v%u: %s, pause count %u, upcall %s%s%s", v->id, wait_name(v),
		 v->sched.pause_count, vcpu_upcall_pending(v) ? "pending" : "not pending",
		 vcpu_upcall_mask(v) ? ", masked" : "",
		 v->cont.active ? ", a hypercall is unfinished" : "");
}

static void show_domain(const struct domain *d)
{
	const struct vcpu *v;

	log_info("d%u \"%s\": %u-bit%s, %s, %u references, %u of at most %u pages, pause count %u",
		 d->id, d->name, d->is_32bit ? 32 : 64, d->privileged ? ", privileged" : "",
		 state_name(d), d->refs, d->tot_pages, d->max_pages, d->pause_count);
	for_each_vcpu (d, v)
		show_vcpu(v);
}

static void show_domains(void)
{
	const struct domain *d;

	list_for_each (d, &domain_list, all)
		show_domain(d);
	log_info("%lu kB of memory are free", heap_free_pages() * 4);
}

static void show_registers(void)
{
	const struct domain *d;
	struct vcpu *v;

	/* Then those that run have their registers on their pCPU's stack. */
	cpus_park_others();
	list_for_each (d, &domain_list, all) {
		for_each_vcpu (d, v) {
			if (!v->initialised)
				continue;
			log_info("d%uv%u, %s:", d->id, v->id, wait_name(v));
			state_report(v);
		}
	}
	cpus_unpark();
}

static void run_audit(void)
{
	unsigned int differences = mm_audit();

	if (differences)
		log_error("audit: FAILED, %u differences", differences);
	else
		log_info("audit: clean");
}

void domain_dump_init(void)
{
	footprint_dump_init();
	zombie_dump_init();
	debug_key('q', "domains and what their vCPUs wait for", show_domains);
	debug_key('d', "registers, stack and last hypercalls of every vCPU", show_registers);
	debug_key('A', "audit: recount every reference and compare", run_audit);
}
