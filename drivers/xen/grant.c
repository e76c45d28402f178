/* SPDX-License-Identifier: MIT */
/*
 * Granting: the table in which we lend pages to other domains, version 1 of <xen/grant_table.h>.
 *
 * An entry is ours to write while its flags are 0. Lending writes frame and domain first and the flags
 * last, since the other may look at any moment. Taking back is a compare-and-swap on the flags: the
 * hypervisor sets GTF_reading and GTF_writing there while the other uses the page, and then the entry
 * cannot be taken back, nor the page be used for anything else. That is the one rule of this file:
 * a page never outlives its grant in our hands, whatever the other does.
 *
 * Free entries are a list through `next`; both tables grow a frame at a time up to the hypervisor's limit.
 * Locking: `lock`.
 */
#include "grant.h"
#include "timer.h"

#define ENTRIES_A_FRAME (PAGE_SIZE / sizeof(grant_entry_v1_t))
#define FRAMES_MOST	32
#define ENTRIES_MOST	(FRAMES_MOST * ENTRIES_A_FRAME)
#define LINGER_RETRY	(NSEC_PER_SEC / 4)

static struct spinlock lock = SPINLOCK_INIT;
static grant_entry_v1_t *table; /* FRAMES_MOST pages of addresses, `frames` of them mapped */
static unsigned frames;
static uint16_t next[ENTRIES_MOST]; /* of a free entry: the next one; 0: the last */
static uint16_t first_free;

/* Pages that the other side does not let go of. */
struct linger {
	struct list link;
	grant_ref_t ref;
	void *page;
};

static struct list lingering = LIST_INIT(lingering);
static struct timer linger_timer;
static unsigned linger_count;

static void add_free(unsigned ref)
{
	next[ref] = first_free;
	first_free = (uint16_t)ref;
}

/* One more frame of entries. Locks: lock. */
static bool grow(void)
{
	unsigned long list[FRAMES_MOST];
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = frames + 1 };
	char *va = (char *)table + frames * PAGE_SIZE;

	if (frames == FRAMES_MOST)
		return false;
	set_xen_guest_handle(op.frame_list, list);
	if (hypercall_grant_table_op(GNTTABOP_setup_table, &op, 1) || op.status != GNTST_okay)
		return false;
	if (hypercall_update_va_mapping((unsigned long)va,
					pte_make(mfn_of(list[frames]),
						 PTE_P | PTE_RW | PTE_A | PTE_D | mm_nx),
					UVMF_INVLPG))
		return false;
	/* Downwards, so that they are given out upwards. 0 ends the list; 1 to 7 are reserved by the ABI. */
	for (unsigned i = ENTRIES_A_FRAME; i--;)
		if (frames || i >= GNTTAB_NR_RESERVED_ENTRIES)
			add_free(frames * ENTRIES_A_FRAME + i);
	frames++;
	return true;
}

grant_ref_t grant_access(domid_t to, const void *page, bool readonly)
{
	grant_entry_v1_t *e;
	grant_ref_t ref = GREF_NONE;

	spin_lock(&lock);
	if (first_free || grow()) {
		ref = first_free;
		first_free = next[ref];
		e = &table[ref];
		e->frame = mfn_x(va_to_mfn(page));
		e->domid = to;
		barrier();
		*(volatile uint16_t *)&e->flags = GTF_permit_access | (readonly ? GTF_readonly : 0);
	}
	spin_unlock(&lock);
	return ref;
}

bool grant_end(grant_ref_t ref)
{
	uint16_t *flags = &table[ref].flags;
	uint16_t seen = __atomic_load_n(flags, __ATOMIC_RELAXED);

	do {
		if (seen & (GTF_reading | GTF_writing))
			return false;
	} while (!__atomic_compare_exchange_n(flags, &seen, 0, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	spin_lock(&lock);
	add_free(ref);
	spin_unlock(&lock);
	return true;
}

/* ---- grants that outlive their use ---- */

static void retry(struct timer *t)
{
	struct linger *l, *following;

	spin_lock(&lock);
	list_for_each_safe (l, following, &lingering, link) {
		list_del(&l->link);
		spin_unlock(&lock);
		if (grant_end(l->ref)) {
			page_put(machine_va_page(l->page));
			kfree(l);
			spin_lock(&lock);
			linger_count--;
		} else {
			spin_lock(&lock);
			list_add(&lingering, &l->link); /* before `following`: not seen again */
		}
	}
	if (!list_empty(&lingering))
		timer_arm(t, time_now() + LINGER_RETRY);
	spin_unlock(&lock);
}

void grant_end_later(grant_ref_t ref, void *page)
{
	struct linger *l;

	if (grant_end(ref)) {
		page_put(machine_va_page(page));
		return;
	}
	l = kmalloc(sizeof(*l));
	if (!l) {
		printk("grant: no memory to remember grant %u: a page is lost\n", ref);
		return;
	}
	l->ref = ref;
	l->page = page;
	spin_lock(&lock);
	list_add(&lingering, &l->link);
	linger_count++;
	timer_arm(&linger_timer, time_now() + LINGER_RETRY);
	spin_unlock(&lock);
}

unsigned grant_linger_count(void)
{
	return linger_count;
}

void grant_init(void)
{
	table = special_reserve(FRAMES_MOST);
	timer_init(&linger_timer, retry);
	spin_lock(&lock);
	if (!table || !grow())
		printk("grant: the hypervisor gives no grant table: no paravirtual devices\n");
	spin_unlock(&lock);
}
