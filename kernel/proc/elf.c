/* SPDX-License-Identifier: MIT */
/*
 * The loader of ELF executables (i386, static, position independent, or with an interpreter).
 *
 * Everything in the file is distrusted: sizes are checked before they are added, and a region is only
 * entered into the new address space if it fits below the kernel. Nothing is read here but headers.
 */
#include "elf.h"
#include "mm/vma.h"
#include "fs.h"
#include "proc.h"
#include <uapi/process.h>

#define EI_CLASS32    1
#define EI_DATA_LSB   1
#define ET_EXEC	      2
#define ET_DYN	      3
#define EM_386	      3
#define PT_LOAD	      1
#define PT_INTERP     3
#define PT_PHDR	      6
#define PF_X	      1u
#define PF_W	      2u
#define PF_R	      4u
#define PHDR_MAX      64u
#define PIE_BASE      0x56555000ul
#define INTERP_LENGTH 128

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

/* The auxiliary vector's types that we give. */
enum {
	AT_NULL = 0,
	AT_PHDR = 3,
	AT_PHENT = 4,
	AT_PHNUM = 5,
	AT_PAGESZ = 6,
	AT_BASE = 7,
	AT_FLAGS = 8,
	AT_ENTRY = 9,
	AT_UID = 11,
	AT_EUID = 12,
	AT_GID = 13,
	AT_EGID = 14,
	AT_CLKTCK = 17,
	AT_SECURE = 23,
	AT_RANDOM = 25,
	AT_EXECFN = 31,
};

#define CLOCK_TICKS 100

int elf_check(const void *head, size_t n)
{
	const struct elf_header *h = head;

	if (n < sizeof(*h) || memcmp(h->ident, "\177ELF", 4))
		return -ENOEXEC;
	if (h->ident[4] != EI_CLASS32 || h->ident[5] != EI_DATA_LSB || h->machine != EM_386)
		return -ENOEXEC;
	if (h->type != ET_EXEC && h->type != ET_DYN)
		return -ENOEXEC;
	if (h->phentsize != sizeof(struct elf_phdr) || !h->phnum || h->phnum > PHDR_MAX)
		return -ENOEXEC;
	return 0;
}

static unsigned prot_of(uint32_t flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

static int check_segment(const struct elf_phdr *ph, unsigned long bias)
{
	unsigned long start = ph->vaddr + bias;

	if (ph->filesz > ph->memsz || start < bias || start < PAGE_SIZE)
		return -ENOEXEC;
	if (ph->memsz > machine_user_end || start > machine_user_end - ph->memsz - PAGE_SIZE)
		return -ENOEXEC;
	if ((ph->offset ^ ph->vaddr) & (PAGE_SIZE - 1) || ph->offset + ph->filesz < ph->offset)
		return -ENOEXEC;
	return 0;
}

static int map_segment(struct mm *mm, struct file *f, const struct elf_phdr *ph, unsigned long bias)
{
	unsigned long addr = ph->vaddr + bias, head = addr & (PAGE_SIZE - 1);
	struct vma v = {
		.start = addr - head,
		.end = align_up(addr + ph->memsz, PAGE_SIZE),
		.prot = prot_of(ph->flags),
		.flags = MAP_PRIVATE,
		.file = f,
		.offset = ph->offset - head,
		/* Without bss the rest of the last page may as well be the page cache's. */
		.file_bytes = ph->memsz > ph->filesz ? head + ph->filesz : ~0ull,
	};
	int rc = check_segment(ph, bias);

	if (rc || !ph->memsz)
		return rc;
	/* Old linkers let two segments meet in one page: the later one has it. */
	if (!vma_range_free(mm, v.start, v.end)) {
		rc = vma_remove_range(mm, v.start, v.end);
		if (rc)
			return rc;
	}
	return vma_insert(mm, &v);
}

static void note_extent(struct elf_image *image, const struct elf_phdr *ph, unsigned long bias)
{
	unsigned long start = ph->vaddr + bias;

	if (ph->flags & PF_X && (!image->code_start || start < image->code_start)) {
		image->code_start = start;
		image->code_end = start + ph->filesz;
	}
	if (ph->flags & PF_W) {
		image->data_start = start;
		image->data_end = start + ph->filesz;
	}
	image->end = max(image->end, start + ph->memsz);
}

/* Maps all of a file's segments; fills what concerns this file. */
static int map_file(struct mm *mm, struct file *f, const struct elf_header *h,
		    const struct elf_phdr *ph, unsigned long bias, struct elf_image *image)
{
	unsigned i;
	int rc;

	for (i = 0; i < h->phnum; i++) {
		if (ph[i].type == PT_PHDR)
			image->phdr_va = ph[i].vaddr + bias;
		if (ph[i].type != PT_LOAD)
			continue;
		rc = map_segment(mm, f, &ph[i], bias);
		if (rc)
			return rc;
		if (!image->phdr_va && h->phoff >= ph[i].offset &&
		    h->phoff < ph[i].offset + ph[i].filesz)
			image->phdr_va = h->phoff - ph[i].offset + ph[i].vaddr + bias;
		note_extent(image, &ph[i], bias);
	}
	image->entry = h->entry + bias;
	image->phdr_count = h->phnum;
	image->bias = bias;
	return image->entry < machine_user_end ? 0 : -ENOEXEC;
}

/* kmalloc; err_ptr on error. */
static struct elf_phdr *read_phdrs(struct file *f, const struct elf_header *h)
{
	size_t size = h->phnum * sizeof(struct elf_phdr);
	struct elf_phdr *ph = kmalloc(size);
	long rc;

	if (!ph)
		return err_ptr(-ENOMEM);
	rc = file_pread(f, ph, size, h->phoff);
	if (rc != (long)size) {
		kfree(ph);
		return err_ptr(rc < 0 ? rc : -ENOEXEC);
	}
	return ph;
}

/* The bytes that a position-independent file spans from address 0 on. */
static unsigned long span(const struct elf_header *h, const struct elf_phdr *ph)
{
	unsigned long end = 0;
	unsigned i;

	for (i = 0; i < h->phnum; i++)
		if (ph[i].type == PT_LOAD && ph[i].memsz < machine_user_end)
			end = max(end, (unsigned long)ph[i].vaddr + ph[i].memsz);
	return align_up(end, PAGE_SIZE);
}

static int load_interp(struct mm *mm, const char *path, struct elf_image *image)
{
	struct elf_image interp = { 0 };
	struct elf_header h;
	struct elf_phdr *ph;
	struct file *f = vfs_open_exec(path);
	long rc;

	if (is_err(f))
		return ptr_err(f);
	rc = file_pread(f, &h, sizeof(h), 0);
	if (rc >= 0)
		rc = elf_check(&h, rc);
	if (!rc && h.type != ET_DYN)
		rc = -ENOEXEC;
	ph = rc ? err_ptr(rc) : read_phdrs(f, &h);
	rc = is_err(ph) ? ptr_err(ph) : 0;
	if (!rc) {
		image->interp_base = vma_find_hole(mm, span(&h, ph), mm->mmap_top);
		rc = image->interp_base ? map_file(mm, f, &h, ph, image->interp_base, &interp)
					: -ENOMEM;
		image->start = interp.entry;
		kfree(ph);
	}
	file_put(f);
	return rc;
}

static int find_interp(struct mm *mm, struct file *f, const struct elf_header *h,
		       const struct elf_phdr *ph, struct elf_image *image)
{
	char path[INTERP_LENGTH];
	unsigned i;
	long rc;

	for (i = 0; i < h->phnum; i++) {
		if (ph[i].type != PT_INTERP)
			continue;
		if (ph[i].filesz < 2 || ph[i].filesz > sizeof(path))
			return -ENOEXEC;
		rc = file_pread(f, path, ph[i].filesz, ph[i].offset);
		if (rc != (long)ph[i].filesz || path[rc - 1])
			return rc < 0 ? rc : -ENOEXEC;
		return load_interp(mm, path, image);
	}
	return 0;
}

int elf_load(struct mm *mm, struct file *f, const void *head, size_t n, struct elf_image *image)
{
	const struct elf_header *h = head;
	struct elf_phdr *ph;
	int rc = elf_check(head, n);

	if (rc)
		return rc;
	ph = read_phdrs(f, h);
	if (is_err(ph))
		return ptr_err(ph);
	memset(image, 0, sizeof(*image));
	rc = map_file(mm, f, h, ph, h->type == ET_DYN ? PIE_BASE : 0, image);
	image->start = image->entry;
	if (!rc)
		rc = find_interp(mm, f, h, ph, image);
	kfree(ph);
	return rc;
}

unsigned elf_auxv(uint32_t *auxv, const struct elf_image *image, unsigned long execfn,
		  unsigned long random)
{
	const struct cred *c = &current->proc->cred;
	const uint32_t pairs[] = {
		AT_PHDR,   image->phdr_va,
		AT_PHENT,  sizeof(struct elf_phdr),
		AT_PHNUM,  image->phdr_count,
		AT_PAGESZ, PAGE_SIZE,
		AT_BASE,   image->interp_base,
		AT_FLAGS,  0,
		AT_ENTRY,  image->entry,
		AT_UID,	   c->uid,
		AT_EUID,   c->euid,
		AT_GID,	   c->gid,
		AT_EGID,   c->egid,
		AT_SECURE, c->uid != c->euid || c->gid != c->egid,
		AT_CLKTCK, CLOCK_TICKS,
		AT_RANDOM, random,
		AT_EXECFN, execfn,
		AT_NULL,   0,
	};

	_Static_assert(ARRAY_SIZE(pairs) <= AUXV_WORDS_MAX, "auxv grew");
	memcpy(auxv, pairs, sizeof(pairs));
	return ARRAY_SIZE(pairs);
}
