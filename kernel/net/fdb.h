/* SPDX-License-Identifier: MIT */
/*
 * Where a bridge's neighbours are: which port an Ethernet address is behind.
 */
#ifndef KERNEL_NET_FDB_H
#define KERNEL_NET_FDB_H

#include "netdev.h"

#define FDB_SETS 128
#define FDB_WAYS 4

struct fdb_entry {
	uint8_t mac[ETH_ALEN];
	bool fixed;
	struct netdev *port; /* NULL: free */
	uint64_t seen;
};

struct fdb {
	struct fdb_entry sets[FDB_SETS][FDB_WAYS];
};

/* mac is behind this port until fdb_forget(), whoever else says that he is mac: the first who was told so keeps it. */
void fdb_fix(struct fdb *f, struct netdev *port, const uint8_t *mac);
/* A frame of mac's came from there. now: ns. */
void fdb_learn(struct fdb *f, struct netdev *port, const uint8_t *mac, uint64_t now);
/* NULL: not known, or a group. */
struct netdev *fdb_find(struct fdb *f, const uint8_t *mac, uint64_t now);
/* Nobody is behind this port any more. */
void fdb_forget(struct fdb *f, const struct netdev *port);

#endif
