/* SPDX-License-Identifier: MIT */
/*
 * See fakes.h. Only what console.c calls.
 */
#include "fakes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct xencons_interface fake_ring;
const char *fake_ring_ref;
char fake_tty[64];
unsigned fake_notified, fake_unmasked, fake_bound, fake_mapped;

struct xs *store;
int events;

char *xs_readf(struct xs *xs, xs_t t, const char *path, ...)
{
	char whole[128];
	va_list ap;

	(void)xs, (void)t;
	va_start(ap, path);
	vsnprintf(whole, sizeof(whole), path, ap);
	va_end(ap);
	if (!strcmp(whole, "/local/domain/7/name"))
		return strdup("we/ird name");
	if (!strcmp(whole, "/local/domain/7/console/ring-ref") && fake_ring_ref)
		return strdup(fake_ring_ref);
	if (!strcmp(whole, "/local/domain/7/console/port"))
		return strdup("3");
	errno = ENOENT;
	return NULL;
}

int xs_begin(struct xs *xs, xs_t *t)
{
	(void)xs;
	*t = 1;
	return 0;
}

int xs_end(struct xs *xs, xs_t t, bool commit)
{
	(void)xs, (void)t, (void)commit;
	return 0;
}

bool xs_exists(struct xs *xs, xs_t t, const char *path)
{
	(void)xs, (void)t, (void)path;
	return true;
}

int xs_writef(struct xs *xs, xs_t t, const char *path, const char *value, ...)
{
	va_list ap;

	(void)xs, (void)t;
	va_start(ap, value);
	if (!strcmp(path, "/local/domain/7/console/tty"))
		vsnprintf(fake_tty, sizeof(fake_tty), value, ap);
	va_end(ap);
	return 0;
}

void *xc_map_grant(domid_t domid, uint32_t gref, bool writable)
{
	(void)domid, (void)gref, (void)writable;
	errno = EINVAL;
	return NULL;
}

void *xc_map_one(domid_t domid, xen_pfn_t mfn, bool writable)
{
	(void)domid, (void)mfn, (void)writable;
	fake_mapped++;
	return &fake_ring;
}

void xc_unmap(void *va, unsigned count)
{
	(void)va, (void)count;
	fake_mapped--;
}

int xc_evtchn_bind_interdomain(int fd, domid_t domid, unsigned remote_port)
{
	(void)fd, (void)domid, (void)remote_port;
	fake_bound++;
	return 40;
}

int xc_evtchn_unbind(int fd, unsigned port)
{
	(void)fd, (void)port;
	fake_bound--;
	return 0;
}

int xc_evtchn_notify(int fd, unsigned port)
{
	(void)fd, (void)port;
	fake_notified++;
	return 0;
}

int xc_evtchn_unmask(int fd, unsigned port)
{
	(void)fd, (void)port;
	fake_unmasked++;
	return 0;
}
