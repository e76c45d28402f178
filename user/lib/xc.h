/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor for programs, by /dev/xen/{privcmd,evtchn,gntdev}.
 *
 * Functions return 0 or more for success and -1 with errno else: the hypervisor's own errors, which are
 * Linux's numbers. Structures are those of <xen/...>; programs fill them and the library makes the call. A
 * hypercall's buffers must be present and writable when the call is made, for the hypervisor takes no page
 * fault: xc_call() touches those that it is told of, which also ends the sharing after a fork.
 */
#ifndef USER_LIB_XC_H
#define USER_LIB_XC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/memory.h>
#include <xen/version.h>
#include <xen/sched.h>
#include <xen/hvm/params.h>

/* Opens what is missing of the device files. 0, or -1 and a reason in errno. */
int xc_open(void);

/* ---- call.c: hypercalls ---- */

/* Writes each page of [buf, buf + len) as it is: present, this process's own. */
void xc_touch(const void *buf, size_t len);
long xc_call(unsigned op, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
	     unsigned long e);

/* The interface version and the domain are filled in. Buffers that op points to are the caller's to touch. */
int xc_domctl(uint32_t cmd, domid_t domid, struct xen_domctl *op);
int xc_sysctl(uint32_t cmd, struct xen_sysctl *op);
long xc_memory_op(unsigned cmd, void *arg, size_t len);
int xc_version(unsigned cmd, void *arg, size_t len);
int xc_evtchn_op(unsigned cmd, void *arg, size_t len);

/* ---- memory.c: other domains' pages ---- */

/* count frames at consecutive addresses; NULL with errno. xc_unmap when done. */
void *xc_map(domid_t domid, const xen_pfn_t *mfns, unsigned count, bool writable);
void *xc_map_one(domid_t domid, xen_pfn_t mfn, bool writable);
void *xc_map_resource(domid_t domid, unsigned type, unsigned id, unsigned long frame,
		      unsigned count);
void xc_unmap(void *va, unsigned count);
/* A page that `domid` grants to this domain, by gntdev. xc_unmap. */
void *xc_map_grant(domid_t domid, uint32_t gref, bool writable);

/* ---- evtchn.c: ports; one file descriptor for each opened set ---- */

int xc_evtchn_open(void);
/* The local port, or -1. */
int xc_evtchn_bind_interdomain(int fd, domid_t domid, unsigned remote_port);
int xc_evtchn_bind_unbound(int fd, domid_t domid);
int xc_evtchn_bind_virq(int fd, unsigned virq);
int xc_evtchn_unbind(int fd, unsigned port);
int xc_evtchn_notify(int fd, unsigned port);
/* The next port with an event, masked until xc_evtchn_unmask; waits unless the fd is O_NONBLOCK. */
int xc_evtchn_pending(int fd);
int xc_evtchn_unmask(int fd, unsigned port);

#endif
