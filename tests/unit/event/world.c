/* SPDX-License-Identifier: MIT */
/*
 * Two domains, and what event/ calls in the folders beside it.
 */
#include "world.h"
#include "console/console.h"
#include "domain/privilege.h"
#include "sched/sched.h"

#include <stdlib.h>
#include <string.h>

struct domain world_d1, world_d2;
struct vcpu world_v0, world_v1, world_peer;
unsigned int world_kicks, world_polls;

struct vcpu *test_current;
bool test_preempt;

static uint8_t shared[2][4096] __attribute__((aligned(4096)));

static void add_vcpu(struct domain *d, struct vcpu *v, unsigned int id)
{
	memset(v, 0, sizeof(*v));
	v->domain = d;
	v->id = id;
	v->vcpu_info = shared_vcpu_info(d, id);
	d->vcpu[id] = v;
	d->max_vcpus = id + 1;
}

static void make_domain(struct domain *d, domid_t id, bool is_32bit, uint8_t *page)
{
	memset(d, 0, sizeof(*d));
	memset(page, 0, 4096);
	d->id = id;
	d->refs = 1;
	d->is_32bit = is_32bit;
	d->shared_info = page;
	shared_info_init(d);
	evtchn_init(d, &(struct domain_config){ 0 });
}

void world_make(bool is_32bit)
{
	make_domain(&world_d1, 1, is_32bit, shared[0]);
	make_domain(&world_d2, 2, is_32bit, shared[1]);
	add_vcpu(&world_d1, &world_v0, 0);
	add_vcpu(&world_d1, &world_v1, 1);
	add_vcpu(&world_d2, &world_peer, 0);
	test_current = &world_v0;
	world_kicks = world_polls = 0;
}

void world_destroy(void)
{
	evtchn_destroy(&world_d1);
	evtchn_destroy(&world_d2);
	evtchn_free(&world_d1);
	evtchn_free(&world_d2);
}

/* ---- the neighbours ----------------------------------------------------------------------------- */

long refuse(long rc, const char *fmt, ...)
{
	(void)fmt;
	return rc;
}

void *kalloc(size_t size)
{
	return calloc(1, size);
}

void kfree(void *p)
{
	free(p);
}

void vcpu_kick(struct vcpu *v)
{
	(void)v;
	world_kicks++;
}

void poll_wake(struct domain *d, evtchn_port_t port)
{
	(void)d;
	(void)port;
	world_polls++;
}

void domain_hold(struct domain *d)
{
	d->refs++;
}

void domain_put(struct domain *d)
{
	d->refs--;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d = id == 1 ? &world_d1 : id == 2 ? &world_d2 : NULL;

	if (d)
		domain_hold(d);
	return d;
}

struct domain *domain_get_or_self(domid_t id)
{
	return domain_get(id == DOMID_SELF ? test_current->domain->id : id);
}

/* The table in one line: about others only a privileged one asks. */
long privilege_check(unsigned int hypercall, unsigned int op, const struct domain *target)
{
	(void)hypercall;
	(void)op;
	return target && target != test_current->domain && !test_current->domain->privileged
		       ? -EPERM
		       : 0;
}

size_t kalloc_size(const void *p)
{
	(void)p;
	return 0;
}

/* What fifo.c needs of memory: no guest of these tests gives pages for its events. */
struct list domain_list = LIST_INIT(domain_list);

int frame_get_typed(mfn_t mfn, struct domain *d, enum frame_type type)
{
	(void)mfn;
	(void)d;
	(void)type;
	return -EINVAL;
}

void frame_put_typed(struct frame *f)
{
	(void)f;
}

void audit_register(void (*report)(void))
{
	(void)report;
}

void audit_count(mfn_t mfn, unsigned int refs, unsigned int types)
{
	(void)mfn;
	(void)refs;
	(void)types;
}

void log_hv(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}
