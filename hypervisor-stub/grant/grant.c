/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: how one domain lends frames to another, and how the hypervisor keeps both honest.
 *
 * The model. The granter writes an entry into a table in its own memory: "d3 may read and write my
 * frame 1a2b". It tells d3 the entry's number, the grant reference, by whatever way it likes (xenstore,
 * a ring). d3 names granter and reference to map the frame, or to copy to or from it, and the hypervisor
 * checks the entry at that moment:
 *
 *	 granter's memory (the guest writes)          ours (nobody else sees it)
 *	+-------+-------+---------+                  +---------+-----+-------+--------+
 *	| flags | domid |  frame  |  entry `ref`     |  frame  | who | reads | writes |  pins
 *	+-------+-------+---------+                  +---------+-----+-------+--------+
 *	    ^ GTF_reading, GTF_writing                    ^ one for each mapping and running copy
 *	    |  set while pins are left                    |
 *	    +---------------------------------------------+
 *	                                             +---------+-----+-------+
 *	 mapper's handle 7  ---------------------->  | granter | ref | flags |  handles
 *	                                             +---------+-----+-------+
 *
 * The rules.
 *  1. The entry is the granter's memory and may change at any moment. Its flags and domain are read and
 *     marked in one compare-and-swap; its frame is read once, at the first pin, and kept in ours.
 *  2. While pins are left the entry shows GTF_reading (and GTF_writing), which is how the granter knows
 *     that it may not yet reuse the frame. It can ignore that: it then harms only itself, since
 *  3. every use holds references on the frame, of the kinds that all memory has (mm/types.c): a mapping
 *     through its page-table entry, a device mapping and a running copy by themselves; with the type
 *     "writable" if it writes. So a granted frame never becomes a page table under a writable mapping,
 *     nor goes back to the heap, whatever either domain does.
 *  4. A mapping is undone through its handle alone, and only where it was made. A mapper that overwrites
 *     the entry itself has dropped the references and keeps the pin: the granter sees the entry in use
 *     until the mapper dies. (So does real Xen.)
 *  5. A dying mapper's handles are released one by one, preemptibly; a dying granter keeps dying until
 *     the last mapping of its frames has gone.
 *
 * Lists of operations are worked off an element at a time, each with its own status; between two of
 * them anything else may run. Version 1 of the table; a request for version 2 is refused.
 *
 * Locks: grant.table (handles, growth), then grant.entry (entries and pins). Neither is held while a
 * page table is written: domain.mm stands outside both.
 */
#include "abi/abi.h"
#include "cpu/cpu.h"
#include "grant/internal.h"
#include "mm/mm.h"

#define CMD_MASK 0xfff /* the rest of the word is not the guest's to use */

/* Work off elements from where we stopped; `one` does one. progress[0]: elements done. */
static long each(gptr_t ops, unsigned int count, long (*one)(gptr_t ops, unsigned int index))
{
	uint64_t *done = hc_progress();

	while (*done < count) {
		unsigned int i = (unsigned int)*done;
		long rc;

		if (count > 1)
			hc_element(i);
		rc = one(ops, i);
		if (rc)
			return rc;
		(*done)++;
		if (*done < count && preempt_wanted())
			return -ERESTART;
	}
	return 0;
}

/* The same for unmapping, with a flush for every so many: see grant_unmap_finish(). */
static long each_unmap(gptr_t ops, unsigned int count,
		       long (*one)(gptr_t ops, unsigned int index, struct unmapped *batch))
{
	uint64_t *done = hc_progress();
	struct unmapped batch;
	long rc = 0;

	batch.count = 0;
	while (*done < count && !rc) {
		unsigned int i = (unsigned int)*done;

		if (count > 1)
			hc_element(i);
		rc = one(ops, i, &batch);
		if (rc)
			break;
		(*done)++;
		if (*done < count && preempt_wanted())
			rc = -ERESTART;
		else if (batch.count == UNMAP_BATCH)
			grant_unmap_finish(&batch);
	}
	grant_unmap_finish(&batch);
	return rc;
}

static long unreadable(unsigned int i)
{
	return refuse(-EFAULT, "element %u cannot be read", i);
}

static long unwritable(unsigned int i)
{
	return refuse(-EFAULT, "the status of element %u cannot be written", i);
}

/* clang-format off */
#define ELEMENT(name, structure)                                              \
	static long op_##name(gptr_t ops, unsigned int i)                     \
	{                                                                     \
		struct structure op;                                          \
									      \
		if (unlikely(guest_get_##structure(&op, ops, i)))             \
			return unreadable(i);                                 \
		grant_##name(&op);                                            \
		return unlikely(guest_put_##structure(ops, i, &op))           \
			       ? unwritable(i) : 0;                           \
	}
#define UNMAP_ELEMENT(name, structure)                                        \
	static long op_##name(gptr_t ops, unsigned int i, struct unmapped *b) \
	{                                                                     \
		struct structure op;                                          \
									      \
		if (unlikely(guest_get_##structure(&op, ops, i)))             \
			return unreadable(i);                                 \
		grant_##name(&op, b);                                         \
		return unlikely(guest_put_##structure(ops, i, &op))           \
			       ? unwritable(i) : 0;                           \
	}
/* clang-format on */

static void grant_swap_grant_ref(struct gnttab_swap_grant_ref *op)
{
	op->status = entry_swap(current->domain, op->ref_a, op->ref_b);
}

ELEMENT(map, gnttab_map_grant_ref)
UNMAP_ELEMENT(unmap, gnttab_unmap_grant_ref)
UNMAP_ELEMENT(unmap_and_replace, gnttab_unmap_and_replace)
ELEMENT(copy, gnttab_copy)
ELEMENT(transfer, gnttab_transfer)
ELEMENT(swap_grant_ref, gnttab_swap_grant_ref)

static long run(unsigned int cmd, gptr_t ops, unsigned int count)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return each(ops, count, op_map);
	case GNTTABOP_unmap_grant_ref:
		return each_unmap(ops, count, op_unmap);
	case GNTTABOP_unmap_and_replace:
		return each_unmap(ops, count, op_unmap_and_replace);
	case GNTTABOP_copy:
		return each(ops, count, op_copy);
	case GNTTABOP_transfer:
		return each(ops, count, op_transfer);
	case GNTTABOP_swap_grant_ref:
		return each(ops, count, op_swap_grant_ref);
	case GNTTABOP_cache_flush:
		return each(ops, count, op_cache_flush);
	case GNTTABOP_setup_table:
		return count ? op_setup_table(ops, count) : 0;
	case GNTTABOP_query_size:
		return count ? op_query_size(ops, count) : 0;
	case GNTTABOP_set_version:
		return op_set_version(ops);
	case GNTTABOP_get_version:
		return op_get_version(ops);
	case GNTTABOP_get_status_frames:
		return count ? op_get_status_frames(ops, count) : 0;
	default:
		return refuse(-ENOSYS, "there is no grant_table_op %u", cmd);
	}
}

long do_grant_table_op(unsigned int cmd, gptr_t ops, unsigned int count)
{
	if (unlikely(cmd & ~CMD_MASK || count > INT32_MAX))
		return refuse(-EINVAL, "grant_table_op %x with %u elements", cmd, count);
	return run(cmd, ops, count);
}
