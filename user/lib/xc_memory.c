/* SPDX-License-Identifier: MIT */
/*
 * Other domains' memory: frames that this domain may name (domain 0 those of all), and granted pages.
 */
#include "xc_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int gntdev = -1;

static void *place(int fd, unsigned count, bool writable, off_t offset)
{
	void *va = mmap(NULL, (size_t)count * XC_PAGE, PROT_READ | (writable ? PROT_WRITE : 0),
			MAP_SHARED, fd, offset);

	return va == MAP_FAILED ? NULL : va;
}

void *xc_map(domid_t domid, const xen_pfn_t *mfns, unsigned count, bool writable)
{
	int *errors = calloc(count, sizeof(*errors)), first = 0;
	struct privcmd_mmapbatch_v2 batch = {
		.num = count, .dom = domid, .arr = mfns, .err = errors
	};
	void *va = NULL;

	if (!errors || xc_privcmd() < 0) {
		free(errors);
		return NULL;
	}
	va = place(xc_privcmd(), count, writable, 0);
	if (va) {
		batch.addr = (uintptr_t)va;
		if (ioctl(xc_privcmd(), IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) < 0)
			first = -errno;
		for (unsigned i = 0; i < count && !first; i++)
			first = errors[i];
		if (first) {
			munmap(va, (size_t)count * XC_PAGE);
			errno = -first;
			va = NULL;
		}
	}
	free(errors);
	return va;
}

void *xc_map_one(domid_t domid, xen_pfn_t mfn, bool writable)
{
	return xc_map(domid, &mfn, 1, writable);
}

void *xc_map_resource(domid_t domid, unsigned type, unsigned id, unsigned long frame,
		      unsigned count)
{
	struct privcmd_mmap_resource r = {
		.dom = domid, .type = type, .id = id, .idx = (uint32_t)frame, .num = count
	};
	void *va;

	if (xc_privcmd() < 0)
		return NULL;
	va = place(xc_privcmd(), count, true, 0);
	if (!va)
		return NULL;
	r.addr = (uintptr_t)va;
	if (ioctl(xc_privcmd(), IOCTL_PRIVCMD_MMAP_RESOURCE, &r) < 0) {
		int error = errno;

		munmap(va, (size_t)count * XC_PAGE);
		errno = error;
		return NULL;
	}
	return va;
}

void xc_unmap(void *va, unsigned count)
{
	munmap(va, (size_t)count * XC_PAGE);
}

void *xc_map_grant(domid_t domid, uint32_t gref, bool writable)
{
	struct ioctl_gntdev_map_grant_ref map = { .count = 1,
						  .refs = { { .domid = domid, .ref = gref } } };
	struct ioctl_gntdev_unmap_grant_ref unmap = { .count = 1 };
	void *va;
	int error;

	if (xc_device("/dev/xen/gntdev", &gntdev) < 0 ||
	    ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &map) < 0)
		return NULL;
	va = place(gntdev, 1, writable, (off_t)map.index);
	error = errno;
	/* The mapping keeps what it needs: the page goes with it. */
	unmap.index = map.index;
	ioctl(gntdev, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
	errno = error;
	return va;
}
