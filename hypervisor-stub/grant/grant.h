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

/* At boot: the audit shall count what grants hold. */
void grants_start(void);
int grants_init(struct domain *d);
/* Unmap what the domain mapped, preemptibly. -ERESTART: call again. */
int grants_release_mappings(struct domain *d);
/* Is any frame of the table mapped by others, as the function says? Then the next must wait. */
bool grants_mapped_elsewhere(const struct domain *d, bool (*mapped)(const void *page));
/* Give up the table's frames; what others hold pinned stays known until grants_destroy(). */
void grants_drop_frames(struct domain *d);
void grants_destroy(struct domain *d);

long do_grant_table_op(unsigned int cmd, gptr_t ops, unsigned int count);

/* Debug key `g`. */
void grants_dump_init(void);

#endif
