/* SPDX-License-Identifier: MIT */
/*
 * The copying functions of shapes.def: native form in, guest's form out, and back.
 *
 * build/hv/gen/shapes32.h holds one row a field with its 32-bit offset and size; each reading of it
 * below makes one kind of code. A 64-bit guest has the native layout, so its structures are copied
 * as they are. Nothing here is trusted: the copy functions check the address, and a structure is
 * read once, into our own memory, before anyone looks at it.
 */
#include "abi/abi.h"
#include "abi/fetch.h"
#include "abi/width.h"
#include "mm/mm.h"

/* Structures small enough for the stack; a page-sized one would need another way. */
#define SHAPE_MAX 512

#define SHAPE32(name, size) enum { SIZE32_##name = (size) };
#define SAME32(name, size) \
	_Static_assert(sizeof(struct name) == (size), "struct " #name " has two layouts");
#define FIELD32(field, offset, size)
#define END32(name)
#include "shapes32.h"
#undef SHAPE32
#undef SAME32
#undef FIELD32
#undef END32

/* Sizes are constants: by the builtins' names, each becomes one or two moves instead of a call. */
static inline __attribute__((always_inline)) void widen(void *to, size_t to_size, const void *from,
							size_t from_size)
{
	uint64_t wide = 0;

	if (to_size == from_size) {
		__builtin_memcpy(to, from, from_size);
	} else {
		__builtin_memcpy(&wide, from, 4);
		__builtin_memcpy(to, &wide, 8);
	}
}

/* Do the named fields fill the native structure? Then there is nothing else to make zero. */
#define F(field) +sizeof(((shape *)0)->field)
#define SHAPE(name, fields)                         \
	static inline bool fills_##name(void)       \
	{                                           \
		typedef struct name shape;          \
		return (0 fields) == sizeof(shape); \
	}
#define SAME(name)
#include "abi/shapes.def"
#undef F
#undef SHAPE
#undef SAME

#define FIELD_SIZES_OK(wide, narrow) ((wide) == (narrow) || ((wide) == 8 && (narrow) == 4))

#define SHAPE32(name, size)                                                      \
	static inline void widen_##name(struct name *native, const uint8_t *raw) \
	{                                                                        \
		if (!fills_##name())                                             \
			__builtin_memset(native, 0, sizeof(*native));
#define FIELD32(field, offset, size)                                                             \
	_Static_assert(FIELD_SIZES_OK(sizeof(native->field), size), #field " changes its size"); \
	widen(&native->field, sizeof(native->field), raw + (offset), size);
#define END32(name) }
#define SAME32(name, size)
#include "shapes32.h"
#undef SHAPE32
#undef FIELD32

/* Little-endian: the low half of a widened field stands first. */
#define SHAPE32(name, size)                                                       \
	static inline void narrow_##name(uint8_t *raw, const struct name *native) \
	{                                                                         \
		__builtin_memset(raw, 0, size);
#define FIELD32(field, offset, size) __builtin_memcpy(raw + (offset), &native->field, size);
#include "shapes32.h"
#undef SHAPE32
#undef FIELD32
#undef SAME32

static inline __attribute__((always_inline)) int get_bytes(bool is_32bit, void *to, gptr_t array,
							   uint64_t index, size_t size)
{
	return fetch_from_guest(is_32bit, to, gptr_add(array, index * size), size) ? 0 : -EFAULT;
}

static inline __attribute__((always_inline)) int put_bytes(bool is_32bit, gptr_t array,
							   uint64_t index, const void *from,
							   size_t size)
{
	return fetch_to_guest(is_32bit, gptr_add(array, index * size), from, size) ? 0 : -EFAULT;
}

#define SHAPE(name, fields)                                                                      \
	_Static_assert(SIZE32_##name <= SHAPE_MAX, "struct " #name " is too big for the stack"); \
                                                                                                 \
	int guest_get_##name(struct name *native, gptr_t array, uint64_t index)                  \
	{                                                                                        \
		uint8_t raw[SIZE32_##name];                                                      \
                                                                                                 \
		if (!guest_is_32bit())                                                           \
			return get_bytes(false, native, array, index, sizeof(*native));          \
		if (get_bytes(true, raw, array, index, sizeof(raw)))                             \
			return -EFAULT;                                                          \
		widen_##name(native, raw);                                                       \
		return 0;                                                                        \
	}                                                                                        \
                                                                                                 \
	int guest_put_##name(gptr_t array, uint64_t index, const struct name *native)            \
	{                                                                                        \
		uint8_t raw[SIZE32_##name];                                                      \
                                                                                                 \
		if (!guest_is_32bit())                                                           \
			return put_bytes(false, array, index, native, sizeof(*native));          \
		narrow_##name(raw, native);                                                      \
		return put_bytes(true, array, index, raw, sizeof(raw));                          \
	}                                                                                        \
                                                                                                 \
	size_t guest_sizeof_##name(void)                                                         \
	{                                                                                        \
		return guest_is_32bit() ? SIZE32_##name : sizeof(struct name);                   \
	}

#define SAME(name)                                                                         \
	int guest_get_##name(struct name *native, gptr_t array, uint64_t index)            \
	{                                                                                  \
		return get_bytes(guest_is_32bit(), native, array, index, sizeof(*native)); \
	}                                                                                  \
                                                                                           \
	int guest_put_##name(gptr_t array, uint64_t index, const struct name *native)      \
	{                                                                                  \
		return put_bytes(guest_is_32bit(), array, index, native, sizeof(*native)); \
	}                                                                                  \
                                                                                           \
	size_t guest_sizeof_##name(void)                                                   \
	{                                                                                  \
		return sizeof(struct name);                                                \
	}

#include "abi/shapes.def"

int guest_get_u32(uint32_t *value, gptr_t array, uint64_t index)
{
	return get_bytes(guest_is_32bit(), value, array, index, sizeof(*value));
}

int guest_put_u32(gptr_t array, uint64_t index, uint32_t value)
{
	return put_bytes(guest_is_32bit(), array, index, &value, sizeof(value));
}

int guest_get_ulong(uint64_t *value, gptr_t array, uint64_t index)
{
	*value = 0;
	return guest_is_32bit() ? get_bytes(true, value, array, index, 4)
				: get_bytes(false, value, array, index, 8);
}

int guest_put_ulong(gptr_t array, uint64_t index, uint64_t value)
{
	return guest_is_32bit() ? put_bytes(true, array, index, &value, 4)
				: put_bytes(false, array, index, &value, 8);
}
