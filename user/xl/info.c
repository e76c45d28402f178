/* SPDX-License-Identifier: MIT */
/*
 * What is only looked at: the machine, the hypervisor's messages, who uses the processors.
 */
#include "user/xl/xl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static int physinfo(struct xen_sysctl_physinfo *info)
{
	struct xen_sysctl op = { 0 };

	if (xc_sysctl(XEN_SYSCTL_physinfo, &op) < 0)
		return -1;
	*info = op.u.physinfo;
	return 0;
}

uint64_t free_pages(void)
{
	struct xen_sysctl_physinfo info;

	return physinfo(&info) ? 0 : info.free_pages + info.scrub_pages;
}

/* A text of the version hypercall, into buf. */
static const char *version_text(unsigned cmd, char *buf, size_t size)
{
	memset(buf, 0, size);
	if (xc_version(cmd, buf, size) < 0)
		buf[0] = '\0';
	return buf;
}

static void print_host(void)
{
	struct utsname u;

	uname(&u);
	printf("host                   : %s\n", u.nodename);
	printf("release                : %s\n", u.release);
	printf("version                : %s\n", u.version);
	printf("machine                : %s\n", u.machine);
}

static void print_machine(const struct xen_sysctl_physinfo *p)
{
	printf("nr_cpus                : %u\n", p->nr_cpus);
	printf("max_cpu_id             : %u\n", p->max_cpu_id);
	printf("nr_nodes               : %u\n", p->nr_nodes);
	printf("cores_per_socket       : %u\n", p->cores_per_socket);
	printf("threads_per_core       : %u\n", p->threads_per_core);
	printf("cpu_mhz                : %.3f\n", p->cpu_khz / 1000.0);
	printf("hw_caps                : ");
	for (unsigned i = 0; i < 8; i++)
		printf("%08x%c", p->hw_cap[i], i < 7 ? ':' : '\n');
	printf("virt_caps              :%s\n",
	       p->capabilities & XEN_SYSCTL_PHYSCAP_pv ? " pv" : "");
	printf("total_memory           : %llu\n", (unsigned long long)p->total_pages / 256);
	printf("free_memory            : %llu\n",
	       (unsigned long long)(p->free_pages + p->scrub_pages) / 256);
	/* Nothing is shared behind domains' backs, and no CPU is outside of the pool. */
	printf("sharing_freed_memory   : 0\n");
	printf("sharing_used_memory    : 0\n");
	printf("outstanding_claims     : %llu\n", (unsigned long long)p->outstanding_pages / 256);
	printf("free_cpus              : 0\n");
}

static void print_hypervisor(void)
{
	struct xen_platform_parameters parameters;
	struct xen_compile_info compiled;
	char text[1024];
	long v = xc_version(XENVER_version, NULL, 0);
	struct xen_sysctl op = { 0 };

	printf("xen_major              : %ld\n", v >> 16);
	printf("xen_minor              : %ld\n", v & 0xffff);
	printf("xen_extra              : %s\n",
	       version_text(XENVER_extraversion, text, sizeof(xen_extraversion_t)));
	printf("xen_version            : %ld.%ld%s\n", v >> 16, v & 0xffff, text);
	printf("xen_caps               : %s\n",
	       version_text(XENVER_capabilities, text, sizeof(xen_capabilities_info_t)));
	if (xc_sysctl(XEN_SYSCTL_sched_id, &op) >= 0)
		printf("xen_scheduler          : %s\n",
		       op.u.sched_id.sched_id == XEN_SCHEDULER_CREDIT2 ? "credit2" : "credit");
	printf("xen_pagesize           : 4096\n");
	memset(&parameters, 0, sizeof(parameters));
	xc_version(XENVER_platform_parameters, &parameters, sizeof(parameters));
	printf("platform_params        : virt_start=0x%lx\n", parameters.virt_start);
	printf("xen_changeset          : %s\n",
	       version_text(XENVER_changeset, text, sizeof(xen_changeset_info_t)));
	printf("xen_commandline        : %s\n",
	       version_text(XENVER_commandline, text, sizeof(xen_commandline_t)));
	xc_version(XENVER_compile_info, memset(&compiled, 0, sizeof(compiled)), sizeof(compiled));
	printf("cc_compiler            : %s\n", compiled.compiler);
	printf("cc_compile_by          : %s\n", compiled.compile_by);
	printf("cc_compile_domain      : %s\n", compiled.compile_domain);
	printf("cc_compile_date        : %s\n", compiled.compile_date);
	printf("xend_config_format     : 4\n");
}

int cmd_info(int argc, char **argv)
{
	struct xen_sysctl_physinfo p;

	(void)argc, (void)argv;
	if (physinfo(&p))
		return complain("the hypervisor: %s", strerror(errno));
	print_host();
	print_machine(&p);
	print_hypervisor();
	return 0;
}

/* ---- the hypervisor's console ---- */

int cmd_dmesg(int argc, char **argv)
{
	static char text[65536];
	struct xen_sysctl op = { 0 };
	bool clear = argc > 1 && !strcmp(argv[1], "-c");

	memset(text, 0, sizeof(text)); /* present, for the hypervisor to write to */
	op.u.readconsole.clear = clear;
	op.u.readconsole.count = sizeof(text);
	set_xen_guest_handle(op.u.readconsole.buffer, text);
	if (xc_sysctl(XEN_SYSCTL_readconsole, &op) < 0)
		return complain("the hypervisor's messages: %s", strerror(errno));
	fwrite(text, 1, op.u.readconsole.count, stdout);
	return 0;
}

int cmd_debug_keys(int argc, char **argv)
{
	struct xen_sysctl op = { 0 };

	(void)argc;
	op.u.debug_keys.nr_keys = (uint32_t)strlen(argv[1]);
	set_xen_guest_handle(op.u.debug_keys.keys, argv[1]);
	xc_touch(argv[1], strlen(argv[1]) + 1);
	return xc_sysctl(XEN_SYSCTL_debug_keys, &op) < 0
		       ? complain("keys \"%s\": %s", argv[1], strerror(errno))
		       : 0;
}

/* ---- uptime ---- */

static void print_uptime(const struct xen_domctl_getdomaininfo *i, void *unused)
{
	char *name = domain_name(i->domain), *vm, *since;
	struct timespec now;
	long long up;

	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &now);
	up = now.tv_sec;
	vm = xs_readf(xs_get(), 0, "/local/domain/%d/vm", i->domain);
	since = vm ? xs_readf(xs_get(), 0, "%s/start_time", vm) : NULL;
	if (i->domain && since)
		up = (long long)time(NULL) - strtoll(since, NULL, 10);
	printf("%-33s %4d ", name, i->domain);
	if (up >= 86400)
		printf("%lld day%s, ", up / 86400, up < 172800 ? "" : "s");
	printf("%2lld:%02lld:%02lld\n", up / 3600 % 24, up / 60 % 60, up % 60);
	free(name);
	free(vm);
	free(since);
}

int cmd_uptime(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;

	printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
	if (argc < 2) {
		domain_each(print_uptime, NULL);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		unsigned domid = domain_find(argv[i]);

		if (domid == DOMAIN_NONE || domain_info(domid, &info))
			return 1;
		print_uptime(&info, NULL);
	}
	return 0;
}

/* ---- top ---- */

#define TOP_MOST 256

struct sample {
	unsigned domid;
	uint64_t cpu;
};

struct top {
	struct sample last[TOP_MOST], now[TOP_MOST];
	unsigned last_count, count;
	uint64_t elapsed; /* ns */
};

static uint64_t cpu_before(const struct top *t, unsigned domid, uint64_t otherwise)
{
	for (unsigned i = 0; i < t->last_count; i++)
		if (t->last[i].domid == domid)
			return t->last[i].cpu;
	return otherwise;
}

static void print_top(const struct xen_domctl_getdomaininfo *i, void *data)
{
	struct top *t = data;
	char *name = domain_name(i->domain);
	uint64_t ran = i->cpu_time - cpu_before(t, i->domain, i->cpu_time);
	double percent = t->elapsed ? (double)ran * 100.0 / (double)t->elapsed : 0;
	const char *state = i->flags & XEN_DOMINF_dying	     ? "d-----"
			    : i->flags & XEN_DOMINF_shutdown ? "s-----"
			    : i->flags & XEN_DOMINF_paused   ? "p-----"
			    : i->flags & XEN_DOMINF_running  ? "-----r"
							     : "--b---";

	if (t->count < TOP_MOST)
		t->now[t->count++] = (struct sample){ i->domain, i->cpu_time };
	printf("%-20s %5d %s %10.0f %6.1f %10llu %5u\n", name, i->domain, state,
	       (double)i->cpu_time / 1e9, percent, (unsigned long long)i->tot_pages * 4,
	       i->nr_online_vcpus);
	free(name);
}

/* -b: no escape sequences; -i N: so many times; -d S: so many seconds apart. */
int cmd_top(int argc, char **argv)
{
	static struct top t;
	struct timespec before = { 0 }, now;
	long rounds = -1, delay = 3;
	bool batch = false;
	int option;

	optind = 0; /* newlib begins anew */
	while ((option = getopt(argc, argv, "bi:d:")) != -1) {
		batch |= option == 'b';
		if (option == 'i')
			rounds = strtol(optarg, NULL, 10);
		if (option == 'd')
			delay = strtol(optarg, NULL, 10);
		if (option == '?')
			return 2;
	}
	while (rounds) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		t.elapsed = before.tv_sec ? (uint64_t)(now.tv_sec - before.tv_sec) * 1000000000u +
						    (uint64_t)now.tv_nsec - (uint64_t)before.tv_nsec
					  : 0;
		before = now;
		if (!batch)
			printf("\033[H\033[J");
		printf("%-20s %5s %6s %10s %6s %10s %5s\n", "NAME", "ID", "STATE", "CPU(sec)",
		       "CPU(%)", "MEM(k)", "VCPUS");
		t.count = 0;
		domain_each(print_top, &t);
		fflush(stdout);
		memcpy(t.last, t.now, sizeof(t.last));
		t.last_count = t.count;
		if (--rounds)
			sleep((unsigned)delay);
	}
	return 0;
}
