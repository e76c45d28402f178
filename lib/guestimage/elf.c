/* SPDX-License-Identifier: MIT */
/*
 * The ELF file of a guest kernel: checked access to its headers, and the loading of its segments.
 *
 * Both classes come out as one 64-bit form, so that nobody above mentions a width. Headers may be
 * misaligned in the file, hence the copies.
 */
#include "lib/guestimage/elf_format.h"
#include "lib/guestimage/guestimage.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

#define PAGE_BYTES 4096

static bool inside(const struct guest_image *gi, uint64_t offset, uint64_t bytes)
{
	return offset <= gi->size && bytes <= gi->size - offset;
}

/* The ELF header's fields that are used here, at 64 bits. */
static struct elf64_header header(const struct guest_image *gi)
{
	struct elf64_header h;
	struct elf32_header n;

	if (!gi->is_32bit) {
		memcpy(&h, gi->data, sizeof(h));
		return h;
	}
	memcpy(&n, gi->data, sizeof(n));
	return (struct elf64_header){
		.entry = n.entry,
		.phoff = n.phoff,
		.shoff = n.shoff,
		.phentsize = n.phentsize,
		.phnum = n.phnum,
		.shentsize = n.shentsize,
		.shnum = n.shnum,
		.shstrndx = n.shstrndx,
	};
}

unsigned int guest_elf_segments(const struct guest_image *gi)
{
	return header(gi).phnum;
}

unsigned int guest_elf_sections(const struct guest_image *gi)
{
	return header(gi).shnum;
}

bool guest_elf_segment(const struct guest_image *gi, unsigned int i, struct guest_segment *s)
{
	struct elf64_header h = header(gi);
	uint64_t at = h.phoff + (uint64_t)i * h.phentsize;
	struct elf64_phdr p;

	if (gi->is_32bit) {
		struct elf32_phdr n;

		if (h.phentsize < sizeof(n) || !inside(gi, at, sizeof(n)))
			return false;
		memcpy(&n, gi->data + at, sizeof(n));
		*s =
			(struct guest_segment){ n.type,	  n.offset, n.paddr,
						n.filesz, n.memsz,  n.align };
	} else {
		if (h.phentsize < sizeof(p) || !inside(gi, at, sizeof(p)))
			return false;
		memcpy(&p, gi->data + at, sizeof(p));
		*s =
			(struct guest_segment){ p.type,	  p.offset, p.paddr,
						p.filesz, p.memsz,  p.align };
	}
	return inside(gi, s->offset, s->filesz);
}

bool guest_elf_section(const struct guest_image *gi, unsigned int i, struct guest_section *s)
{
	struct elf64_header h = header(gi);
	uint64_t at = h.shoff + (uint64_t)i * h.shentsize;

	if (gi->is_32bit) {
		struct elf32_shdr n;

		if (h.shentsize < sizeof(n) || !inside(gi, at, sizeof(n)))
			return false;
		memcpy(&n, gi->data + at, sizeof(n));
		*s = (struct guest_section){ n.name, n.type, n.link, n.offset, n.size, n.entsize };
	} else {
		struct elf64_shdr w;

		if (h.shentsize < sizeof(w) || !inside(gi, at, sizeof(w)))
			return false;
		memcpy(&w, gi->data + at, sizeof(w));
		*s = (struct guest_section){ w.name, w.type, w.link, w.offset, w.size, w.entsize };
	}
	return s->type == SHT_NOBITS || inside(gi, s->offset, s->size);
}

const char *guest_elf_section_name(const struct guest_image *gi, const struct guest_section *s)
{
	struct guest_section names;
	const char *name;

	if (!guest_elf_section(gi, header(gi).shstrndx, &names) || names.type != SHT_STRTAB ||
	    s->name >= names.size)
		return "";
	name = (const char *)gi->data + names.offset + s->name;
	return memchr(name, 0, names.size - s->name) ? name : "";
}

/* ---- reading and loading ------------------------------------------------------------------------- */

const char *guest_image_hint(const uint8_t *data, size_t size)
{
	if (size > 0x206 && !memcmp(data + 0x202, "HdrS", 4))
		return "it is a Linux bzImage whose kernel is not gzip: unpack it (extract-vmlinux)";
	if (size > 6 && !memcmp(data,
				"\xfd"
				"7zXZ",
				5))
		return "it is xz: unpack it first (unxz), or use gzip";
	if (size > 4 && !memcmp(data, "\x28\xb5\x2f\xfd", 4))
		return "it is zstd: unpack it first (unzstd), or use gzip";
	if (size > 3 && !memcmp(data, "BZh", 3))
		return "it is bzip2: unpack it first (bunzip2), or use gzip";
	if (size > 6 && !memcmp(data, "07070", 5))
		return "it is a cpio archive: a ramdisk goes after the kernel";
	return NULL;
}

static bool identify(struct guest_image *gi)
{
	struct elf32_header h;
	const char *hint;

	if (gi->size < sizeof(struct elf64_header) || memcmp(gi->data, "\177ELF", 4)) {
		hint = guest_image_hint(gi->data, gi->size);
		snprintf(gi->error, sizeof(gi->error), "it is no ELF file%s%s", hint ? "; " : "",
			 hint ? hint : "");
		return false;
	}
	memcpy(&h, gi->data, sizeof(h));
	gi->is_32bit = h.ident[4] == ELFCLASS32;
	if (h.ident[5] != ELFDATA2LSB || (h.type != ET_EXEC && h.type != ET_DYN) ||
	    h.machine != (gi->is_32bit ? EM_386 : EM_X86_64)) {
		snprintf(
			gi->error, sizeof(gi->error),
			"ELF class %u, type %u, machine %u: wanted is an executable for i386 or x86-64",
			h.ident[4], h.type, h.machine);
		return false;
	}
	return true;
}

static bool find_extent(struct guest_image *gi)
{
	struct guest_segment s;

	gi->pstart = GUEST_UNSET;
	gi->pend = 0;
	for (unsigned int i = 0; i < guest_elf_segments(gi); i++) {
		if (!guest_elf_segment(gi, i, &s)) {
			snprintf(
				gi->error, sizeof(gi->error),
				"program header %u reaches outside the file of %zu bytes: cut short?",
				i, gi->size);
			return false;
		}
		if (s.type != PT_LOAD || !s.memsz)
			continue;
		if (s.filesz > s.memsz || s.paddr + s.memsz < s.paddr) {
			snprintf(gi->error, sizeof(gi->error),
				 "segment %u has %llx bytes in the file and %llx in memory", i,
				 (unsigned long long)s.filesz, (unsigned long long)s.memsz);
			return false;
		}
		if (s.paddr < gi->pstart)
			gi->pstart = s.paddr;
		if (s.paddr + s.memsz > gi->pend)
			gi->pend = s.paddr + s.memsz;
	}
	if (gi->pstart == GUEST_UNSET) {
		snprintf(gi->error, sizeof(gi->error),
			 "no segment of the ELF file is to be loaded");
		return false;
	}
	return true;
}

/*
 * VIRT_BASE is the address of pfn 0, PADDR_OFFSET what the linker added to physical addresses. Without
 * notes the offset is VIRT_BASE itself: old kernels put virtual addresses into p_paddr.
 */
static bool place(struct guest_image *gi)
{
	uint64_t top = gi->is_32bit ? 1ULL << 32 : GUEST_UNSET;

	if (gi->virt_base == GUEST_UNSET) {
		if (gi->paddr_offset != GUEST_UNSET) {
			snprintf(gi->error, sizeof(gi->error),
				 "note PADDR_OFFSET without VIRT_BASE: add XEN_ELFNOTE_VIRT_BASE");
			return false;
		}
		gi->virt_base = 0;
	}
	if (gi->paddr_offset == GUEST_UNSET)
		gi->paddr_offset = gi->has_notes ? 0 : gi->virt_base;
	gi->kstart = gi->pstart - gi->paddr_offset + gi->virt_base;
	gi->kend = gi->pend - gi->paddr_offset + gi->virt_base;
	if (!gi->has_entry_note)
		gi->entry = header(gi).entry;
	if (gi->virt_base % PAGE_BYTES || gi->kstart < gi->virt_base || gi->kend < gi->kstart ||
	    gi->kend > top) {
		snprintf(
			gi->error, sizeof(gi->error),
			"the kernel would be at %llx-%llx with VIRT_BASE %llx: check VIRT_BASE and PADDR_OFFSET",
			(unsigned long long)gi->kstart, (unsigned long long)gi->kend,
			(unsigned long long)gi->virt_base);
		return false;
	}
	if (gi->entry < gi->kstart || gi->entry >= gi->kend) {
		snprintf(
			gi->error, sizeof(gi->error),
			"the entry point %llx is outside the kernel at %llx-%llx: check note ENTRY",
			(unsigned long long)gi->entry, (unsigned long long)gi->kstart,
			(unsigned long long)gi->kend);
		return false;
	}
	if (gi->hypercall_page != GUEST_UNSET &&
	    (gi->hypercall_page % PAGE_BYTES || gi->hypercall_page < gi->kstart ||
	     gi->hypercall_page + PAGE_BYTES >
		     ((gi->kend + PAGE_BYTES - 1) & -(uint64_t)PAGE_BYTES))) {
		snprintf(gi->error, sizeof(gi->error),
			 "note HYPERCALL_PAGE %llx is not a page of the kernel at %llx-%llx",
			 (unsigned long long)gi->hypercall_page, (unsigned long long)gi->kstart,
			 (unsigned long long)gi->kend);
		return false;
	}
	return true;
}

bool guest_image_parse(struct guest_image *gi, const void *data, size_t size, uint32_t offered)
{
	memset(gi, 0, sizeof(*gi));
	gi->data = data;
	gi->size = size;
	gi->virt_base = gi->paddr_offset = GUEST_UNSET;
	gi->hypercall_page = gi->p2m_base = GUEST_UNSET;
	return identify(gi) && find_extent(gi) && guest_notes_parse(gi, offered) && place(gi);
}

bool guest_image_load(const struct guest_image *gi,
		      bool (*put)(void *ctx, uint64_t vaddr, const void *bytes, size_t n),
		      void *ctx)
{
	struct guest_segment s;

	for (unsigned int i = 0; i < guest_elf_segments(gi); i++) {
		uint64_t va;

		if (!guest_elf_segment(gi, i, &s) || s.type != PT_LOAD || !s.memsz)
			continue;
		va = s.paddr - gi->paddr_offset + gi->virt_base;
		if (s.filesz && !put(ctx, va, gi->data + s.offset, s.filesz))
			return false;
		if (s.memsz > s.filesz && !put(ctx, va + s.filesz, NULL, s.memsz - s.filesz))
			return false;
	}
	return true;
}
