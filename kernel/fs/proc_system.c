/* SPDX-License-Identifier: MIT */
/*
 * /proc: the files about the system as a whole, in Linux's formats (proc(5)).
 */
#include "fs/procfs.h"
#include "net/show.h"
#include "linux/uts.h"
#include "cache.h"
#include "proc.h"
#include "swap.h"
#include "timer.h"

#define TICK_NS (NSEC_PER_SEC / 100)

static int show_meminfo(struct text *t, int pid)
{
	const struct {
		const char *name;
		unsigned long pages;
	} lines[] = {
		{ "MemTotal:", page_total_count() },
		{ "MemFree:", page_free_count() },
		{ "MemAvailable:", page_free_count() + cache_page_count() - cache_dirty_count() },
		{ "Buffers:", 0 },
		{ "Cached:", cache_page_count() },
		{ "SwapCached:", swap_cached_count() },
		{ "Active:", 0 },
		{ "Inactive:", 0 },
		{ "SwapTotal:", swap_total_count() },
		{ "SwapFree:", swap_free_count() },
		{ "Dirty:", cache_dirty_count() },
		{ "Shmem:", 0 },
		{ "SReclaimable:", 0 },
		{ "Slab:", 0 },
	};

	(void)pid;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		text_printf(t, "%-16s%8lu kB\n", lines[i].name,
			    lines[i].pages * (PAGE_SIZE / 1024));
	return 0;
}

static int show_swaps(struct text *t, int pid)
{
	struct swap_info s;

	(void)pid;
	text_printf(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	for (unsigned n = 0; n < SWAP_AREAS; n++)
		if (swap_info(n, &s))
			text_printf(t, "/dev/%-34s partition\t%lu\t\t%lu\t\t%d\n", s.name,
				    s.pages * 4, s.used * 4, s.priority);
	return 0;
}

static int show_vmstat(struct text *t, int pid)
{
	(void)pid;
	text_printf(t,
		    "nr_free_pages %lu\nnr_file_pages %lu\nnr_dirty %lu\npswpin %lu\npswpout %lu\n",
		    page_free_count(), cache_page_count(), cache_dirty_count(), swap_in_count(),
		    swap_out_count());
	return 0;
}

/* What all processes that live and that were waited for have used. */
static uint64_t user_time(void)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	uint64_t sum = 0, user, system;
	struct process *p;

	list_for_each (p, &proc_all, all_link) {
		proc_times(p, &user, &system);
		sum += user + p->child_user;
	}
	spin_unlock_irq(&proc_lock, state);
	return sum;
}

static void show_cpu(struct text *t, const char *name)
{
	uint64_t now = time_now(), idle = sched_idle_time(), user = user_time();
	uint64_t system = now > idle + user ? now - idle - user : 0;

	text_printf(t, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name,
		    (unsigned long long)(user / TICK_NS), (unsigned long long)(system / TICK_NS),
		    (unsigned long long)(idle / TICK_NS));
}

static int newest_pid(void)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p;
	int pid = 0;

	list_for_each (p, &proc_all, all_link)
		pid = max(pid, p->pid);
	spin_unlock_irq(&proc_lock, state);
	return pid;
}

static int show_stat(struct text *t, int pid)
{
	(void)pid;
	show_cpu(t, "cpu ");
	show_cpu(t, "cpu0");
	text_printf(t, "intr 0\nctxt %llu\nbtime %llu\nprocesses %d\n",
		    (unsigned long long)sched_switch_count(),
		    (unsigned long long)((time_wall() - time_now()) / NSEC_PER_SEC), newest_pid());
	text_printf(t, "procs_running %u\nprocs_blocked 0\n", task_running_count());
	return 0;
}

static void show_seconds(struct text *t, uint64_t ns, const char *end)
{
	text_printf(t, "%llu.%02u%s", (unsigned long long)(ns / NSEC_PER_SEC),
		    (unsigned)(ns % NSEC_PER_SEC / TICK_NS), end);
}

static int show_uptime(struct text *t, int pid)
{
	(void)pid;
	show_seconds(t, time_now(), " ");
	show_seconds(t, sched_idle_time(), "\n");
	return 0;
}

static int show_loadavg(struct text *t, int pid)
{
	uint64_t avg[3];

	(void)pid;
	sched_loadavg(avg);
	for (int i = 0; i < 3; i++)
		text_printf(t, "%u.%02u ", (unsigned)(avg[i] >> 16),
			    (unsigned)((avg[i] & 0xffff) * 100 >> 16));
	text_printf(t, "%u/%u %d\n", task_running_count(), proc_count(), newest_pid());
	return 0;
}

static int show_cpuinfo(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "processor\t: 0\nmodel name\t: %s\n\n", machine_info.name);
	return 0;
}

static int show_filesystems(struct text *t, int pid)
{
	(void)pid;
	for (int i = 0; fs_types[i]; i++)
		text_printf(t, "%s\t%s\n", fs_types[i]->nodev ? "nodev" : "", fs_types[i]->name);
	return 0;
}

static int show_version(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "%s version %s %s\n", uts.sysname, uts.release, uts.version);
	return 0;
}

static int show_cmdline(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "%s\n", machine_info.cmdline);
	return 0;
}

static int show_partitions(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "major minor  #blocks  name\n\n");
	return 0;
}

static int show_devices(struct text *t, int pid)
{
	(void)pid;
	text_printf(
		t,
		"Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n229 hvc\n\n"
		"Block devices:\n");
	return 0;
}

static int link_self(struct text *t, int pid, int fd)
{
	(void)pid, (void)fd;
	text_printf(t, "%d", current->proc->pid);
	return 0;
}

static int link_mounts(struct text *t, int pid, int fd)
{
	(void)pid, (void)fd;
	text_printf(t, "self/mounts");
	return 0;
}

/* ---- sys/kernel ---- */

static int show_hostname(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "%s\n", uts.nodename);
	return 0;
}

static int store_hostname(const char *text, size_t n)
{
	return uts_set(uts.nodename, text, min(n, (size_t)UTS_LEN));
}

static int show_domainname(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "%s\n", uts.domainname);
	return 0;
}

static int show_ostype(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "%s\n", uts.sysname);
	return 0;
}

static int show_osrelease(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "%s\n", uts.release);
	return 0;
}

static int show_pid_max(struct text *t, int pid)
{
	(void)pid;
	text_printf(t, "32768\n");
	return 0;
}

/* ---- net ---- */

#define SHOW_NET(what)                                      \
	static int show_net_##what(struct text *t, int pid) \
	{                                                   \
		(void)pid;                                  \
		net_show_##what(t);                         \
		return 0;                                   \
	}

SHOW_NET(dev)
SHOW_NET(route)
SHOW_NET(arp)
SHOW_NET(tcp)
SHOW_NET(udp)
SHOW_NET(raw)
SHOW_NET(unix)
SHOW_NET(packet)
SHOW_NET(sockstat)

/* What is not there has a header and nothing below. */
static int show_nothing(struct text *t, int pid)
{
	(void)t, (void)pid;
	return 0;
}

/* clang-format off */
static const struct proc_node net_nodes[] = {
	{ .name = "arp",   .mode = 0444, .show = show_net_arp },
	{ .name = "dev",   .mode = 0444, .show = show_net_dev },
	{ .name = "route", .mode = 0444, .show = show_net_route },
	{ .name = "tcp",   .mode = 0444, .show = show_net_tcp },
	{ .name = "tcp6",  .mode = 0444, .show = show_nothing },
	{ .name = "udp",   .mode = 0444, .show = show_net_udp },
	{ .name = "udp6",  .mode = 0444, .show = show_nothing },
	{ .name = "unix",  .mode = 0444, .show = show_net_unix },
	{ .name = "raw",   .mode = 0444, .show = show_net_raw },
	{ .name = "packet", .mode = 0444, .show = show_net_packet },
	{ .name = "sockstat", .mode = 0444, .show = show_net_sockstat },
	{ .name = "raw6",  .mode = 0444, .show = show_nothing },
	{ .name = "if_inet6", .mode = 0444, .show = show_nothing },
	{ .name = NULL },
};

static const struct proc_node sys_kernel_nodes[] = {
	{ .name = "domainname", .mode = 0444, .show = show_domainname },
	{ .name = "hostname",   .mode = 0644, .show = show_hostname, .store = store_hostname },
	{ .name = "osrelease",  .mode = 0444, .show = show_osrelease },
	{ .name = "ostype",     .mode = 0444, .show = show_ostype },
	{ .name = "pid_max",    .mode = 0444, .show = show_pid_max },
	{ .name = NULL },
};

static const struct proc_node sys_nodes[] = {
	{ .name = "kernel", .mode = 0555, .children = sys_kernel_nodes },
	{ .name = NULL },
};

const struct proc_node proc_system_nodes[] = {
	{ .name = "cmdline",     .mode = 0444, .show = show_cmdline },
	{ .name = "cpuinfo",     .mode = 0444, .show = show_cpuinfo },
	{ .name = "devices",     .mode = 0444, .show = show_devices },
	{ .name = "filesystems", .mode = 0444, .show = show_filesystems },
	{ .name = "loadavg",     .mode = 0444, .show = show_loadavg },
	{ .name = "meminfo",     .mode = 0444, .show = show_meminfo },
	{ .name = "mounts",      .mode = 0777, .link = link_mounts },
	{ .name = "net",         .mode = 0555, .children = net_nodes },
	{ .name = "partitions",  .mode = 0444, .show = show_partitions },
	{ .name = "self",        .mode = 0777, .link = link_self },
	{ .name = "stat",        .mode = 0444, .show = show_stat },
	{ .name = "swaps",       .mode = 0444, .show = show_swaps },
	{ .name = "vmstat",      .mode = 0444, .show = show_vmstat },
	{ .name = "sys",         .mode = 0555, .children = sys_nodes },
	{ .name = "uptime",      .mode = 0444, .show = show_uptime },
	{ .name = "version",     .mode = 0444, .show = show_version },
	{ .name = NULL },
};
