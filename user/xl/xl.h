/* SPDX-License-Identifier: MIT */
/*
 * xl: domains from the command line.
 *
 *	main.c		the list of commands
 *	config.c	the language of configuration files (pure)
 *	spec.c		disks and network interfaces as people write them (pure)
 *	create.c	a configuration becomes a domain, and what keeps watch over it
 *	build.c		memory, vCPUs, channels: the order of domctls
 *	image.c		what goes into the new domain's memory
 *	store.c		what goes into the store
 *	domain.c	finding domains, and what is done to a whole one
 *	long.c		a domain's configuration as JSON
 *	json.c		JSON as text (pure)
 *	device.c	block and network devices of a running domain
 *	info.c		what is only looked at
 *	sched.c		who runs where, and how much
 *	dump.c		registers, stack and page tables of a vCPU
 *	console.c	a domain's console on this terminal
 *
 * Commands return their exit status; a message about what went wrong has been printed then, as a sentence that
 * names the thing and says how to mend it.
 */
#ifndef USER_XL_H
#define USER_XL_H

#include "config.h"
#include "json.h"
#include "spec.h"
#include "xc.h"
#include "xs.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* main.c */
/* "xl: ...", a line; returns 1, the status of failure. */
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * The next option of a command, whose letters are in `letters` (as for getopt) and whose long names in `longs`; -1:
 * there are no more, the words begin at optind; '?': there is no such option, which has been said.
 */
int next_option(int argc, char **argv, const char *letters, const struct option *longs);
/* The store, opened once; a process that cannot have it ends with a message. */
struct xs *xs_get(void);

/* domain.c */
#define DOMAIN_NONE 0xffffffffu
/* By name or number; complains and returns DOMAIN_NONE. */
unsigned domain_find(const char *name_or_id);
/* By name only, silently. */
unsigned domain_by_name(const char *name);
/* free() it; "(null)" as the real tool says for one without a name. */
char *domain_name(unsigned domid);
/* 0, or -1: there is none. */
int domain_info(unsigned domid, struct xen_domctl_getdomaininfo *info);
/* Calls fn for each domain, in the order of their numbers. */
void domain_each(void (*fn)(const struct xen_domctl_getdomaininfo *info, void *data), void *data);
/* Destroys it and removes what the store knows of it. 0 or -1. */
int domain_destroy(unsigned domid);
int cmd_list(int argc, char **argv), cmd_destroy(int argc, char **argv),
	cmd_shutdown(int argc, char **argv), cmd_reboot(int argc, char **argv),
	cmd_pause(int argc, char **argv), cmd_unpause(int argc, char **argv),
	cmd_rename(int argc, char **argv), cmd_domid(int argc, char **argv),
	cmd_domname(int argc, char **argv), cmd_mem_set(int argc, char **argv),
	cmd_mem_max(int argc, char **argv), cmd_trigger(int argc, char **argv),
	cmd_sysrq(int argc, char **argv);

/* create.c */
struct domain_config {
	char *name;
	uint64_t memory_kb, maxmem_kb;
	unsigned vcpus, maxvcpus;
	char *kernel, *ramdisk, *cmdline;
	struct disk_spec *disks;
	unsigned disk_count;
	struct vif_spec *vifs;
	unsigned vif_count;
	unsigned weight, cap; /* 0: the scheduler's default */
	char *cpus;	      /* of its vCPUs; NULL: any */
	char *on_poweroff, *on_reboot, *on_crash;
	uint8_t uuid[16];
};
int cmd_create(int argc, char **argv);

/* long.c */
void put_config(struct json *j, const char *key, const struct domain_config *d, bool is_domain0);
/* For domain_each(); data is the struct json *. */
void print_long(const struct xen_domctl_getdomaininfo *info, void *data);

/* build.c: a domain that is complete, but paused. Its number, or -1 after a complaint, and nothing left. */
struct built {
	unsigned domid;
	unsigned long store_mfn, console_mfn;
	unsigned store_port, console_port;
};
int build_domain(const struct domain_config *c, struct built *b);

/* image.c, for build.c */
struct image;
/* Reads kernel and ramdisk; NULL after a complaint. */
struct image *image_open(const struct domain_config *c, uint64_t pages);
void image_close(struct image *image);
bool image_is_32bit(const struct image *image);
/* Fills the domain's memory; frames[pfn]. 0 or -1 after a complaint. */
int image_load(struct image *image, struct built *b, const xen_pfn_t *frames,
	       const struct domain_config *c);

/* store.c: 0 or -1 */
int store_domain(const struct domain_config *c, const struct built *b);
/* Its backends first, so that its disks are free when it is gone; then all the rest. */
void store_forget_devices(unsigned domid);
/* uuid: the hypervisor knows it even if the store has lost it. */
void store_forget(unsigned domid, const uint8_t *uuid);
void uuid_text(const uint8_t *uuid, char *text);

/* device.c */
int device_add_disk(unsigned domid, const struct disk_spec *d);
int device_add_vif(unsigned domid, unsigned devid, const struct vif_spec *v);
int cmd_block_attach(int argc, char **argv), cmd_block_list(int argc, char **argv),
	cmd_block_detach(int argc, char **argv), cmd_network_attach(int argc, char **argv),
	cmd_network_list(int argc, char **argv), cmd_network_detach(int argc, char **argv);

/* info.c */
int cmd_info(int argc, char **argv), cmd_dmesg(int argc, char **argv),
	cmd_debug_keys(int argc, char **argv), cmd_top(int argc, char **argv),
	cmd_uptime(int argc, char **argv);
/* Free and scrubbable pages; 0 if they cannot be had. */
uint64_t free_pages(void);

/* sched.c */
int cmd_vcpu_list(int argc, char **argv), cmd_vcpu_pin(int argc, char **argv),
	cmd_vcpu_set(int argc, char **argv), cmd_sched_credit(int argc, char **argv),
	cmd_sched_credit2(int argc, char **argv);
/* "0-2,^1", "all": bits of pCPUs. False: it cannot be read. */
bool parse_cpus(const char *text, uint64_t *cpus);
int set_affinity(unsigned domid, unsigned vcpu, uint64_t hard);
int set_weight(unsigned domid, unsigned weight, unsigned cap);
/* Zeroes where they cannot be had. */
void get_weight(unsigned domid, unsigned *weight, unsigned *cap);
const char *scheduler_name(void);

/* dump.c */
int cmd_dump(int argc, char **argv);

/* console.c */
int console_main(int argc, char **argv);

#endif
