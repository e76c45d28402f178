/* SPDX-License-Identifier: MIT */
/*
 * gzip (RFC 1952) and deflate (RFC 1951), from memory to memory.
 *
 * The input is not trusted: every length and distance is checked against both buffers.
 */
#ifndef LIB_GUESTIMAGE_INFLATE_H
#define LIB_GUESTIMAGE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if the data begins like a gzip member; *size gets what its trailer says it unpacks to. */
bool gzip_probe(const uint8_t *in, size_t in_size, size_t *size);

/* The scratch space that gzip_unpack() needs, aligned for uint16_t. */
#define GZIP_SCRATCH ((32768 + 32768) * sizeof(uint16_t))

/*
 * Unpack one gzip member into out, exactly out_size bytes. Returns NULL, or the sentence that says what
 * is wrong with the data.
 */
const char *gzip_unpack(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size,
			void *scratch);

#endif
