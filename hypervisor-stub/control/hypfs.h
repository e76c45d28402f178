/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor file system: what a node is. hypfs.c walks, hypfs_tree.c says what there is.
 *
 * The tree is constant data. Where a directory has one child for each domain, that is one node too: the
 * number that stood in the path goes with it to the leaves below. Everything runs under the control lock.
 */
#ifndef CONTROL_HYPFS_H
#define CONTROL_HYPFS_H

#include "domain/domain.h"

#include <xen/hypfs.h>

#define HYPFS_CONTENT_MAX 256 /* of a leaf, bytes */

struct hypfs_node {
	const char *name; /* NULL: behind the last one of a directory */
	uint8_t type;	  /* XEN_HYPFS_TYPE_* */
	bool for_domains; /* a directory whose children are domains, each with `children` below */
	uint16_t max_write;
	const struct hypfs_node *children; /* in the order of their names */
	bool (*exists)(void);		   /* NULL: always */
	/* Fills at most HYPFS_CONTENT_MAX bytes; returns how many, or a negative error. */
	long (*read)(const struct hypfs_node *n, domid_t domain, void *content);
	/* 1 to max_write bytes; strings end with a zero, numbers have 4 bytes. */
	long (*write)(domid_t domain, const void *content);
};

extern const struct hypfs_node hypfs_root;

#endif
