/* SPDX-License-Identifier: MIT */
/*
 * gzip and deflate, from memory to memory.
 *
 * A Huffman code of n bits at most is decoded by one look-up in a table of 2^n words, each holding the
 * symbol and the true length of its code. Deflate sends code bits most significant first inside a
 * stream that is least significant first, so table indices are bit-reversed codes. Reading past the
 * input yields zero bits, counted in `padding`: looking ahead may meet them, using one up means that the
 * data are cut short.
 */
#include "lib/guestimage/inflate.h"
#include "lib/string.h"

enum {
	MAX_BITS = 15, /* longest code (RFC 1951, 3.2.7) */
	LITERALS = 288,
	DISTANCES = 32,
	CODE_LENGTHS = 19,
	END_OF_BLOCK = 256,
};

/* A table word: symbol << 4 | code length; 0 is a code that does not exist. */
struct huffman {
	uint16_t *table;
	unsigned int bits;
};

struct stream {
	const uint8_t *in, *in_end;
	uint64_t hold; /* bits read ahead, the next one lowest */
	unsigned int held;
	unsigned int padding; /* of the held bits: zeroes from behind the end */
	uint8_t *out;
	size_t pos, size;
	struct huffman literal, distance;
};

static void refill(struct stream *s, unsigned int n)
{
	while (s->held < n) {
		if (s->in < s->in_end)
			s->hold |= (uint64_t)*s->in++ << s->held;
		else
			s->padding += 8;
		s->held += 8;
	}
}

static bool cut_short(const struct stream *s)
{
	return s->padding > s->held;
}

static unsigned int take(struct stream *s, unsigned int n)
{
	unsigned int v;

	refill(s, n);
	v = s->hold & ((1u << n) - 1);
	s->hold >>= n;
	s->held -= n;
	return v;
}

static unsigned int reverse(unsigned int code, unsigned int n)
{
	unsigned int r = 0;

	for (; n; n--, code >>= 1)
		r = r << 1 | (code & 1);
	return r;
}

/* Canonical codes from their lengths (RFC 1951, 3.2.2). False: more codes than the lengths allow. */
static bool build(struct huffman *h, const uint8_t *lengths, unsigned int n)
{
	unsigned int count[MAX_BITS + 1] = { 0 }, next[MAX_BITS + 1] = { 0 }, code = 0;

	for (unsigned int i = 0; i < n; i++)
		count[lengths[i]]++;
	count[0] = 0;
	h->bits = 1;
	for (unsigned int len = 1; len <= MAX_BITS; len++) {
		code = (code + count[len - 1]) << 1;
		next[len] = code;
		if (code + count[len] > 1u << len)
			return false;
		if (count[len])
			h->bits = len;
	}
	memset(h->table, 0, sizeof(*h->table) << h->bits);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int len = lengths[i];

		if (!len)
			continue;
		for (unsigned int at = reverse(next[len]++, len); at < 1u << h->bits;
		     at += 1u << len)
			h->table[at] = (uint16_t)(i << 4 | len);
	}
	return true;
}

/* The next symbol, or -1 for a code that does not exist. */
static int symbol(struct stream *s, const struct huffman *h)
{
	unsigned int word;

	refill(s, MAX_BITS);
	word = h->table[s->hold & ((1u << h->bits) - 1)];
	if (!word)
		return -1;
	s->hold >>= word & 15;
	s->held -= word & 15;
	return (int)(word >> 4);
}

static const char *copy_back(struct stream *s, size_t distance, size_t length)
{
	if (distance > s->pos)
		return "a deflate distance reaches before the beginning";
	if (length > s->size - s->pos)
		return "it unpacks to more than its trailer says";
	/* The ranges may overlap: repeating the last bytes is how runs are coded. */
	for (; length; length--, s->pos++)
		s->out[s->pos] = s->out[s->pos - distance];
	return NULL;
}

static const char *codes_block(struct stream *s)
{
	static const uint16_t length_base[29] = { 3,  4,  5,  6,   7,	8,   9,	  10,  11, 13,
						  15, 17, 19, 23,  27,	31,  35,  43,  51, 59,
						  67, 83, 99, 115, 131, 163, 195, 227, 258 };
	static const uint8_t length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
						  2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
	const char *error;

	while (!cut_short(s)) {
		int sym = symbol(s, &s->literal);

		if (sym < 0)
			return "a deflate code does not exist";
		if (sym < END_OF_BLOCK) {
			if (s->pos == s->size)
				return "it unpacks to more than its trailer says";
			s->out[s->pos++] = (uint8_t)sym;
			continue;
		}
		if (sym == END_OF_BLOCK)
			return NULL;
		sym -= END_OF_BLOCK + 1;
		if (sym >= 29)
			return "a deflate length does not exist";

		size_t length = length_base[sym] + take(s, length_extra[sym]);
		int d = symbol(s, &s->distance);

		if (d < 0 || d >= 30)
			return "a deflate distance does not exist";
		/* Two codes a power of two, the first two powers unscaled (RFC 1951, 3.2.5). */
		unsigned int extra = d < 2 ? 0 : (unsigned int)(d / 2 - 1);
		size_t distance =
			1 + (d < 2 ? (size_t)d : ((size_t)(2 + d % 2) << extra) + take(s, extra));

		error = copy_back(s, distance, length);
		if (error)
			return error;
	}
	return "it ends in the middle";
}

static const char *stored_block(struct stream *s)
{
	unsigned int length, check;

	take(s, s->held & 7);
	length = take(s, 16);
	check = take(s, 16);
	if ((length ^ check) != 0xffff)
		return "the length of a stored block is damaged";
	if (length > s->size - s->pos)
		return "it unpacks to more than its trailer says";
	for (; length && !cut_short(s); length--)
		s->out[s->pos++] = (uint8_t)take(s, 8);
	return cut_short(s) ? "it ends in the middle" : NULL;
}

static void fixed_codes(struct stream *s)
{
	uint8_t lengths[LITERALS];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	build(&s->literal, lengths, LITERALS);
	memset(lengths, 5, DISTANCES);
	build(&s->distance, lengths, DISTANCES);
}

/* The lengths of both codes, themselves coded (RFC 1951, 3.2.7). */
static const char *dynamic_codes(struct stream *s)
{
	static const uint8_t order[CODE_LENGTHS] = { 16, 17, 18, 0, 8,	7, 9,  6, 10, 5,
						     11, 4,  12, 3, 13, 2, 14, 1, 15 };
	uint8_t lengths[LITERALS + DISTANCES + 138] = { 0 };
	unsigned int literals = take(s, 5) + 257, distances = take(s, 5) + 1, n = take(s, 4) + 4;

	if (literals > 286 || distances > 30)
		return "a deflate block has too many codes";
	for (unsigned int i = 0; i < n; i++)
		lengths[order[i]] = (uint8_t)take(s, 3);
	if (!build(&s->literal, lengths, CODE_LENGTHS))
		return "a deflate code has too many symbols";
	memset(lengths, 0, sizeof(lengths));
	for (n = 0; n < literals + distances;) {
		int sym = symbol(s, &s->literal);
		unsigned int repeat = 1;
		uint8_t value = 0;

		if (sym < 0 || cut_short(s) || (sym == 16 && n == 0))
			return "the code lengths of a deflate block are damaged";
		if (sym < 16) {
			value = (uint8_t)sym;
		} else if (sym == 16) {
			value = lengths[n - 1];
			repeat = 3 + take(s, 2);
		} else {
			repeat = sym == 17 ? 3 + take(s, 3) : 11 + take(s, 7);
		}
		while (repeat--)
			lengths[n++] = value;
	}
	if (n != literals + distances)
		return "the code lengths of a deflate block are damaged";
	/* The literal table is in use as the code-length table until here. */
	if (!build(&s->distance, lengths + literals, distances) ||
	    !build(&s->literal, lengths, literals))
		return "a deflate code has too many symbols";
	return NULL;
}

static const char *inflate(struct stream *s)
{
	const char *error = NULL;
	bool last;

	do {
		last = take(s, 1);
		switch (take(s, 2)) {
		case 0:
			error = stored_block(s);
			break;
		case 1:
			fixed_codes(s);
			error = codes_block(s);
			break;
		case 2:
			error = dynamic_codes(s);
			if (!error)
				error = codes_block(s);
			break;
		default:
			error = "a deflate block has an unknown kind";
		}
	} while (!last && !error);
	return error;
}

static uint32_t load32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

enum { GZIP_HEADER = 10, GZIP_TRAILER = 8 };

bool gzip_probe(const uint8_t *in, size_t in_size, size_t *size)
{
	if (in_size < GZIP_HEADER + GZIP_TRAILER || in[0] != 0x1f || in[1] != 0x8b || in[2] != 8)
		return false;
	*size = load32(in + in_size - 4);
	return true;
}

/* The header's optional parts (RFC 1952, 2.3); NULL when it runs past the end. */
static const uint8_t *skip_header(const uint8_t *p, const uint8_t *end)
{
	enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16 };
	unsigned int flags = p[3];

	p += GZIP_HEADER;
	if (flags & FEXTRA) {
		if (end - p < 2 || end - p < 2 + (p[0] | p[1] << 8))
			return NULL;
		p += 2 + (p[0] | p[1] << 8);
	}
	for (unsigned int f = FNAME; f <= FCOMMENT; f <<= 1) {
		if (!(flags & f))
			continue;
		p = memchr(p, 0, (size_t)(end - p));
		if (!p++)
			return NULL;
	}
	if (flags & FHCRC)
		p += 2;
	return p < end ? p : NULL;
}

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t table[256], crc = ~0u;

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	for (; n; n--, p++)
		crc = table[(crc ^ *p) & 255] ^ crc >> 8;
	return ~crc;
}

const char *gzip_unpack(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size,
			void *scratch)
{
	const uint8_t *end = in + in_size - GZIP_TRAILER, *data;
	struct stream s = { .out = out, .size = out_size, .in_end = end };
	const char *error;

	data = skip_header(in, end);
	if (!data)
		return "its header is damaged";
	s.in = data;
	s.literal.table = scratch;
	s.distance.table = s.literal.table + 32768;
	error = inflate(&s);
	if (error)
		return error;
	if (s.pos != out_size)
		return "it unpacks to less than its trailer says";
	if (crc32(out, out_size) != load32(end))
		return "its checksum does not match";
	return NULL;
}
