/* SPDX-License-Identifier: MIT */
/*
 * gzip_unpack() against the host's gzip, and against damage.
 *
 * The oracle packs, we unpack; then every kind of damage must end in a sentence, never in a read or
 * write outside the buffers (the sanitizers watch).
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/guestimage/inflate.h"

static uint8_t scratch[GZIP_SCRATCH] __attribute__((aligned(2)));

struct blob {
	uint8_t *data;
	size_t size;
};

static struct blob read_all(FILE *f)
{
	struct blob b = { malloc(1 << 22), 0 };

	b.size = fread(b.data, 1, 1 << 22, f);
	return b;
}

/* What the host's gzip makes of these bytes. */
static struct blob host_gzip(const uint8_t *data, size_t size, int level)
{
	char path[] = "/tmp/inflate-test-XXXXXX", command[80];
	int fd = mkstemp(path);
	struct blob b;
	FILE *f;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
	snprintf(command, sizeof(command), "gzip -%d -c %s", level, path);
	f = popen(command, "r");
	b = read_all(f);
	pclose(f);
	unlink(path);
	return b;
}

/* Text with repetitions, then noise, then a long run: literals, all distances, stored blocks. */
static struct blob sample(void)
{
	struct blob b = { malloc(600000), 600000 };

	srand(1);
	for (size_t i = 0; i < 200000; i++)
		b.data[i] = "the quick brown fox "[(i * 7 + i / 300) % 20];
	for (size_t i = 200000; i < 400000; i++)
		b.data[i] = (uint8_t)rand();
	memset(b.data + 400000, 'x', 200000);
	return b;
}

static void unpacks_what_gzip_packs(void **state)
{
	struct blob plain = sample();

	(void)state;
	for (int level = 1; level <= 9; level += 4) {
		struct blob packed = host_gzip(plain.data, plain.size, level);
		uint8_t *out = malloc(plain.size);
		size_t size = 0;

		assert_true(gzip_probe(packed.data, packed.size, &size));
		assert_int_equal(size, plain.size);
		assert_null(gzip_unpack(packed.data, packed.size, out, size, scratch));
		assert_memory_equal(out, plain.data, size);
		free(out);
		free(packed.data);
	}
	free(plain.data);
}

static void damage_is_told(void **state)
{
	struct blob plain = sample(), packed = host_gzip(plain.data, plain.size, 6);
	uint8_t *bad = malloc(packed.size), *out = malloc(plain.size);
	unsigned int told = 0;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		memcpy(bad, packed.data, packed.size);
		bad[12 + (unsigned int)rand() % (packed.size - 20)] ^= (uint8_t)(1 << rand() % 8);
		told += gzip_unpack(bad, packed.size, out, plain.size, scratch) != NULL;
	}
	assert_int_equal(told, 300);
	for (size_t cut = 18; cut < packed.size; cut += 977) {
		uint8_t *shorter = malloc(cut);

		memcpy(shorter, packed.data, cut);
		assert_non_null(gzip_unpack(shorter, cut, out, plain.size, scratch));
		free(shorter);
	}
	free(out);
	free(bad);
	free(packed.data);
	free(plain.data);
}

static void other_data_is_no_gzip(void **state)
{
	uint8_t data[32] = "\177ELF";
	size_t size;

	(void)state;
	assert_false(gzip_probe(data, sizeof(data), &size));
	memcpy(data, "\x1f\x8b\x08", 3);
	assert_false(gzip_probe(data, 17, &size));
	assert_true(gzip_probe(data, 18, &size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unpacks_what_gzip_packs),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(other_data_is_no_gzip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
