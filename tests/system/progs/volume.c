/* SPDX-License-Identifier: MIT */
/*
 * Much data, every byte of which can be told right from wrong: on disks that are pulled out in the middle of
 * writing, and over networks. It runs in a guest, in domain 0 and on the host.
 *
 *	volume write FILE MEGABYTES SEED FIRST COUNT
 *	volume check FILE MEGABYTES SEED FIRST FLUSHED LAST [MAP]
 *	volume send ADDRESS PORT MEGABYTES SEED
 *	volume receive PORT MEGABYTES SEED	(waits for one sender)
 *
 * A volume is blocks of 4 KiB. Operation n, from FIRST on, writes a run of blocks that follows from SEED and n, so
 * each block says which operation wrote it last, and what it must contain. Every few operations a barrier (fsync)
 * is waited for, and then "FILE flushed N" is printed: everything up to N is on the medium, whatever happens next.
 *
 * The check knows three things of a block: the last operation up to FLUSHED that wrote it must be there, a later one
 * (up to LAST) may be there instead, and nothing else may be. What no operation since FIRST wrote must be as MAP
 * says, a file with the operation of each block, which is written anew.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK	4096u
#define WORDS	(BLOCK / 4)
#define RUN	32u /* blocks of one operation, at most */
#define BARRIER 16u /* operations between barriers */
#define CHUNK	65536u

static uint32_t buffer[RUN * WORDS];
static uint64_t seed;

static void fail(const char *what)
{
	fprintf(stderr, "volume: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A number that follows from two (the finalizer of splitmix64). */
static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t z = seed + a * 0x9e3779b97f4a7c15ull + b * 0xd1b54a32d192ed03ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* ---- blocks ---- */

struct run {
	uint32_t block, count;
};

static struct run run_of(uint32_t op, uint32_t blocks)
{
	uint64_t r = mix(op, 0);
	struct run run = { 0, 1 + (uint32_t)(r >> 32) % RUN };

	run.block = (uint32_t)r % (blocks - run.count + 1);
	return run;
}

static void fill(uint32_t *at, uint32_t block, uint32_t op)
{
	uint64_t r = mix(block, op);

	at[0] = block;
	at[1] = op;
	for (uint32_t i = 2; i < WORDS; i++)
		at[i] = (uint32_t)(r >> 16) + i * (uint32_t)r;
}

/* The operation that wrote it; 0: nobody has. Ends the program if it is neither. */
static uint32_t op_of(const uint32_t *at, uint32_t block)
{
	static uint32_t expected[WORDS];

	if (!at[1])
		memset(expected, 0, sizeof(expected));
	else
		fill(expected, block, at[1]);
	if (!memcmp(at, expected, BLOCK))
		return at[1];
	for (uint32_t i = 0; i < WORDS; i++)
		if (at[i] != expected[i]) {
			printf("block %u: word %u is %08x, not %08x (it says block %u, operation %u)\n",
			       block, i, at[i], expected[i], at[0], at[1]);
			break;
		}
	exit(1);
}

static void move(int fd, bool out, uint32_t block, uint32_t count)
{
	size_t len = (size_t)count * BLOCK, done = 0;

	if (lseek(fd, (off_t)block * BLOCK, SEEK_SET) < 0)
		fail("seek");
	while (done < len) {
		char *at = (char *)buffer + done;
		ssize_t n = out ? write(fd, at, len - done) : read(fd, at, len - done);

		if (n <= 0)
			fail(out ? "write" : "read");
		done += (size_t)n;
	}
}

static void barrier(int fd, const char *file, uint32_t op)
{
	if (fsync(fd))
		fail("fsync");
	printf("%s flushed %u\n", file, op);
	fflush(stdout);
}

static int write_volume(const char *file, uint32_t blocks, uint32_t first, uint32_t count)
{
	uint32_t *wrote = calloc(blocks, sizeof(*wrote));
	int fd = open(file, O_RDWR | O_CREAT, 0600);

	if (fd < 0 || !wrote)
		fail(file);
	for (uint32_t op = first; op < first + count; op++) {
		struct run r = run_of(op, blocks), old = run_of((uint32_t)mix(op, 1), blocks);

		for (uint32_t i = 0; i < r.count; i++) {
			fill(buffer + i * WORDS, r.block + i, op);
			wrote[r.block + i] = op;
		}
		move(fd, true, r.block, r.count);
		if (op % BARRIER == BARRIER - 1)
			barrier(fd, file, op);
		/* And something from elsewhere: what this run wrote must be there. */
		if (op % 2 || lseek(fd, 0, SEEK_END) < (off_t)(old.block + old.count) * BLOCK)
			continue;
		move(fd, false, old.block, old.count);
		for (uint32_t i = 0; i < old.count; i++) {
			uint32_t is = op_of(buffer + i * WORDS, old.block + i);

			if (wrote[old.block + i] && is != wrote[old.block + i]) {
				printf("block %u: operation %u is gone, %u is there\n",
				       old.block + i, wrote[old.block + i], is);
				return 1;
			}
		}
	}
	barrier(fd, file, first + count - 1);
	return close(fd) ? 1 : 0;
}

/* ---- the check ---- */

struct expectation {
	uint32_t must; /* of the flushed ones: the last that wrote it; or what MAP says */
	bool known;
};

static bool touches(uint32_t op, uint32_t block, uint32_t blocks)
{
	struct run r = run_of(op, blocks);

	return block >= r.block && block < r.block + r.count;
}

static struct expectation *expect(const char *map, uint32_t blocks, uint32_t first,
				  uint32_t flushed)
{
	struct expectation *e = calloc(blocks, sizeof(*e));
	FILE *f = map ? fopen(map, "r") : NULL;

	if (!e)
		fail("memory");
	for (uint32_t i = 0; f && i < blocks; i++) {
		e[i].known = fread(&e[i].must, sizeof(e[i].must), 1, f) == 1;
	}
	if (f)
		fclose(f);
	for (uint32_t op = first; op <= flushed; op++) {
		struct run r = run_of(op, blocks);

		for (uint32_t i = 0; i < r.count; i++)
			e[r.block + i] = (struct expectation){ op, true };
	}
	return e;
}

static bool is_right(const struct expectation *e, uint32_t block, uint32_t is, uint32_t blocks,
		     uint32_t first, uint32_t flushed, uint32_t last)
{
	if (is == e->must || (!e->known && is < first))
		return true;
	return is > flushed && is <= last && touches(is, block, blocks);
}

static int check_volume(const char *file, uint32_t blocks, uint32_t first, uint32_t flushed,
			uint32_t last, const char *map)
{
	struct expectation *e = expect(map, blocks, first, flushed);
	int fd = open(file, O_RDONLY);
	uint32_t later = 0;
	FILE *f;

	if (fd < 0)
		fail(file);
	for (uint32_t block = 0, n; block < blocks; block += n) {
		n = blocks - block < RUN ? blocks - block : RUN;
		move(fd, false, block, n);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t b = block + i, is = op_of(buffer + i * WORDS, b);

			if (!is_right(&e[b], b, is, blocks, first, flushed, last)) {
				printf("block %u: operation %u is there, must be %u%s\n", b, is,
				       e[b].must, e[b].known ? "" : " or older");
				return 1;
			}
			later += is != e[b].must;
			e[b].must = is;
		}
	}
	f = map ? fopen(map, "w") : NULL;
	for (uint32_t b = 0; f && b < blocks; b++)
		fwrite(&e[b].must, sizeof(e[b].must), 1, f);
	if (f)
		fclose(f);
	printf("%u blocks right, %u later than the last barrier\n", blocks, later);
	return 0;
}

/* ---- over the network: one stream, a chunk's bytes follow from its number ---- */

static void fill_chunk(uint32_t number)
{
	uint64_t r = mix(number, 7);

	for (uint32_t i = 0; i < CHUNK / 4; i++)
		buffer[i] = (uint32_t)(r >> 16) + i * (uint32_t)r;
}

static struct sockaddr_in address_of(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

	if (host && inet_pton(AF_INET, host, &a.sin_addr) != 1) {
		fprintf(stderr, "volume: %s is no address\n", host);
		exit(2);
	}
	return a;
}

static int send_volume(const char *host, const char *port, uint32_t chunks)
{
	struct sockaddr_in a = address_of(host, port);
	int s = socket(AF_INET, SOCK_STREAM, 0);
	char answer[3] = "";

	if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof(a)))
		fail(host);
	for (uint32_t n = 0; n < chunks; n++) {
		fill_chunk(n);
		for (size_t done = 0; done < CHUNK;) {
			ssize_t k = send(s, (char *)buffer + done, CHUNK - done, 0);

			if (k <= 0)
				fail("send");
			done += (size_t)k;
		}
	}
	if (recv(s, answer, 2, MSG_WAITALL) != 2 || strcmp(answer, "ok")) {
		printf("the receiver did not say that it got all of it\n");
		return 1;
	}
	printf("%u KiB arrived\n", chunks * (CHUNK / 1024));
	return close(s) ? 1 : 0;
}

static int receive_volume(const char *port, uint32_t chunks)
{
	static char got[CHUNK];
	struct sockaddr_in a = address_of(NULL, port);
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1, c;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
		fail("listen");
	printf("listening\n");
	fflush(stdout);
	c = accept(s, NULL, NULL);
	if (c < 0)
		fail("accept");
	for (uint32_t n = 0; n < chunks; n++) {
		ssize_t k = recv(c, got, CHUNK, MSG_WAITALL);

		fill_chunk(n);
		if (k != (ssize_t)CHUNK || memcmp(got, buffer, CHUNK)) {
			printf("chunk %u: %zd bytes, %s\n", n, k,
			       k == (ssize_t)CHUNK ? "others" : "too few");
			return 1;
		}
	}
	if (send(c, "ok", 2, 0) != 2)
		fail("answer");
	printf("%u KiB right\n", chunks * (CHUNK / 1024));
	return close(c) ? 1 : 0;
}

int main(int argc, char **argv)
{
	uint32_t n[argc + 1];

	for (int i = 0; i < argc; i++)
		n[i] = (uint32_t)strtoul(argv[i], NULL, 0);
	if (argc == 7 && !strcmp(argv[1], "write")) {
		seed = n[4];
		return write_volume(argv[2], n[3] << 8, n[5], n[6]);
	}
	if ((argc == 8 || argc == 9) && !strcmp(argv[1], "check")) {
		seed = n[4];
		return check_volume(argv[2], n[3] << 8, n[5], n[6], n[7], argv[8]);
	}
	if (argc == 6 && !strcmp(argv[1], "send")) {
		seed = n[5];
		return send_volume(argv[2], argv[3], n[4] << 4);
	}
	if (argc == 5 && !strcmp(argv[1], "receive")) {
		seed = n[4];
		return receive_volume(argv[2], n[3] << 4);
	}
	fprintf(stderr,
		"usage: volume write|check|send|receive ... (the head of its source says)\n");
	return 2;
}
