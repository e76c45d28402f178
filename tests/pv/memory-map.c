/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_set_memory_map and XENMEM_memory_map: a memory map in the BIOS's form, kept for a domain.
 *
 * Mechanism: whoever builds a domain may leave it a map of its pseudo-physical memory; a kernel asks
 * for it at its start, and takes one piece of RAM when there is none. The hypervisor only keeps it.
 * Steps: 1. a domain from a boot module has none; 2. bad requests set none; 3. set one of two
 * entries, read it with room for all and for one; 4. bad pointers; 5. a second map replaces the first.
 * Fails by: the request with the error that came, or the entry that differs.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#include <xen/memory.h>

struct entry {
	uint64_t start, bytes;
	uint32_t type;
} __attribute__((packed));

static struct entry sent[1025], got[1025];

static int set(domid_t dom, void *entries, unsigned int count)
{
	struct xen_foreign_memory_map m = { .domid = dom };

	m.map.nr_entries = count;
	set_xen_guest_handle(m.map.buffer, entries);
	return hv_memory_op(XENMEM_set_memory_map, &m);
}

static int get(void *entries, unsigned int *count)
{
	struct xen_memory_map m = { .nr_entries = *count };
	int rc;

	set_xen_guest_handle(m.buffer, entries);
	rc = hv_memory_op(XENMEM_memory_map, &m);
	*count = m.nr_entries;
	return rc;
}

static void expect_map(unsigned int room, unsigned int count)
{
	memset(got, 0xff, sizeof(got));
	expect(get(got, &room), 0, "read the map");
	expect_u64(room, count, "entries of the map");
	for (unsigned int i = 0; i < count; i++)
		ensure(!memcmp(&got[i], &sent[i], sizeof(got[i])), "an entry of the map differs");
	ensure(got[count].type == ~0u, "more was written than there is");
}

void test_main(void)
{
	unsigned int room = 1025;

	expect(get(got, &room), -XEN_ENOSYS, "a map that nobody set");
	for (unsigned int i = 0; i < 1025; i++)
		sent[i] = (struct entry){ (uint64_t)i << 20, 1 << 20, 1 + i % 2 };
	expect(set(DOMID_SELF, sent, 1025), -XEN_EINVAL, "set 1025 entries");
	expect(set(DOMID_SELF, sent, ~0u), -XEN_EINVAL, "set 2^32-1 entries");
	expect(set(DOMID_SELF, NULL, 2), -XEN_EFAULT, "set from nowhere");
	expect(set(5, sent, 2), -XEN_ESRCH, "set for a domain that is not there");
	expect(get(got, &room), -XEN_ENOSYS, "still no map");

	expect(set(DOMID_SELF, sent, 2), 0, "set two entries");
	expect_map(1025, 2);
	expect_map(1, 1);
	room = 2;
	expect(get(NULL, &room), -XEN_EFAULT, "read to nowhere");
	expect(set(DOMID_SELF, sent, 1024), 0, "set 1024 entries");
	expect_map(1024, 1024);
}
