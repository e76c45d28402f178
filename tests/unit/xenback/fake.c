/* SPDX-License-Identifier: MIT */
/*
 * The kernel that the backends' data paths see in their tests: fake.h.
 */
#include "fake.h"
#include "timer.h"

#include <stdio.h>
#include <stdlib.h>

uint8_t fake_guest[GUEST_PAGES][4096];
bool fake_granted[GUEST_PAGES], fake_readonly[GUEST_PAGES];
uint64_t fake_now = 1;
unsigned fake_notifications, fake_messages;
long fake_pages, fake_blocks;
void (*fake_turn)(void);
void (*fake_thread)(void *data);
void *fake_thread_data;

static jmp_buf thread_end;
static uint64_t seed = 88172645463325252ull;

uint32_t fake_random(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below ? (uint32_t)(seed >> 16) % below : 0;
}

/* ---- memory ---- */

pfn_t page_alloc(void)
{
	fake_pages++;
	return pfn_of((unsigned long)aligned_alloc(4096, 4096) >> 12);
}

void page_put(pfn_t pfn)
{
	fake_pages--;
	free(machine_page_va(pfn));
}

void *machine_page_va(pfn_t pfn)
{
	return (void *)(pfn_x(pfn) << 12);
}

pfn_t machine_va_page(const void *va)
{
	return pfn_of((unsigned long)va >> 12);
}

void *pages_alloc(unsigned order)
{
	fake_pages++;
	return aligned_alloc(4096, 4096ul << order);
}

void pages_free(void *p, unsigned order)
{
	(void)order;
	fake_pages--;
	free(p);
}

void *kmalloc(size_t size)
{
	fake_blocks++;
	return malloc(size);
}

void *kzalloc(size_t size)
{
	fake_blocks++;
	return calloc(1, size);
}

void kfree(const void *p)
{
	fake_blocks -= p != NULL;
	free((void *)p);
}

/* ---- threads: one, on our own stack ---- */

struct task *kthread_create(const char *name, void (*fn)(void *data), void *data)
{
	static char task;

	(void)name;
	fake_thread = fn;
	fake_thread_data = data;
	return (struct task *)&task;
}

void kthread_exit(void)
{
	longjmp(thread_end, 1);
}

void fake_run_thread(void)
{
	if (!setjmp(thread_end))
		fake_thread(fake_thread_data);
}

int wait_sleep(uint64_t deadline)
{
	fake_turn();
	if (deadline == WAIT_FOREVER)
		return 0;
	fake_now = max(fake_now, deadline);
	return -ETIMEDOUT;
}

void cond_resched(void)
{
	fake_turn();
}

void wait_prepare(bool interruptible)
{
	(void)interruptible;
}

void wait_finish(void)
{
}

void waitq_add(struct waitq *q, struct wait_entry *e)
{
	(void)q, (void)e;
}

void waitq_remove(struct wait_entry *e)
{
	(void)e;
}

void waitq_wake(struct waitq *q)
{
	(void)q;
}

void spin_lock(struct spinlock *l)
{
	assert_false(l->held);
	l->held = true;
}

void spin_unlock(struct spinlock *l)
{
	assert_true(l->held);
	l->held = false;
}

uint64_t time_now(void)
{
	return fake_now;
}

/* ---- what is behind the backends ---- */

void (*fake_submit)(struct block_request *r);
int (*fake_flush)(void), (*fake_write)(uint64_t sector, const void *va, size_t len);
void (*fake_receive)(struct packet *p);

void block_submit(struct blockdev *d, struct block_request *r)
{
	(void)d;
	fake_submit(r);
}

int block_flush(struct blockdev *d)
{
	(void)d;
	return fake_flush();
}

int block_write(struct blockdev *d, uint64_t sector, const void *va, size_t len)
{
	(void)d;
	return fake_write(sector, va, len);
}

/* Weak: where kernel/net/netdev.c itself is tested, that is it. */
__attribute__((weak)) void netdev_receive(struct netdev *d, struct packet *p)
{
	p->dev = d;
	fake_receive(p);
}

__attribute__((weak)) void netdev_carrier(struct netdev *d, bool on)
{
	d->running = on;
}

/* ---- words ---- */

void printk(const char *fmt, ...)
{
	(void)fmt;
	fake_messages++;
}

void xendev_say(struct xendev *d, const char *fmt, ...)
{
	(void)d, (void)fmt;
	fake_messages++;
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

/* ---- the hypervisor ---- */

void evtchn_notify(evtchn_port_t port)
{
	(void)port;
	fake_notifications++;
}

void evtchn_mask(evtchn_port_t port)
{
	(void)port;
}

/* As the hypervisor does it: it checks both ends, and the memory sanitizer checks ours. */
bool grant_copy(struct grant_copy *ops, unsigned count)
{
	bool ok = true;

	for (unsigned i = 0; i < count; i++) {
		struct grant_copy *c = &ops[i];
		unsigned long in_page = (unsigned long)c->va & 4095;

		assert_true(in_page + c->len <= 4096);
		c->status = GNTST_okay;
		if (c->ref >= GUEST_PAGES || !fake_granted[c->ref] ||
		    (c->to_grant && fake_readonly[c->ref]))
			c->status = GNTST_bad_gntref;
		else if (c->offset + c->len > 4096)
			c->status = GNTST_bad_copy_arg;
		else if (c->to_grant)
			memcpy(fake_guest[c->ref] + c->offset, c->va, c->len);
		else
			memcpy(c->va, fake_guest[c->ref] + c->offset, c->len);
		ok &= c->status == GNTST_okay;
	}
	return ok;
}
