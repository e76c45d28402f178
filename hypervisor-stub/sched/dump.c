/* SPDX-License-Identifier: MIT */
/*
 * The debug key `r`: who runs on each pCPU, and who waits, in the order in which they will run.
 *
 * Takes the runq lock for one pCPU, or one waiting vCPU, at a time: the lines are made without it, since the
 * console is slow. So the picture may change while it is drawn.
 */
#include "sched/dump.h"
#include "console/console.h"
#include "sched/internal.h"

#define WAITING_MAX 64 /* as many as anybody will read */

struct waiting {
	domid_t domain;
	unsigned int vcpu;
	unsigned int weight, cap;
	uint64_t hard;
	int64_t behind; /* its key, from the first one's */
	bool held;
};

static void show_cpu(unsigned int cpu)
{
	const struct sched_cpu *c = &sched_cpus[cpu];
	const struct vcpu *v;
	domid_t domain;
	unsigned int id;
	uint64_t ran, length;
	bool timed;

	spin_lock(&runq);
	v = c->turn;
	domain = v->domain->id;
	id = v->id;
	ran = now() - c->since;
	length = c->length;
	timed = timer_is_set(&c->slice);
	spin_unlock(&runq);
	if (domain == DOMID_IDLE)
		log_info("  pCPU %u: idle for %lu us", cpu, ran / 1000);
	else
		log_info("  pCPU %u: d%uv%u for %lu us of %lu%s", cpu, domain, id, ran / 1000,
			 length / 1000, timed ? "" : ", nobody waits");
}

static unsigned int collect(struct waiting *w)
{
	unsigned int n = 0;

	spin_lock(&runq);
	runlist_for_each(policy->queue, node)
	{
		const struct vcpu *v = unit_vcpu(node_unit(node));

		if (n == WAITING_MAX)
			break;
		w[n++] = (struct waiting){
			.domain = v->domain->id,
			.vcpu = v->id,
			.weight = v->domain->sched.weight,
			.cap = v->domain->sched.cap,
			.hard = v->sched.unit.hard & sched_online(),
			.behind = (int64_t)(node->key - runlist_first(policy->queue)->key),
			.held = v->sched.unit.held,
		};
	}
	spin_unlock(&runq);
	return n;
}

static void show_queue(void)
{
	static struct waiting waiting[WAITING_MAX];
	unsigned int n;

	log_info("scheduler %s, turns of %lu us, rate limit %lu us, %u wait", policy->name,
		 sched_settings.slice / 1000, sched_settings.ratelimit / 1000,
		 policy->queue->count);
	for (unsigned int cpu = 0; cpu < max(pcpu_count, 1u); cpu++)
		show_cpu(cpu);
	n = collect(waiting);
	for (unsigned int i = 0; i < n; i++) {
		const struct waiting *w = &waiting[i];

		log_info("  %u. d%uv%u weight %u cap %u pCPUs %lx, %ld us behind%s", i + 1,
			 w->domain, w->vcpu, w->weight, w->cap, w->hard, w->behind / 1000,
			 w->held ? ", not saved yet" : "");
	}
}

void sched_dump_init(void)
{
	debug_key('r', "who runs, and who waits for a processor", show_queue);
}
