/* SPDX-License-Identifier: MIT */
/*
 * Partitions: parts of a disk that are devices themselves.
 *
 * Two tables are known. The old one (MBR): four entries in sector 0, one of which may be a chain of
 * logical partitions, numbered from 5. GPT: a header in sector 1 and an array, guarded by checksums. Both
 * come from a disk that anybody may have written, so every number is checked against the disk.
 *
 * A disk is read by a thread: whoever found the disk may be needed for the reading.
 */
#include "block/internal.h"
#include "proc.h"

#define PARTITIONS_MOST 15 /* minor numbers of a disk: 16 */
#define CHAIN_MOST	64

#define MBR_SIGNATURE	0xaa55
#define TYPE_EMPTY	0x00
#define TYPE_PROTECTIVE 0xee

struct mbr_entry {
	uint8_t status, first_chs[3], type, last_chs[3];
	uint32_t first, count;
} __attribute__((packed));

struct mbr {
	uint8_t code[446];
	struct mbr_entry entry[4];
	uint16_t signature;
} __attribute__((packed));

struct gpt_header {
	uint8_t signature[8]; /* "EFI PART" */
	uint32_t revision, size, crc, reserved;
	uint64_t own, other, first_usable, last_usable;
	uint8_t guid[16];
	uint64_t array;
	uint32_t entries, entry_size, array_crc;
} __attribute__((packed));

struct gpt_entry {
	uint8_t type[16], guid[16];
	uint64_t first, last, attributes;
	uint8_t name[72];
} __attribute__((packed));

_Static_assert(sizeof(struct mbr) == SECTOR_SIZE, "one sector");
_Static_assert(sizeof(struct gpt_header) == 92 && sizeof(struct gpt_entry) == 128, "UEFI 5.3");

/* The disk's driver hears of it, too. */
static void release(struct blockdev *p)
{
	if (p->whole->ops->release)
		p->whole->ops->release(p->whole);
}

static const struct blockdev_ops partition_ops = { .release = release };

/* "vda" and 1 are "vda1", but "loop0" and 1 are "loop0p1". */
static void make_name(char *to, size_t size, const struct blockdev *d, unsigned number)
{
	char last = d->name[strlen(d->name) - 1];

	snprintf(to, size, "%.11s%s%u", d->name, last >= '0' && last <= '9' ? "p" : "", number);
}

static void add(struct blockdev *d, unsigned number, uint64_t first, uint64_t count)
{
	struct blockdev *p;

	if (!count || first >= d->sectors || count > d->sectors - first) {
		printk("%s: partition %u reaches beyond the disk: ignored\n", d->name, number);
		return;
	}
	p = kzalloc(sizeof(*p));
	if (!p)
		return;
	make_name(p->name, sizeof(p->name), d, number);
	p->rdev =
		d->rdev + number; /* the minor is the low byte, and a disk's is a multiple of 16 */
	p->sectors = count;
	p->sector_size = d->sector_size;
	p->max_segments = d->max_segments;
	p->read_only = d->read_only;
	p->can_flush = d->can_flush;
	p->can_discard = d->can_discard;
	p->ops = &partition_ops;
	p->whole = d;
	p->first = first;
	if (blockdev_add(p))
		kfree(p);
	else
		printk("%s: %llu KiB at sector %llu\n", p->name, (unsigned long long)count / 2,
		       (unsigned long long)first);
}

/* ---- MBR ---- */

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Each link holds one partition, relative to itself, and where the next one is, relative to the whole chain. */
static void scan_chain(struct blockdev *d, struct mbr *m, uint64_t chain)
{
	uint64_t at = chain;

	for (unsigned i = 0; i < CHAIN_MOST && 5 + i <= PARTITIONS_MOST; i++) {
		struct mbr_entry part, link;

		if (block_read(d, at, m, sizeof(*m)) || m->signature != MBR_SIGNATURE)
			return;
		part = m->entry[0];
		link = m->entry[1];
		if (part.type != TYPE_EMPTY)
			add(d, 5 + i, at + part.first, part.count);
		if (!is_extended(link.type) || !link.first)
			return;
		at = chain + link.first;
	}
}

static void scan_mbr(struct blockdev *d, struct mbr *m)
{
	struct mbr_entry entry[4];

	memcpy(entry, m->entry, sizeof(entry));
	for (unsigned i = 0; i < ARRAY_SIZE(entry); i++) {
		if (is_extended(entry[i].type))
			scan_chain(d, m, entry[i].first);
		else if (entry[i].type != TYPE_EMPTY)
			add(d, i + 1, entry[i].first, entry[i].count);
	}
}

/* A file system without partitions ends its first sector with the same signature: its entries make no sense. */
static bool plausible(const struct mbr *m)
{
	bool any = false;

	for (unsigned i = 0; i < ARRAY_SIZE(m->entry); i++) {
		if (m->entry[i].status & 0x7f)
			return false;
		any |= m->entry[i].type != TYPE_EMPTY && m->entry[i].count;
	}
	return any;
}

/* ---- GPT ---- */

static uint32_t crc32(uint32_t crc, const uint8_t *p, size_t n)
{
	crc = ~crc;
	while (n--) {
		crc ^= *p++;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static bool header_is_good(const struct blockdev *d, struct gpt_header *h)
{
	uint32_t crc = h->crc;

	if (memcmp(h->signature, "EFI PART", 8) || h->size < sizeof(*h) || h->size > SECTOR_SIZE)
		return false;
	h->crc = 0;
	return crc32(0, (const uint8_t *)h, h->size) == crc &&
	       h->entry_size >= sizeof(struct gpt_entry) && h->entry_size % 8 == 0 &&
	       h->entry_size <= PAGE_SIZE && h->entries && h->entries <= 1024 &&
	       h->array < d->sectors;
}

static bool is_used(const struct gpt_entry *e)
{
	static const uint8_t none[16];

	return memcmp(e->type, none, sizeof(none));
}

static void scan_gpt_array(struct blockdev *d, const struct gpt_header *h, const uint8_t *array)
{
	for (unsigned i = 0; i < h->entries && i < PARTITIONS_MOST; i++) {
		const struct gpt_entry *e = (const void *)(array + i * h->entry_size);

		if (is_used(e) && e->last >= e->first)
			add(d, i + 1, e->first, e->last - e->first + 1);
	}
}

/* `sector` has the room of a sector and is used up. */
static void scan_gpt(struct blockdev *d, void *sector)
{
	struct gpt_header h;
	size_t len;
	uint8_t *array;

	if (block_read(d, 1, sector, SECTOR_SIZE))
		return;
	if (!header_is_good(d, sector)) {
		printk("%s: its partition table (GPT) is damaged: ignored\n", d->name);
		return;
	}
	memcpy(&h, sector, sizeof(h));
	len = (size_t)h.entries * h.entry_size;
	array = kmalloc(align_up(len, (size_t)SECTOR_SIZE));
	if (!array)
		return;
	if (block_read(d, h.array, array, align_up(len, (size_t)SECTOR_SIZE)) ||
	    crc32(0, array, len) != h.array_crc)
		printk("%s: its array of partitions (GPT) is damaged: ignored\n", d->name);
	else
		scan_gpt_array(d, &h, array);
	kfree(array);
}

/* ---- when ---- */

static void scan(struct blockdev *d)
{
	struct mbr *m = kmalloc(sizeof(*m));

	/* Numbers in both tables are in sectors of the device's own size; only 512 is offered by our drivers. */
	if (m && d->sector_size == SECTOR_SIZE && d->sectors > 1 &&
	    !block_read(d, 0, m, sizeof(*m)) && m->signature == MBR_SIGNATURE && plausible(m)) {
		if (m->entry[0].type == TYPE_PROTECTIVE)
			scan_gpt(d, m);
		else
			scan_mbr(d, m);
	}
	kfree(m);
}

static void scan_thread(void *arg)
{
	struct blockdev *d = arg;

	scan(d);
	blockdev_put(d);
	kthread_exit();
}

void partition_scan(struct blockdev *d)
{
	struct blockdev *held = blockdev_get(d->rdev);

	if (held && !kthread_create("partitions", scan_thread, held))
		blockdev_put(held);
}

/* The first partition of d, taken off the list's users; NULL: none is left. */
static struct blockdev *first_of(struct blockdev *d)
{
	struct blockdev *p, *found = NULL;

	spin_lock(&block_lock);
	list_for_each (p, &block_devices, link)
		if (p->whole == d && !found)
			found = p;
	spin_unlock(&block_lock);
	return found;
}

void partition_drop_all(struct blockdev *d)
{
	struct blockdev *p;

	while ((p = first_of(d))) {
		blockdev_drop(p);
		kfree(p);
	}
}

static bool any_in_use(struct blockdev *d)
{
	struct blockdev *p;
	bool used = false;

	spin_lock(&block_lock);
	list_for_each (p, &block_devices, link)
		used |= p->whole == d && p->users;
	spin_unlock(&block_lock);
	return used;
}

int partition_rescan(struct blockdev *d)
{
	if (any_in_use(d))
		return -EBUSY;
	partition_drop_all(d);
	scan(d);
	return 0;
}
