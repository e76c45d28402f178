/* SPDX-License-Identifier: MIT */
/*
 * A bridge's table of addresses.
 *
 * A frame to an address that is not in the table is sent everywhere, so a lack of space costs time and tells others
 * what is not theirs. Therefore an address that is known without a frame of its own (a guest's, which the
 * toolstack gave it; the bridge's) is fixed: it is there from the beginning, does not age, and cannot be taken
 * away by somebody who sends in its name. All others are learned from what they send, and age.
 *
 * An address has FDB_WAYS places; a new one takes the place of that which was silent for longest.
 *
 * No locks: the bridge's guards it.
 */
#include "net/fdb.h"

#define ENTRY_AGE (300 * NSEC_PER_SEC) /* as Linux and most switches */

static struct fdb_entry *set_of(struct fdb *f, const uint8_t *mac)
{
	return f->sets[(mac[5] ^ mac[4] * 31u ^ mac[3] * 131u ^ mac[2]) % FDB_SETS];
}

static bool is_group(const uint8_t *mac)
{
	return mac[0] & 1;
}

static struct fdb_entry *entry_of(struct fdb *f, const uint8_t *mac)
{
	struct fdb_entry *set = set_of(f, mac);

	for (unsigned i = 0; i < FDB_WAYS; i++)
		if (set[i].port && !memcmp(set[i].mac, mac, ETH_ALEN))
			return &set[i];
	return NULL;
}

/* A free place, or that of the one which was silent for longest; NULL: all are fixed. */
static struct fdb_entry *place_for(struct fdb *f, const uint8_t *mac)
{
	struct fdb_entry *set = set_of(f, mac), *oldest = NULL;

	for (unsigned i = 0; i < FDB_WAYS; i++) {
		if (!set[i].port)
			return &set[i];
		if (!set[i].fixed && (!oldest || set[i].seen < oldest->seen))
			oldest = &set[i];
	}
	return oldest;
}

static void put(struct fdb *f, const struct fdb_entry *new)
{
	struct fdb_entry *e = entry_of(f, new->mac);

	if (is_group(new->mac) || (e && e->fixed))
		return;
	if (!e)
		e = place_for(f, new->mac);
	if (e)
		*e = *new;
}

void fdb_fix(struct fdb *f, struct netdev *port, const uint8_t *mac)
{
	struct fdb_entry e = { .port = port, .fixed = true };

	memcpy(e.mac, mac, ETH_ALEN);
	put(f, &e);
}

void fdb_learn(struct fdb *f, struct netdev *port, const uint8_t *mac, uint64_t now)
{
	struct fdb_entry e = { .port = port, .seen = now };

	memcpy(e.mac, mac, ETH_ALEN);
	put(f, &e);
}

struct netdev *fdb_find(struct fdb *f, const uint8_t *mac, uint64_t now)
{
	const struct fdb_entry *e = is_group(mac) ? NULL : entry_of(f, mac);

	return e && (e->fixed || now - e->seen <= ENTRY_AGE) ? e->port : NULL;
}

void fdb_forget(struct fdb *f, const struct netdev *port)
{
	for (unsigned s = 0; s < FDB_SETS; s++)
		for (unsigned i = 0; i < FDB_WAYS; i++)
			if (f->sets[s][i].port == port)
				f->sets[s][i].port = NULL;
}
