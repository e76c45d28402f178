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
	{ "create", "[-cdenpq] FILE [KEY=VALUE...]",
	  "a domain from a configuration file (-c: its console; -n: only look)", cmd_create, 1 },
	{ "list", "[-l|-v] [DOMAIN...]", "domains, their memory and state (-l: all, as JSON)",
	  cmd_list, 0 },
	{ "console", "DOMAIN", "its console on this terminal; ^] leaves", console_main, 1 },
	{ "destroy", "DOMAIN...", "end it at once", cmd_destroy, 1 },
	{ "shutdown", "[-w] DOMAIN...|-a", "ask it to power off (-a: all; -w: wait)", cmd_shutdown,
	  1 },
	{ "reboot", "[-w] DOMAIN...|-a", "ask it to reboot", cmd_reboot, 1 },
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
	{ "vcpu-set", "[-i] DOMAIN NUMBER", "how many of its vCPUs shall run", cmd_vcpu_set, 2 },
	{ "trigger", "DOMAIN nmi [VCPU]", "an interrupt that cannot be masked", cmd_trigger, 2 },
	{ "sysrq", "DOMAIN LETTER", "a magic key, for a kernel that knows such", cmd_sysrq, 2 },
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
	xs_close(xs); /* our parent's, who has it still */
	owner = getpid();
	xs = xs_open();
	if (!xs) {
		complain("the store: /dev/xen/xenbus: %s", strerror(errno));
		exit(1);
	}
	return xs;
}

int next_option(int argc, char **argv, const char *letters, const struct option *longs)
{
	static const struct option none[] = { { 0 } };
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, letters, longs ? longs : none, NULL);
	if (option == '?' || option == ':') {
		complain("%s: an option that is not known, or that wants a value; `xl help %s`",
			 argv[0], argv[0]);
		return '?';
	}
	return option;
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void usage(FILE *to, const struct command *c)
{
	fprintf(to, "usage: xl %s %s\n", c->name, c->arguments);
}

static int help_for(const char *name)
{
	const struct command *c = command_find(name);

	if (!c)
		return complain("no command \"%s\"; `xl help` lists them", name);
	usage(stdout, c);
	printf("\n%s\n", c->what);
	return 0;
}

static int help(FILE *to)
{
	fprintf(to, "usage: xl COMMAND [ARGUMENT...]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-14s %-34s %s\n", commands[i].name, commands[i].arguments,
			commands[i].what);
	return to == stdout ? 0 : 2;
}

/* What other tools of this name have and this one has not. */
static const char *why_not(const char *name)
{
	static const struct {
		const char *prefix, *why;
	} absent[] = {
		{ "save", "a domain's state cannot be saved here" },
		{ "restore", "a domain's state cannot be saved here" },
		{ "migrate", "domains cannot be moved here" },
		{ "pci-", "domain 0 has all devices" },
		{ "cpupool-", "all CPUs are in one pool" },
		{ "config-update", "what a running domain was made of is read from the store" },
		{ "sched-rtds", "there is no such scheduler; see sched-credit2" },
	};

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		if (!strncmp(absent[i].prefix, name, strlen(absent[i].prefix)))
			return absent[i].why;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2)
		return help(stderr);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return argc > 2 ? help_for(argv[2]) : help(stdout);
	c = command_find(argv[1]);
	if (!c && why_not(argv[1]))
		return complain("no command \"%s\": %s", argv[1], why_not(argv[1]));
	if (!c)
		return complain("no command \"%s\"; `xl help` lists them", argv[1]);
	if (argc > 2 && (!strcmp(argv[2], "-h") || !strcmp(argv[2], "--help")))
		return help_for(c->name);
	if (argc - 2 < c->least) {
		usage(stderr, c);
		return 2;
	}
	if (xc_open() < 0)
		return complain("/dev/xen/privcmd: %s (xl runs in domain 0, as root)",
				strerror(errno));
	return c->run(argc - 1, argv + 1);
}
