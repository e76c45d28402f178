/* SPDX-License-Identifier: MIT */
/*
 * The parts of the ELF file format that a kernel loader reads (System V ABI, chapters 4 and 5).
 */
#ifndef LIB_GUESTIMAGE_ELF_FORMAT_H
#define LIB_GUESTIMAGE_ELF_FORMAT_H

#include <stdint.h>

enum {
	ELFCLASS32 = 1,
	ELFCLASS64 = 2,
	ELFDATA2LSB = 1,
	ET_EXEC = 2,
	ET_DYN = 3,
	EM_386 = 3,
	EM_X86_64 = 62,
	PT_LOAD = 1,
	PT_NOTE = 4,
	SHT_SYMTAB = 2,
	SHT_STRTAB = 3,
	SHT_NOTE = 7,
	SHT_NOBITS = 8,
	STT_NOTYPE = 0,
	STT_FUNC = 2,
	SHN_UNDEF = 0,
};

struct elf32_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf64_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf32_phdr {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

struct elf64_phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf32_shdr {
	uint32_t name, type, flags, addr, offset, size, link, info, addralign, entsize;
};

struct elf64_shdr {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

struct elf32_sym {
	uint32_t name, value, size;
	uint8_t info, other;
	uint16_t shndx;
};

struct elf64_sym {
	uint32_t name;
	uint8_t info, other;
	uint16_t shndx;
	uint64_t value, size;
};

struct elf_note {
	uint32_t namesz, descsz, type;
};

#endif
