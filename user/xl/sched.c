/* SPDX-License-Identifier: MIT */
/*
 * Who runs where, and how much: vCPUs, affinity, weights and caps.
 *
 * The hypervisor's default policy, borrowed virtual time, answers as "credit2" (it has weights and no caps),
 * the other as "credit": the ABI has no names of ours.
 */
#include "user/xl/xl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- sets of pCPUs ---- */

bool parse_cpus(const char *text, uint64_t *cpus)
{
	uint64_t set = 0;

	if (!strcmp(text, "all") || !strcmp(text, "any")) {
		*cpus = ~0ull;
		return true;
	}
	while (*text) {
		bool not = *text == '^';
		unsigned long from, to;
		char *end;

		text += not ;
		if (!isdigit((unsigned char)*text))
			return false;
		from = to = strtoul(text, &end, 10);
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		if (from > to || to > 63 || (*end && *end != ','))
			return false;
		for (unsigned long c = from; c <= to; c++)
			set = not ? set & ~(1ull << c) : set | 1ull << c;
		text = end + (*end == ',');
	}
	*cpus = set;
	return set != 0;
}

/* "0-2,5", "all". */
static void print_cpus(uint64_t set, unsigned pcpus)
{
	uint64_t all = pcpus < 64 ? (1ull << pcpus) - 1 : ~0ull;
	const char *comma = "";

	if ((set & all) == all) {
		fputs("all", stdout);
		return;
	}
	for (unsigned c = 0; c < pcpus; c++) {
		unsigned first = c;

		if (!(set >> c & 1))
			continue;
		while (c + 1 < pcpus && set >> (c + 1) & 1)
			c++;
		printf(c > first ? "%s%u-%u" : "%s%u", comma, first, c);
		comma = ",";
	}
}

static unsigned pcpu_count(void)
{
	struct xen_sysctl op = { 0 };

	return xc_sysctl(XEN_SYSCTL_physinfo, &op) < 0 ? 1 : op.u.physinfo.max_cpu_id + 1;
}

/* ---- affinity ---- */

static int affinity(unsigned domid, unsigned vcpu, bool set, uint64_t *hard, uint64_t *soft)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	int rc;

	a->vcpu = vcpu;
	a->flags = (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
	a->cpumap_hard.nr_bits = a->cpumap_soft.nr_bits = 64;
	if (hard) {
		set_xen_guest_handle(a->cpumap_hard.bitmap, (uint8_t *)hard);
		xc_touch(hard, sizeof(*hard));
	}
	if (soft) {
		set_xen_guest_handle(a->cpumap_soft.bitmap, (uint8_t *)soft);
		xc_touch(soft, sizeof(*soft));
	}
	rc = xc_domctl(set ? XEN_DOMCTL_setvcpuaffinity : XEN_DOMCTL_getvcpuaffinity,
		       (domid_t)domid, &op);
	return rc < 0 ? -1 : 0;
}

int set_affinity(unsigned domid, unsigned vcpu, uint64_t hard)
{
	if (!affinity(domid, vcpu, true, &hard, NULL))
		return 0;
	complain("vCPU %u of domain %u cannot run there: %s", vcpu, domid, strerror(errno));
	return -1;
}

struct listing {
	unsigned pcpus;
};

static void print_vcpus(const struct xen_domctl_getdomaininfo *d, void *data)
{
	const struct listing *l = data;
	char *name = domain_name(d->domain);

	for (unsigned v = 0; v <= d->max_vcpu_id; v++) {
		struct xen_domctl op = { .u.getvcpuinfo.vcpu = v };
		const struct xen_domctl_getvcpuinfo *i = &op.u.getvcpuinfo;
		uint64_t hard = 0, soft = 0;

		if (xc_domctl(XEN_DOMCTL_getvcpuinfo, d->domain, &op) < 0)
			continue;
		affinity(d->domain, v, false, &hard, &soft);
		printf("%-32s %5u %5u", name, d->domain, v);
		if (i->online)
			printf("%5u   %c%c-   %7.1f  ", i->cpu, i->running ? 'r' : '-',
			       i->blocked ? 'b' : '-', (double)i->cpu_time / 1e9);
		else
			printf("%5s   --p   %7.1f  ", "-", (double)i->cpu_time / 1e9);
		print_cpus(hard, l->pcpus);
		fputs(" / ", stdout);
		print_cpus(soft, l->pcpus);
		putchar('\n');
	}
	free(name);
}

int cmd_vcpu_list(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct listing l = { pcpu_count() };

	printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)",
	       "Affinity (Hard / Soft)");
	if (argc < 2) {
		domain_each(print_vcpus, &l);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		unsigned domid = domain_find(argv[i]);

		if (domid == DOMAIN_NONE || domain_info(domid, &info))
			return 1;
		print_vcpus(&info, &l);
	}
	return 0;
}

int cmd_vcpu_pin(int argc, char **argv)
{
	unsigned domid = domain_find(argv[1]), first = 0, last;
	struct xen_domctl_getdomaininfo info;
	uint64_t hard = 0, soft = 0;
	bool keep_hard, keep_soft = argc < 5;
	char *end;

	if (domid == DOMAIN_NONE || domain_info(domid, &info))
		return 1;
	last = info.max_vcpu_id;
	if (strcmp(argv[2], "all") != 0) {
		first = last = (unsigned)strtoul(argv[2], &end, 10);
		if (*end || first > info.max_vcpu_id)
			return complain("domain %u has no vCPU %s", domid, argv[2]);
	}
	keep_hard = !strcmp(argv[3], "-");
	if (!keep_hard && !parse_cpus(argv[3], &hard))
		return complain("\"%s\": write numbers of CPUs, as in 0-2,^1", argv[3]);
	if (!keep_soft && !parse_cpus(argv[4], &soft))
		return complain("\"%s\": write numbers of CPUs, as in 0-2,^1", argv[4]);
	for (unsigned v = first; v <= last; v++)
		if (affinity(domid, v, true, keep_hard ? NULL : &hard, keep_soft ? NULL : &soft))
			return complain("vCPU %u of domain %u cannot run there: %s", v, domid,
					strerror(errno));
	return 0;
}

/* ---- how many run ---- */

/*
 * The guest's kernel takes its vCPUs down and up: it watches cpu/N/availability. Those that it has not booted do not
 * exist for the hypervisor either.
 */
static int set_online(unsigned domid, unsigned wanted, unsigned there)
{
	char path[80];

	for (unsigned v = 0; v < there; v++) {
		const char *value = v < wanted ? "online" : "offline";

		snprintf(path, sizeof(path), "/local/domain/%u/cpu/%u/availability", domid, v);
		if (xs_write(xs_get(), 0, path, value, strlen(value)))
			return complain("domain %u cannot be told: %s", domid, strerror(errno));
	}
	return 0;
}

int cmd_vcpu_set(int argc, char **argv)
{
	static const struct option longs[] = { { "ignore-host", 0, NULL, 'i' }, { 0 } };
	struct xen_domctl_getdomaininfo info;
	bool ignore_host = false;
	unsigned domid, pcpus = pcpu_count();
	unsigned long wanted;
	char *end;
	int option;

	while ((option = next_option(argc, argv, "i", longs)) != -1) {
		if (option == '?')
			return 2;
		ignore_host = true;
	}
	if (argc - optind != 2)
		return complain("vcpu-set: a domain and a number"), 2;
	domid = domain_find(argv[optind]);
	if (domid == DOMAIN_NONE || domain_info(domid, &info))
		return 1;
	wanted = strtoul(argv[optind + 1], &end, 10);
	if (*end || !wanted)
		return complain("\"%s\" is no number of vCPUs", argv[optind + 1]);
	if (wanted > info.max_vcpu_id + 1)
		return complain("domain %u has %u vCPUs; maxvcpus of its configuration says so",
				domid, info.max_vcpu_id + 1);
	if (wanted > pcpus && !ignore_host)
		return complain("this machine has %u CPUs: %lu vCPUs only with -i", pcpus, wanted);
	return set_online(domid, (unsigned)wanted, info.max_vcpu_id + 1);
}

/* ---- weights and caps ---- */

static int scheduler(void)
{
	struct xen_sysctl op = { 0 };

	return xc_sysctl(XEN_SYSCTL_sched_id, &op) < 0 ? -1 : (int)op.u.sched_id.sched_id;
}

/* put: *weight and *cap are written, else read. The two structures are alike in what they mean. */
static int parameters(unsigned domid, int id, bool put, unsigned *weight, unsigned *cap)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_scheduler_op *s = &op.u.scheduler_op;
	bool is_credit2 = id == XEN_SCHEDULER_CREDIT2;
	int rc;

	s->sched_id = (uint32_t)id;
	s->cmd = put ? XEN_DOMCTL_SCHEDOP_putinfo : XEN_DOMCTL_SCHEDOP_getinfo;
	if (is_credit2) {
		s->u.credit2.weight = (uint16_t)*weight;
		s->u.credit2.cap = (uint16_t)*cap;
	} else {
		s->u.credit.weight = (uint16_t)*weight;
		s->u.credit.cap = (uint16_t)*cap;
	}
	rc = xc_domctl(XEN_DOMCTL_scheduler_op, (domid_t)domid, &op);
	if (rc >= 0 && !put) {
		*weight = is_credit2 ? s->u.credit2.weight : s->u.credit.weight;
		*cap = is_credit2 ? s->u.credit2.cap : s->u.credit.cap;
	}
	return rc < 0 ? -1 : 0;
}

void get_weight(unsigned domid, unsigned *weight, unsigned *cap)
{
	*weight = *cap = 0;
	parameters(domid, scheduler(), false, weight, cap);
}

const char *scheduler_name(void)
{
	return scheduler() == XEN_SCHEDULER_CREDIT2 ? "credit2" : "credit";
}

int set_weight(unsigned domid, unsigned weight, unsigned cap)
{
	unsigned w = 0, c = 0;
	int id = scheduler();

	if (parameters(domid, id, false, &w, &c) ||
	    parameters(domid, id, true, weight ? &weight : &w, cap ? &cap : &c)) {
		complain("domain %u: weight %u, cap %u: %s", domid, weight, cap, strerror(errno));
		return -1;
	}
	return 0;
}

static void print_weight(const struct xen_domctl_getdomaininfo *d, void *data)
{
	unsigned weight = 0, cap = 0;
	char *name = domain_name(d->domain);

	parameters(d->domain, *(int *)data, false, &weight, &cap);
	printf("%-33s %4d %6u %4u\n", name, d->domain, weight, cap);
	free(name);
}

static unsigned rate_limit(int id)
{
	struct xen_sysctl op = { .u.scheduler_op = { .sched_id = (uint32_t)id,
						     .cmd = XEN_SYSCTL_SCHEDOP_getinfo } };

	if (xc_sysctl(XEN_SYSCTL_scheduler_op, &op) < 0)
		return 0;
	return id == XEN_SCHEDULER_CREDIT2 ? op.u.scheduler_op.u.sched_credit2.ratelimit_us
					   : op.u.scheduler_op.u.sched_credit.ratelimit_us;
}

static int print_weights(int id, const char *which)
{
	struct xen_domctl_getdomaininfo info;
	unsigned domid = which ? domain_find(which) : 0;

	if (domid == DOMAIN_NONE || domain_info(domid, &info))
		return 1;
	if (!which)
		printf("Cpupool Pool-0: ratelimit=%uus\n", rate_limit(id));
	printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
	if (which)
		print_weight(&info, &id);
	else
		domain_each(print_weight, &id);
	return 0;
}

static int sched_command(int id, const char *name, int argc, char **argv)
{
	const char *which = NULL;
	unsigned weight = 0, cap = 0, domid;
	bool change = false, set_cap = false;
	int option;

	while ((option = next_option(argc, argv, "d:w:c:", NULL)) != -1) {
		if (option == 'd')
			which = optarg;
		else if (option == 'w')
			weight = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'c')
			cap = (unsigned)strtoul(optarg, NULL, 10), set_cap = true;
		else
			return 2;
		change |= option != 'd';
	}
	if (scheduler() != id)
		return complain("the hypervisor does not run the scheduler %s (boot option sched=)",
				name);
	if (!change)
		return print_weights(id, which);
	if (!which)
		return complain("whose? -d DOMAIN");
	domid = domain_find(which);
	if (domid == DOMAIN_NONE)
		return 1;
	if (set_cap && !weight) {
		unsigned now = 0, old;

		parameters(domid, id, false, &now, &old);
		weight = now;
	} else if (!set_cap) {
		unsigned old;

		parameters(domid, id, false, &old, &cap);
	}
	return parameters(domid, id, true, &weight, &cap)
		       ? complain("weight %u, cap %u: %s", weight, cap, strerror(errno))
		       : 0;
}

int cmd_sched_credit(int argc, char **argv)
{
	return sched_command(XEN_SCHEDULER_CREDIT, "credit", argc, argv);
}

int cmd_sched_credit2(int argc, char **argv)
{
	return sched_command(XEN_SCHEDULER_CREDIT2, "credit2", argc, argv);
}
