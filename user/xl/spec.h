/* SPDX-License-Identifier: MIT */
/*
 * Disks and network interfaces as configuration files write them.
 *
 *	'phy:/dev/vda,xvda,w'				the old form: target, virtual device, access
 *	'/dev/vda,raw,xvda,rw'				the new one: target, format, virtual device, access
 *	'format=raw, vdev=xvda, access=rw, target=/dev/vda'	in any order
 *	'mac=00:16:3e:01:02:03,bridge=xenbr0,ip=10.0.2.15,rate=1MB/s'
 *
 * Pure: text in, values out.
 */
#ifndef USER_XL_SPEC_H
#define USER_XL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_spec {
	char target[128], vdev[16];
	bool writable, is_file;
	unsigned
		number; /* of the virtual device, as xen/io/blkif.h and the frontends number them */
};

struct vif_spec {
	char mac[18], bridge[16], ip[64];
	uint64_t rate_bytes; /* a period; 0: any */
	uint32_t rate_usecs;
};

/* False: error, a sentence. */
bool parse_disk(const char *text, struct disk_spec *d, char *error, size_t size);
/* mac stays empty when the text names none. */
bool parse_vif(const char *text, struct vif_spec *v, char *error, size_t size);
/* "xvda", "sdb2", "hda": 0 if it is none of these. */
unsigned vdev_number(const char *vdev);

#endif
