/* SPDX-License-Identifier: MIT */
/*
 * Which build this is: the linker's build-id note, if the image has one.
 *
 * The two symbols come from the linker script and bound the note section; they are weak so that an
 * image linked without a build id is still an image. Read only, no locks.
 */
#include "abi/ops.h"

struct note {
	uint32_t name_size, size, type;
	char name[4]; /* "GNU" */
	uint8_t bytes[];
};

extern const uint8_t build_id_start[] __attribute__((weak));
extern const uint8_t build_id_end[] __attribute__((weak));

const uint8_t *image_build_id(size_t *size)
{
	const struct note *n = (const struct note *)build_id_start;

	*size = build_id_end - build_id_start > (long)sizeof(*n) ? n->size : 0;
	return n->bytes;
}
