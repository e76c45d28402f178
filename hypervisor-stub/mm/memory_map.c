/* SPDX-License-Identifier: MIT */
/*
 * Memory maps: the machine's, for domain 0, and one for each domain whose builder gave it one.
 *
 * A domain's map is only kept for it: nothing here believes it. Lock: domain.pages guards the pointer to
 * it, and is held while the map is copied out.
 */
#include "console/console.h"
#include "domain/privilege.h"
#include "lib/string.h"
#include "mm/memory_op.h"

#define MAP_ENTRIES 1024 /* what real Xen takes */

/* As the BIOS interface has it: 20 bytes, nothing between. */
struct map_entry {
	uint64_t start, bytes;
	uint32_t type;
} __attribute__((packed));

struct memory_map {
	unsigned int count;
	struct map_entry entry[];
};

/* Filled before there is a heap: room[] is where map.entry[] is. */
static struct {
	struct memory_map map;
	struct map_entry room[MAP_ENTRIES / 8];
} machine;

void machine_map_add(maddr_t start, uint64_t bytes, uint32_t type)
{
	if (machine.map.count < ARRAY_SIZE(machine.room))
		machine.room[machine.map.count++] =
			(struct map_entry){ maddr_x(start), bytes, type };
}

static long answer(gptr_t arg, struct xen_memory_map *request, const struct memory_map *map)
{
	request->nr_entries = min(request->nr_entries, map->count);
	if (copy_to_guest(guest_handle(request->buffer), map->entry,
			  request->nr_entries * sizeof(map->entry[0])))
		return -EFAULT;
	return guest_put_xen_memory_map(arg, 0, request);
}

long memory_machine_map(gptr_t arg)
{
	struct xen_memory_map request;
	long rc = privilege_check(__HYPERVISOR_memory_op, XENMEM_machine_memory_map, NULL);

	if (rc)
		return rc;
	if (guest_get_xen_memory_map(&request, arg, 0))
		return -EFAULT;
	if (request.nr_entries < machine.map.count)
		return refuse(-EINVAL, "room for %u entries, %u are needed", request.nr_entries,
			      machine.map.count);
	return answer(arg, &request, &machine.map);
}

long memory_own_map(gptr_t arg)
{
	struct domain *d = current->domain;
	struct xen_memory_map request;
	long rc;

	/* A kernel that finds no map does with one piece of RAM: so this comes before any fault. */
	if (!READ_ONCE(d->own_map))
		return -ENOSYS;
	if (guest_get_xen_memory_map(&request, arg, 0))
		return -EFAULT;
	spin_lock(&d->pages_lock);
	rc = d->own_map ? answer(arg, &request, d->own_map) : -ENOSYS;
	spin_unlock(&d->pages_lock);
	return rc;
}

static struct memory_map *read_map(const struct xen_memory_map *request, long *rc)
{
	size_t bytes = request->nr_entries * sizeof(struct map_entry);
	struct memory_map *map;

	if (request->nr_entries > MAP_ENTRIES) {
		*rc = refuse(-EINVAL, "%u entries, at most %u", request->nr_entries, MAP_ENTRIES);
		return NULL;
	}
	map = kalloc(sizeof(*map) + bytes);
	if (!map) {
		*rc = -ENOMEM;
		return NULL;
	}
	map->count = request->nr_entries;
	if (!copy_from_guest(map->entry, guest_handle(request->buffer), bytes))
		return map;
	*rc = -EFAULT;
	kfree(map);
	return NULL;
}

long memory_set_map(gptr_t arg)
{
	struct xen_foreign_memory_map request;
	struct memory_map *map, *old;
	struct domain *d;
	long rc;

	if (guest_get_xen_foreign_memory_map(&request, arg, 0))
		return -EFAULT;
	map = read_map(&request.map, &rc);
	if (!map)
		return rc;
	d = memory_domain(request.domid, &rc);
	if (!d) {
		kfree(map);
		return rc;
	}
	spin_lock(&d->pages_lock);
	old = d->own_map;
	d->own_map = map;
	spin_unlock(&d->pages_lock);
	kfree(old);
	domain_put(d);
	return 0;
}
