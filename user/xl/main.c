/* SPDX-License-Identifier: MIT */
/*
 * xl: the list of commands. xl.h says what is where.
 */
#include "user/xl/xl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command {
	const char *name, *arguments, *what;
	int (*run)(int argc, char **argv);
	int least; /* arguments */
} commands[] = {
	{ "create", "[-cpqn] FILE [KEY=VALUE...]",
	  "a domain from a configuration file (-c: its console)", cmd_create, 1 },
	{ "list", "[DOMAIN...]", "domains, their memory and state", cmd_list, 0 },
	{ "console", "DOMAIN", "its console on this terminal; ^] leaves", console_main, 1 },
	{ "destroy", "DOMAIN...", "end it at once", cmd_destroy, 1 },
	{ "shutdown", "[-w] DOMAIN...", "ask it to power off (-w: wait)", cmd_shutdown, 1 },
	{ "reboot", "[-w] DOMAIN...", "ask it to reboot", cmd_reboot, 1 },
	{ "pause", "DOMAIN", "it does not run any more", cmd_pause, 1 },
	{ "unpause", "DOMAIN", "it runs again", cmd_unpause, 1 },
	{ "rename", "DOMAIN NAME", "another name", cmd_rename, 2 },
	{ "domid", "NAME", "the number of a name", cmd_domid, 1 },
	{ "domname", "ID", "the name of a number", cmd_domname, 1 },
	{ "info", "", "the machine and the hypervisor", cmd_info, 0 },
	{ "dmesg", "[-c]", "the hypervisor's messages (-c: and forget them)", cmd_dmesg, 0 },
	{ "debug-keys", "KEYS", "as if typed at the hypervisor's console; h: help", cmd_debug_keys,
	  1 },
	{ "top", "[-b] [-i N] [-d S]", "who uses the processors", cmd_top, 0 },
	{ "uptime", "[DOMAIN...]", "for how long they have run", cmd_uptime, 0 },
	{ "vcpu-list", "[DOMAIN...]", "vCPUs: where they run, where they may", cmd_vcpu_list, 0 },
	{ "vcpu-pin", "DOMAIN VCPU|all CPUS|- [CPUS]", "where they may run, where they had better",
	  cmd_vcpu_pin, 3 },
	{ "sched-credit", "[-d DOMAIN [-w WEIGHT] [-c CAP]]", "shares, with sched=credit",
	  cmd_sched_credit, 0 },
	{ "sched-credit2", "[-d DOMAIN [-w WEIGHT] [-c CAP]]", "shares, with the default scheduler",
	  cmd_sched_credit2, 0 },
	{ "mem-set", "DOMAIN SIZE", "memory, by its balloon", cmd_mem_set, 2 },
	{ "mem-max", "DOMAIN SIZE", "how much it may have", cmd_mem_max, 2 },
	{ "dump", "DOMAIN [VCPU [ADDRESS]]", "registers, stack and page-table walk of a vCPU",
	  cmd_dump, 1 },
	{ "block-attach", "DOMAIN DISK", "a disk more, as in the configuration", cmd_block_attach,
	  2 },
	{ "block-list", "DOMAIN", "its disks", cmd_block_list, 1 },
	{ "block-detach", "DOMAIN DEVICE", "a disk less", cmd_block_detach, 2 },
	{ "network-attach", "DOMAIN [VIF]", "an interface more", cmd_network_attach, 1 },
	{ "network-list", "DOMAIN", "its interfaces", cmd_network_list, 1 },
	{ "network-detach", "DOMAIN ID", "an interface less", cmd_network_detach, 2 },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int complain(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("xl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return 1;
}

struct xs *xs_get(void)
{
	static struct xs *xs;
	static pid_t owner;

	if (xs && owner == getpid())
		return xs;
	owner = getpid();
	xs = xs_open();
	if (!xs) {
		complain("the store: /dev/xen/xenbus: %s", strerror(errno));
		exit(1);
	}
	return xs;
}

static int help(FILE *to)
{
	fprintf(to, "usage: xl COMMAND [ARGUMENT...]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-14s %-34s %s\n", commands[i].name, commands[i].arguments,
			commands[i].what);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(stdout);
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->name, argv[1]) != 0)
			continue;
		if (argc - 2 < c->least) {
			fprintf(stderr, "usage: xl %s %s\n", c->name, c->arguments);
			return 2;
		}
		if (xc_open() < 0)
			return complain("/dev/xen/privcmd: %s (xl runs in domain 0, as root)",
					strerror(errno));
		return c->run(argc - 1, argv + 1);
	}
	complain("no command \"%s\"; `xl help` lists them", argv[1]);
	return 2;
}
