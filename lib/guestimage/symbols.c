/* SPDX-License-Identifier: MIT */
/*
 * The symbols of a guest kernel, for reports of its crashes.
 *
 * Kept as addresses in order and offsets into one block of names, so that a look-up halves an array.
 */
#include "lib/guestimage/elf_format.h"
#include "lib/guestimage/guestimage.h"
#include "lib/string.h"

struct symbol_view {
	uint64_t value;
	uint32_t name;
};

static bool find_table(const struct guest_image *gi, struct guest_section *symbols,
		       struct guest_section *names)
{
	for (unsigned int i = 0; i < guest_elf_sections(gi); i++)
		if (guest_elf_section(gi, i, symbols) && symbols->type == SHT_SYMTAB)
			return guest_elf_section(gi, symbols->link, names) &&
			       names->type == SHT_STRTAB && names->size &&
			       !gi->data[names->offset + names->size - 1];
	return false;
}

static size_t entry_size(const struct guest_image *gi)
{
	return gi->is_32bit ? sizeof(struct elf32_sym) : sizeof(struct elf64_sym);
}

/* Symbol i if it names code; assembler labels have no type and count as well. */
static bool view(const struct guest_image *gi, const struct guest_section *symbols,
		 const struct guest_section *names, uint64_t i, struct symbol_view *v)
{
	const uint8_t *at = gi->data + symbols->offset + i * entry_size(gi);
	unsigned int type, section;
	struct elf32_sym n;
	struct elf64_sym w;

	if (gi->is_32bit) {
		memcpy(&n, at, sizeof(n));
		*v = (struct symbol_view){ n.value, n.name };
		type = n.info & 15;
		section = n.shndx;
	} else {
		memcpy(&w, at, sizeof(w));
		*v = (struct symbol_view){ w.value, w.name };
		type = w.info & 15;
		section = w.shndx;
	}
	return (type == STT_FUNC || type == STT_NOTYPE) && section != SHN_UNDEF && v->value &&
	       v->name && v->name < names->size && gi->data[names->offset + v->name];
}

size_t guest_symbols_size(const struct guest_image *gi)
{
	struct guest_section symbols, names;
	struct symbol_view v;
	size_t n = 0;

	if (!find_table(gi, &symbols, &names))
		return 0;
	for (uint64_t i = 0; i < symbols.size / entry_size(gi); i++)
		n += view(gi, &symbols, &names, i, &v);
	return n ? sizeof(struct guest_symbols) + n * sizeof(struct guest_symbol) + names.size : 0;
}

/* Heap sort: no recursion, no extra memory. */
static void sift(struct guest_symbol *a, uint32_t root, uint32_t n)
{
	for (uint32_t child; (child = 2 * root + 1) < n; root = child) {
		struct guest_symbol t = a[root];

		if (child + 1 < n && a[child + 1].address > a[child].address)
			child++;
		if (a[child].address <= t.address)
			return;
		a[root] = a[child];
		a[child] = t;
	}
}

static void sort(struct guest_symbol *a, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift(a, i, n);
	for (uint32_t end = n; end-- > 1;) {
		struct guest_symbol t = a[0];

		a[0] = a[end];
		a[end] = t;
		sift(a, 0, end);
	}
}

void guest_symbols_read(const struct guest_image *gi, struct guest_symbols *out, size_t size)
{
	struct guest_section symbols, names;
	struct symbol_view v;
	char *copy;

	out->count = 0;
	if (!find_table(gi, &symbols, &names))
		return;
	for (uint64_t i = 0; i < symbols.size / entry_size(gi); i++)
		if (view(gi, &symbols, &names, i, &v))
			out->symbol[out->count++] = (struct guest_symbol){ v.value, v.name };
	copy = (char *)out + size - names.size;
	memcpy(copy, gi->data + names.offset, names.size);
	out->names = copy;
	sort(out->symbol, out->count);
}

const char *guest_symbol_at(const struct guest_symbols *s, uint64_t address, uint64_t *offset)
{
	uint32_t low = 0, high;

	if (!s || !s->count || address < s->symbol[0].address)
		return NULL;
	for (high = s->count; high - low > 1;) {
		uint32_t middle = low + (high - low) / 2;

		if (s->symbol[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	*offset = address - s->symbol[low].address;
	return s->names + s->symbol[low].name;
}
