/* SPDX-License-Identifier: MIT */
/*
 * Random bytes without ever blocking.
 *
 * A pool of 256 bits is stirred by the times at which interrupts come and by what the machine
 * knows at boot; output is a ChaCha20 stream keyed from the pool, and the key is replaced with each
 * request, so that earlier output cannot be computed from a later state. Early output is as weak as
 * the boot is predictable: programs get it nevertheless, since a shell that waits is worse.
 */
#include "kernel.h"
#include "lock.h"

static uint32_t pool[8];
static unsigned pool_next;
static struct spinlock lock = SPINLOCK_INIT;

static inline uint32_t rotl(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void quarter(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	/* clang-format off */
	s[a] += s[b]; s[d] = rotl(s[d] ^ s[a], 16);
	s[c] += s[d]; s[b] = rotl(s[b] ^ s[c], 12);
	s[a] += s[b]; s[d] = rotl(s[d] ^ s[a], 8);
	s[c] += s[d]; s[b] = rotl(s[b] ^ s[c], 7);
	/* clang-format on */
}

/* One block of RFC 8439 with the pool as key and `counter` in place of counter and nonce. */
static void block(uint32_t out[16], uint32_t counter)
{
	uint32_t in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	unsigned i;

	memcpy(&in[4], pool, sizeof(pool));
	in[12] = counter;
	memcpy(out, in, sizeof(in));
	for (i = 0; i < 10; i++) {
		quarter(out, 0, 4, 8, 12);
		quarter(out, 1, 5, 9, 13);
		quarter(out, 2, 6, 10, 14);
		quarter(out, 3, 7, 11, 15);
		quarter(out, 0, 5, 10, 15);
		quarter(out, 1, 6, 11, 12);
		quarter(out, 2, 7, 8, 13);
		quarter(out, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		out[i] += in[i];
}

void random_stir(uint64_t sample)
{
	unsigned long state = irq_save();

	pool[pool_next] = rotl(pool[pool_next], 7) ^ (uint32_t)sample;
	pool_next = (pool_next + 1) % ARRAY_SIZE(pool);
	pool[pool_next] += (uint32_t)(sample >> 32) ^ rotl((uint32_t)sample, 19);
	irq_restore(state);
}

void random_bytes(void *buf, size_t n)
{
	uint32_t out[16], counter = 0;

	random_stir(machine_entropy());
	spin_lock(&lock);
	while (n) {
		size_t part = min(n, sizeof(out));

		block(out, ++counter);
		memcpy(buf, out, part);
		buf = (char *)buf + part;
		n -= part;
	}
	block(out, 0);
	memcpy(pool, out, sizeof(pool));
	spin_unlock(&lock);
}
