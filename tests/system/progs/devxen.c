/* SPDX-License-Identifier: MIT */
/*
 * devxen: the files of /dev/xen, by a program that talks to itself: what it grants it maps, what it sends it
 * receives. Then everything that must be refused, and noise. Each line that fails is named; the status says
 * whether any was.
 */
#include "xc_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/sys/gntalloc.h>

#define PAGES 3

static int wrong;

#define NEED(claim)                                                                    \
	do {                                                                           \
		errno = 0;                                                             \
		if (!(claim)) {                                                        \
			printf("devxen: line %d: not so: %s (%s)\n", __LINE__, #claim, \
			       strerror(errno));                                       \
			wrong = 1;                                                     \
		}                                                                      \
	} while (0)

/* It is refused, with this error. */
#define REFUSED(call, error)                                                                       \
	do {                                                                                       \
		long rc = (long)(call), why = errno;                                               \
		if (rc != -1 || why != (error)) {                                                  \
			printf("devxen: line %d: %s gave %ld (%s), not %s\n", __LINE__, #call, rc, \
			       strerror((int)why), #error);                                        \
			wrong = 1;                                                                 \
		}                                                                                  \
	} while (0)

static int must_open(const char *name)
{
	int fd = open(name, O_RDWR);

	if (fd < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

/* Both end in a list whose length the type does not know. */
union alloc {
	struct ioctl_gntalloc_alloc_gref op;
	uint32_t words[sizeof(struct ioctl_gntalloc_alloc_gref) / 4 + PAGES];
};

union map {
	struct ioctl_gntdev_map_grant_ref op;
	uint32_t words[sizeof(struct ioctl_gntdev_map_grant_ref) / 4 + 2 * PAGES];
};

#define FIRST_REF (offsetof(struct ioctl_gntalloc_alloc_gref, gref_ids) / 4)
#define FIRST_MAP (offsetof(struct ioctl_gntdev_map_grant_ref, refs) / 4)

static int make_grants(int fd, union alloc *a, unsigned count, bool writable)
{
	memset(a, 0, sizeof(*a));
	a->op.count = count;
	a->op.flags = writable ? GNTALLOC_FLAG_WRITABLE : 0;
	return ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, a);
}

static int name_grants(int fd, union map *m, const union alloc *a)
{
	memset(m, 0, sizeof(*m));
	m->op.count = a->op.count;
	for (unsigned i = 0; i < a->op.count; i++)
		m->words[FIRST_MAP + 2 * i + 1] = a->words[FIRST_REF + i]; /* of domain 0 */
	return ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, m);
}

static char *place(int fd, unsigned pages, int prot, uint64_t at)
{
	void *va = mmap(NULL, pages * XC_PAGE, prot, MAP_SHARED, fd, (off_t)at);

	return va == MAP_FAILED ? NULL : va;
}

/* The signal that ends a child which does this to a byte; 0: nothing happened. */
static int fate(volatile char *at, bool write)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (write)
			*at = 1;
		else
			(void)*at;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* ---- grants ---- */

static void granted_pages(void)
{
	int from = must_open("/dev/xen/gntalloc"), to = must_open("/dev/xen/gntdev");
	struct ioctl_gntdev_unmap_grant_ref forget = { .count = PAGES };
	struct ioctl_gntalloc_dealloc_gref back = { .count = PAGES };
	char *ours, *theirs;
	union alloc a;
	union map m;

	NEED(make_grants(from, &a, PAGES, true) == 0);
	ours = place(from, PAGES, PROT_READ | PROT_WRITE, a.op.index);
	NEED(ours);
	for (unsigned i = 0; ours && i < PAGES; i++)
		sprintf(ours + i * XC_PAGE, "page %u", i);
	NEED(name_grants(to, &m, &a) == 0);
	NEED(!place(to, PAGES + 1, PROT_READ, m.op.index) && errno == EINVAL);
	theirs = place(to, PAGES, PROT_READ | PROT_WRITE, m.op.index);
	NEED(theirs);
	if (!ours || !theirs)
		return;
	NEED(!place(to, PAGES, PROT_READ, m.op.index) && errno == EBUSY);
	for (unsigned i = 0; i < PAGES; i++)
		NEED(theirs[i * XC_PAGE + 5] == (char)('0' + i));
	strcpy(theirs + XC_PAGE, "back");
	NEED(!strcmp(ours + XC_PAGE, "back"));
	/* A child has no part of it, and its end changes nothing. */
	NEED(fate(theirs, false) == SIGSEGV);
	NEED(!strcmp(theirs + XC_PAGE, "back"));
	/* Given up on one side, it stays as long as the other looks at it. */
	back.index = a.op.index;
	NEED(ioctl(from, IOCTL_GNTALLOC_DEALLOC_GREF, &back) == 0);
	REFUSED(ioctl(from, IOCTL_GNTALLOC_DEALLOC_GREF, &back), EINVAL);
	forget.index = m.op.index;
	NEED(ioctl(to, IOCTL_GNTDEV_UNMAP_GRANT_REF, &forget) == 0);
	NEED(!strcmp(theirs + XC_PAGE, "back"));
	/* In two pieces. */
	NEED(munmap(theirs + XC_PAGE, XC_PAGE) == 0);
	NEED(!strcmp(theirs, "page 0"));
	NEED(fate(theirs + XC_PAGE, false) == SIGSEGV);
	NEED(munmap(theirs, PAGES * XC_PAGE) == 0);
	munmap(ours, PAGES * XC_PAGE);
	close(from);
	close(to);
}

static void readonly_grants(void)
{
	int from = must_open("/dev/xen/gntalloc"), to = must_open("/dev/xen/gntdev");
	union alloc a;
	union map m;
	char *va;

	NEED(make_grants(from, &a, 1, false) == 0);
	NEED(name_grants(to, &m, &a) == 0);
	NEED(!place(to, 1, PROT_READ | PROT_WRITE, m.op.index));
	va = place(to, 1, PROT_READ, m.op.index);
	NEED(va && !*va);
	NEED(fate(va, true) == SIGSEGV);
	NEED(mprotect(va, XC_PAGE, PROT_READ | PROT_WRITE) < 0 || fate(va, true) == SIGSEGV);
	close(from);
	close(to); /* the region is still there, and goes with us */
}

static void bad_grants(void)
{
	int from = must_open("/dev/xen/gntalloc"), to = must_open("/dev/xen/gntdev");
	struct ioctl_gntdev_unmap_grant_ref forget = { .index = 0, .count = 1 };
	union alloc a;
	union map m;

	memset(&a, 0, sizeof(a));
	REFUSED(ioctl(from, IOCTL_GNTALLOC_ALLOC_GREF, &a), ENOSPC);
	a.op.count = UINT32_MAX;
	REFUSED(ioctl(from, IOCTL_GNTALLOC_ALLOC_GREF, &a), ENOSPC);
	REFUSED(ioctl(from, IOCTL_GNTALLOC_ALLOC_GREF, 0xc0100000), EFAULT);
	NEED(!place(from, 1, PROT_READ, 0) || fate(place(from, 1, PROT_READ, 0), false));
	memset(&m, 0, sizeof(m));
	REFUSED(ioctl(to, IOCTL_GNTDEV_MAP_GRANT_REF, &m), EINVAL);
	m.op.count = UINT32_MAX;
	REFUSED(ioctl(to, IOCTL_GNTDEV_MAP_GRANT_REF, &m), EINVAL);
	REFUSED(ioctl(to, IOCTL_GNTDEV_MAP_GRANT_REF, 1), EFAULT);
	REFUSED(ioctl(to, IOCTL_GNTDEV_UNMAP_GRANT_REF, &forget), ENOENT);
	NEED(!place(to, 1, PROT_READ, 0));
	NEED(!xc_map_grant(0, UINT32_MAX, true));
	NEED(!xc_map_grant(7777, 1, true));
	NEED(!xc_map_grant(0x7ff5, 1, true));
	REFUSED(ioctl(to, 0x4763, 0), ENOTTY);
	close(from);
	close(to);
}

/* Programs that end in the middle leave nothing behind. */
static void sudden_ends(void)
{
	for (unsigned n = 0; n < 60; n++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			int from = must_open("/dev/xen/gntalloc"),
			    to = must_open("/dev/xen/gntdev");
			int ports = xc_evtchn_open();
			union alloc a;
			union map m;

			if (make_grants(from, &a, PAGES, true) || name_grants(to, &m, &a) ||
			    !place(to, PAGES, PROT_READ | PROT_WRITE, m.op.index) ||
			    !place(from, PAGES, PROT_READ | PROT_WRITE, a.op.index))
				_exit(1);
			for (unsigned i = 0; i < 20; i++)
				if (xc_evtchn_bind_unbound(ports, 0) < 0)
					_exit(2);
			kill(getpid(), n % 2 ? SIGKILL : SIGTERM);
		}
		waitpid(pid, &status, 0);
		NEED(WIFSIGNALED(status));
	}
}

/* ---- events ---- */

static void on_alarm(int sig)
{
	(void)sig;
}

static void events(void)
{
	int a = xc_evtchn_open(), b = xc_evtchn_open(), pa, pb;
	struct sigaction act = { .sa_handler = on_alarm };
	struct pollfd p = { .fd = a, .events = POLLIN };
	struct ioctl_evtchn_restrict_domid only = { .domid = 5 };
	char three[3];

	pa = xc_evtchn_bind_unbound(a, 0);
	pb = xc_evtchn_bind_interdomain(b, 0, (unsigned)pa);
	NEED(pa > 0 && pb > 0 && pa != pb);
	fcntl(a, F_SETFL, O_NONBLOCK);
	fcntl(b, F_SETFL, O_NONBLOCK);
	while (xc_evtchn_pending(a) > 0) /* what binding itself sent */
		xc_evtchn_unmask(a, (unsigned)pa);
	NEED(poll(&p, 1, 0) == 0);
	NEED(xc_evtchn_notify(b, (unsigned)pb) == 0);
	NEED(poll(&p, 1, 5000) == 1);
	NEED(xc_evtchn_pending(a) == pa);
	/* Masked until it is given back; one that came meanwhile is not lost. */
	xc_evtchn_notify(b, (unsigned)pb);
	REFUSED(xc_evtchn_pending(a), EAGAIN);
	NEED(xc_evtchn_unmask(a, (unsigned)pa) == 0);
	NEED(poll(&p, 1, 5000) == 1 && xc_evtchn_pending(a) == pa);
	xc_evtchn_unmask(a, (unsigned)pa);

	REFUSED(xc_evtchn_notify(a, (unsigned)pb), ENOTCONN); /* the other file's */
	REFUSED(xc_evtchn_notify(a, UINT32_MAX), ENOTCONN);
	REFUSED(xc_evtchn_unbind(b, (unsigned)pa), ENOTCONN);
	NEED(xc_evtchn_bind_interdomain(a, 0, (unsigned)pb) < 0); /* taken */
	NEED(xc_evtchn_bind_interdomain(a, 0, UINT32_MAX) < 0);
	NEED(xc_evtchn_bind_interdomain(a, 7777, 1) < 0);
	NEED(xc_evtchn_bind_virq(a, 9999) < 0);
	REFUSED(read(a, three, 3), EINVAL);
	REFUSED(ioctl(a, IOCTL_EVTCHN_BIND_VIRQ, 1), EFAULT);
	/* A signal wakes a reader. (Binding sent one event.) */
	while (xc_evtchn_pending(b) > 0)
		;
	fcntl(b, F_SETFL, 0);
	sigaction(SIGALRM, &act, NULL);
	alarm(1);
	REFUSED(xc_evtchn_pending(b), EINTR);
	/* One end closed: the other may be bound again. */
	NEED(xc_evtchn_unbind(b, (unsigned)pb) == 0);
	pb = xc_evtchn_bind_interdomain(b, 0, (unsigned)pa);
	NEED(pb > 0);
	NEED(ioctl(b, IOCTL_EVTCHN_RESTRICT_DOMID, &only) == 0);
	REFUSED(xc_evtchn_bind_unbound(b, 0), EACCES);
	REFUSED(ioctl(b, IOCTL_EVTCHN_RESTRICT_DOMID, &only), EACCES);
	close(a);
	close(b);
}

/* ---- hypercalls and frames ---- */

static void hypercalls(void)
{
	struct privcmd_hypercall call = { .op = 9999 };
	struct privcmd_mmapbatch_v2 batch = { .num = 1, .dom = 0 };
	xen_pfn_t frame = ~(xen_pfn_t)0;
	int error = 0, fd = must_open("/dev/xen/privcmd");
	char *va;

	NEED(xc_version(XENVER_version, NULL, 0) == (4 << 16 | 17));
	REFUSED(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call), ENOSYS);
	REFUSED(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, 4), EFAULT);
	REFUSED(xc_call(__HYPERVISOR_xen_version, XENVER_extraversion, 16, 0, 0, 0), EFAULT);
	va = place(fd, 1, PROT_READ | PROT_WRITE, 0);
	NEED(va);
	NEED(fate(va, false) == SIGSEGV || fate(va, false) == SIGBUS); /* nothing is there yet */
	batch.addr = (uintptr_t)va;
	batch.arr = &frame;
	batch.err = &error;
	ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
	NEED(error < 0);
	batch.addr = (uintptr_t)&batch & ~(uintptr_t)(XC_PAGE - 1);
	REFUSED(ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch), EINVAL);
	batch.addr = (uintptr_t)va;
	batch.num = UINT32_MAX;
	NEED(ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) < 0);
	batch.num = 0;
	REFUSED(ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch), EINVAL);
	NEED(!xc_map_one(7777, 1, false));
	NEED(!xc_map_resource(7777, XENMEM_resource_grant_table, 0, 0, 1));
	close(fd);
}

/* ---- noise ---- */

static uint32_t draw(uint32_t below)
{
	static uint32_t seed = 42;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void noise(void)
{
	static const char *const files[] = { "gntalloc", "gntdev", "evtchn", "xenbus" };
	static const unsigned orders[] = {
		IOCTL_GNTALLOC_ALLOC_GREF,
		IOCTL_GNTALLOC_DEALLOC_GREF,
		IOCTL_GNTALLOC_SET_UNMAP_NOTIFY,
		IOCTL_GNTDEV_MAP_GRANT_REF,
		IOCTL_GNTDEV_UNMAP_GRANT_REF,
		IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
		IOCTL_GNTDEV_SET_MAX_GRANTS,
		IOCTL_GNTDEV_SET_UNMAP_NOTIFY,
		IOCTL_GNTDEV_GRANT_COPY,
		IOCTL_EVTCHN_BIND_INTERDOMAIN,
		IOCTL_EVTCHN_BIND_UNBOUND_PORT,
		IOCTL_EVTCHN_UNBIND,
		IOCTL_EVTCHN_NOTIFY,
		IOCTL_EVTCHN_RESET,
	};
	int fds[4];

	for (unsigned i = 0; i < 4; i++) {
		char name[32];

		snprintf(name, sizeof(name), "/dev/xen/%s", files[i]);
		fds[i] = open(name, O_RDWR | O_NONBLOCK);
	}
	for (unsigned n = 0; n < 20000; n++) {
		static uint32_t words[32];
		int fd = fds[draw(4)];
		void *at = draw(8) ? words : (void *)(uintptr_t)(draw(1u << 24) << 8);

		for (unsigned i = 0; i < 32; i++)
			words[i] = draw(3) ? draw(4) : draw(1u << 24) << 8;
		switch (draw(4)) {
		case 0:
			(void)!read(fd, at, draw(128));
			break;
		case 1:
			(void)!write(fd, at, draw(128));
			break;
		case 2: {
			char *va = place(fd, 1 + draw(3), PROT_READ, (uint64_t)draw(6) * XC_PAGE);

			if (va)
				munmap(va, XC_PAGE * (1 + draw(3)));
			break;
		}
		default:
			ioctl(fd, orders[draw(sizeof(orders) / sizeof(orders[0]))], at);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "noise")) {
		noise();
		return 0;
	}
	granted_pages();
	readonly_grants();
	bad_grants();
	sudden_ends();
	events();
	hypercalls();
	if (!wrong)
		puts("devxen: all as promised");
	return wrong;
}
