/* SPDX-License-Identifier: MIT */
/*
 * Kernel images of paravirtual guests: what an ELF file and its Xen notes ask for, and where the
 * pieces of a new domain go.
 *
 * Shared by the hypervisor's boot builder and the toolstack. Pure: it reads the file, computes, and
 * hands out bytes; it touches no domain. The file is not trusted; what cannot be loaded leaves a
 * sentence in `error` that names the note, flag or address and what to do.
 *
 * The notes are those of <xen/elfnote.h>; the layout is the "start-of-day memory layout" of <xen/xen.h>.
 */
#ifndef LIB_GUESTIMAGE_GUESTIMAGE_H
#define LIB_GUESTIMAGE_GUESTIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_UNSET (~0ULL)

struct guest_image {
	const uint8_t *data; /* the unpacked ELF file */
	size_t size;
	bool is_32bit; /* else x86-64 */

	/* addresses of segments as the ELF file numbers them, before paddr_offset */
	uint64_t pstart, pend;

	/* from the notes; virtual addresses unless said */
	uint64_t virt_base, paddr_offset;
	uint64_t entry, hypercall_page, p2m_base; /* the last two may be GUEST_UNSET */
	uint64_t hv_start_low; /* 32-bit: where the hypervisor's hole may begin */
	bool mod_start_pfn;    /* the ramdisk is wanted unmapped, named by its pfn */
	bool has_notes, has_entry_note;
	char guest_os[16], guest_version[16];

	/* derived: where the loaded kernel is */
	uint64_t kstart, kend;

	char error[200];
};

/*
 * Read the headers and notes of a whole ELF file. False: see error. Bits of required_features that are
 * not in `offered` (masks of 1 << XENFEAT_*) refuse the image.
 */
bool guest_image_parse(struct guest_image *gi, const void *data, size_t size, uint32_t offered);

/*
 * Hand out the kernel's bytes: for each loadable piece, put(ctx, vaddr, bytes, n), where bytes == NULL
 * stands for n zeroes. False if put() returned false.
 */
bool guest_image_load(const struct guest_image *gi,
		      bool (*put)(void *ctx, uint64_t vaddr, const void *bytes, size_t n),
		      void *ctx);

/* What a file is if it is no ELF file, as a hint for its owner; NULL: no idea. */
const char *guest_image_hint(const uint8_t *data, size_t size);

/* ---- notes.c (called by guest_image_parse) -------------------------------------------------------- */

bool guest_notes_parse(struct guest_image *gi, uint32_t offered);
/* One section of notes. False: an error was found. */
bool guest_notes_section(struct guest_image *gi, const uint8_t *p, size_t size, uint32_t offered);
/* The old `__xen_guest` string of NAME=value pairs. */
bool guest_notes_legacy(struct guest_image *gi, const char *p, size_t size);

/* ---- layout.c ---------------------------------------------------------------------------------- */

/* All virtual addresses; sizes in bytes. Pieces follow each other, each page aligned. */
struct guest_layout {
	uint64_t base;			 /* virt_base: pfn 0 */
	uint64_t ramdisk, ramdisk_bytes; /* 0 if there is none or it is not mapped */
	uint64_t p2m, p2m_bytes;
	uint64_t start_info;
	uint64_t xenstore_page, console_page; /* 0 for domain 0 */
	uint64_t tables, stack;
	uint64_t end; /* of the mapped region: 4 MiB aligned, 512 KiB above the stack at least */
	unsigned int table_pages; /* those at `tables` */

	/* when the p2m has an address of its own (XEN_ELFNOTE_INIT_P2M): frames after the region */
	bool p2m_apart;
	uint64_t p2m_pfn; /* first pfn of p2m pages, then their page tables */
	unsigned int p2m_pages, p2m_table_pages;
	uint64_t ramdisk_pfn; /* of an unmapped ramdisk: the last frames of the domain */
};

/*
 * Where everything goes in a domain of nr_pages frames. False (gi->error): it does not fit into the
 * domain's memory or into its address space.
 */
bool guest_layout_compute(struct guest_layout *gl, struct guest_image *gi, uint64_t nr_pages,
			  uint64_t ramdisk_bytes, bool is_dom0);

/* ---- symbols.c --------------------------------------------------------------------------------- */

struct guest_symbol {
	uint64_t address;
	uint32_t name; /* offset into names */
};

struct guest_symbols {
	uint32_t count;
	const char *names;
	struct guest_symbol symbol[]; /* by address */
};

/* Bytes that guest_symbols_read() needs for this image; 0: it has no symbols. */
size_t guest_symbols_size(const struct guest_image *gi);
void guest_symbols_read(const struct guest_image *gi, struct guest_symbols *out, size_t size);
/* The function that holds an address, and how far into it; NULL if unknown. */
const char *guest_symbol_at(const struct guest_symbols *s, uint64_t address, uint64_t *offset);

/* ---- elf.c: checked views of the file ------------------------------------------------------------ */

struct guest_segment {
	uint32_t type;
	uint64_t offset, paddr, filesz, memsz, align;
};

struct guest_section {
	uint32_t name, type, link;
	uint64_t offset, size, entsize;
};

unsigned int guest_elf_segments(const struct guest_image *gi);
unsigned int guest_elf_sections(const struct guest_image *gi);
/* False where the header, or what it names in the file, lies outside the file. */
bool guest_elf_segment(const struct guest_image *gi, unsigned int i, struct guest_segment *s);
bool guest_elf_section(const struct guest_image *gi, unsigned int i, struct guest_section *s);
/* The name of a section; "" if it has none. */
const char *guest_elf_section_name(const struct guest_image *gi, const struct guest_section *s);

#endif
