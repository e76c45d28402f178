/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: one domain lets another map or copy some of its frames.
 *
 * Owns: grant tables and the handles of mappings. Locks: grant.table (size, version, handles), then
 * grant.entry (counts of one entry).
 */
#ifndef GRANT_GRANT_H
#define GRANT_GRANT_H

struct domain;
struct domain_config;

/* At boot: the audit shall count what grants hold. */
void grants_start(void);
/* -ENOMEM. Config: max_grant_frames, max_maptrack_frames. */
int grants_init(struct domain *d, const struct domain_config *config);
/*
 * gnttab_max_frames or gnttab_max_maptrack_frames: what a domain gets that its toolstack gives no quota, and
 * the most that a toolstack may give (-EINVAL above it, on Xen).
 */
unsigned int grants_option(bool maptrack);
/* Unmap what the domain mapped, preemptibly. -ERESTART: call again. */
int grants_release_mappings(struct domain *d);
/* Nobody has a reference on d: give up the table's frames, then everything. */
void grants_drop_frames(struct domain *d);
void grants_destroy(struct domain *d);

long do_grant_table_op(unsigned int cmd, gptr_t ops, unsigned int count);

/* What the table (without its pages, which the guest sees) and the handles take of the heap. */
size_t grants_bytes(const struct domain *d);
unsigned int grants_frames(const struct domain *d);
/* Debug key `g`. */
void grants_dump_init(void);

#endif
