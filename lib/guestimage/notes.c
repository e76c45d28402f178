/* SPDX-License-Identifier: MIT */
/*
 * The Xen notes of a guest kernel (<xen/elfnote.h>), and the older `__xen_guest` string.
 *
 * Notes are looked for in PT_NOTE segments first, then in note sections; the first place with a Xen
 * note decides. A kernel without any is not refused for that alone: the string may be there.
 */
#include "lib/guestimage/elf_format.h"
#include "lib/guestimage/guestimage.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

#include <xen/elfnote.h>
#include <xen/features.h>

/* The names of XENFEAT_* bits in feature strings; the index is the bit. */
static const char *const feature_names[] = {
	[XENFEAT_writable_page_tables] = "writable_page_tables",
	[XENFEAT_writable_descriptor_tables] = "writable_descriptor_tables",
	[XENFEAT_auto_translated_physmap] = "auto_translated_physmap",
	[XENFEAT_supervisor_mode_kernel] = "supervisor_mode_kernel",
	[XENFEAT_pae_pgdir_above_4gb] = "pae_pgdir_above_4gb",
	[XENFEAT_hvm_callback_vector] = "hvm_callback_vector",
	[XENFEAT_dom0] = "dom0",
};

static unsigned int feature_count(void)
{
	return sizeof(feature_names) / sizeof(feature_names[0]);
}

static bool fail_feature(struct guest_image *gi, const char *name, size_t n)
{
	snprintf(
		gi->error, sizeof(gi->error),
		"the kernel requires the feature \"%.*s\", which this hypervisor does not offer to PV guests",
		(int)n, name);
	return false;
}

/* "!a|b": names separated by '|'; those with '!' are required. Unknown names matter only then. */
static bool parse_features(struct guest_image *gi, const char *p, uint32_t offered)
{
	while (*p) {
		size_t n = 0;
		bool required = *p == '!', known = false;

		p += required;
		while (p[n] && p[n] != '|' && p[n] != ' ')
			n++;
		for (unsigned int i = 0; i < feature_count(); i++) {
			const char *name = feature_names[i];

			if (name && strlen(name) == n && !strncmp(name, p, n))
				known = offered >> i & 1;
		}
		if (required && n && !known)
			return fail_feature(gi, p, n);
		p += n + (p[n] != '\0');
	}
	return true;
}

static bool check_version(struct guest_image *gi, const char *version)
{
	if (!strcmp(version, "xen-3.0"))
		return true;
	snprintf(gi->error, sizeof(gi->error),
		 "note XEN_VERSION is \"%.32s\": it must be \"xen-3.0\"", version);
	return false;
}

static bool check_loader(struct guest_image *gi, const char *loader)
{
	if (!strcmp(loader, "generic"))
		return true;
	snprintf(gi->error, sizeof(gi->error), "note LOADER is \"%.32s\": it must be \"generic\"",
		 loader);
	return false;
}

static bool check_pae(struct guest_image *gi, const char *mode)
{
	if (!gi->is_32bit || !strncmp(mode, "yes", 3) || !strcmp(mode, "bimodal"))
		return true;
	snprintf(gi->error, sizeof(gi->error),
		 "note PAE_MODE is \"%.32s\": a 32-bit kernel must be built for PAE (\"yes\")",
		 mode);
	return false;
}

static uint64_t number(const uint8_t *desc, uint32_t size)
{
	uint64_t v = 0;

	memcpy(&v, desc, size > sizeof(v) ? sizeof(v) : size);
	return v;
}

static bool take_note(struct guest_image *gi, uint32_t type, const uint8_t *desc, uint32_t size,
		      uint32_t offered)
{
	uint64_t value = number(desc, size);
	char text[256];

	memcpy(text, desc, size < sizeof(text) ? size : sizeof(text) - 1);
	text[size < sizeof(text) ? size : sizeof(text) - 1] = '\0';
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		gi->entry = value;
		gi->has_entry_note = true;
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		gi->hypercall_page = value;
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		gi->virt_base = value;
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		gi->paddr_offset = value;
		break;
	case XEN_ELFNOTE_HV_START_LOW:
		gi->hv_start_low = value;
		break;
	case XEN_ELFNOTE_INIT_P2M:
		gi->p2m_base = value;
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		gi->mod_start_pfn = value != 0;
		break;
	case XEN_ELFNOTE_GUEST_OS:
		snprintf(gi->guest_os, sizeof(gi->guest_os), "%.15s", text);
		break;
	case XEN_ELFNOTE_GUEST_VERSION:
		snprintf(gi->guest_version, sizeof(gi->guest_version), "%.15s", text);
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		return check_version(gi, text);
	case XEN_ELFNOTE_LOADER:
		return check_loader(gi, text);
	case XEN_ELFNOTE_PAE_MODE:
		return check_pae(gi, text);
	case XEN_ELFNOTE_FEATURES:
		return parse_features(gi, text, offered);
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
	case XEN_ELFNOTE_L1_MFN_VALID:
	case XEN_ELFNOTE_SUSPEND_CANCEL:
	case XEN_ELFNOTE_BSD_SYMTAB:
	default:
		/* Hints for other builders, or newer than this one: nothing depends on them here. */
		break;
	}
	return true;
}

bool guest_notes_section(struct guest_image *gi, const uint8_t *p, size_t size, uint32_t offered)
{
	struct elf_note n;

	while (size >= sizeof(n)) {
		const uint8_t *name = p + sizeof(n), *desc;
		uint64_t name_room, desc_room;

		memcpy(&n, p, sizeof(n));
		name_room = ((uint64_t)n.namesz + 3) & ~3ULL;
		desc_room = ((uint64_t)n.descsz + 3) & ~3ULL;
		if (sizeof(n) + name_room + n.descsz > size)
			break;
		desc = name + name_room;
		if (n.namesz == 4 && !memcmp(name, "Xen", 4)) {
			gi->has_notes = true;
			if (!take_note(gi, n.type, desc, n.descsz, offered))
				return false;
		}
		if (sizeof(n) + name_room + desc_room >= size)
			break;
		p = desc + desc_room;
		size -= sizeof(n) + name_room + desc_room;
	}
	return true;
}

/* One NAME=value of the old string; addresses have a 0x prefix, HYPERCALL_PAGE counts pages. */
static bool take_legacy(struct guest_image *gi, const char *name, const char *value)
{
	uint64_t n = strtoul(value, NULL, 0);

	if (!strcmp(name, "VIRT_BASE"))
		gi->virt_base = n;
	else if (!strcmp(name, "ELF_PADDR_OFFSET"))
		gi->paddr_offset = n;
	else if (!strcmp(name, "HYPERCALL_PAGE"))
		gi->hypercall_page = n << 12; /* virt_base is added when all names are known */
	else if (!strcmp(name, "VIRT_ENTRY")) {
		gi->entry = n;
		gi->has_entry_note = true;
	} else if (!strcmp(name, "GUEST_OS"))
		snprintf(gi->guest_os, sizeof(gi->guest_os), "%.15s", value);
	else if (!strcmp(name, "XEN_VER"))
		return check_version(gi, value);
	else if (!strcmp(name, "PAE"))
		return check_pae(gi, value);
	return true;
}

bool guest_notes_legacy(struct guest_image *gi, const char *p, size_t size)
{
	char name[32], value[64];
	size_t i = 0;

	while (i < size && p[i]) {
		size_t n = 0, v = 0;

		for (; i < size && p[i] && p[i] != '=' && p[i] != ','; i++)
			if (n < sizeof(name) - 1)
				name[n++] = p[i];
		if (i < size && p[i] == '=')
			for (i++; i < size && p[i] && p[i] != ','; i++)
				if (v < sizeof(value) - 1)
					value[v++] = p[i];
		if (i < size && p[i] == ',')
			i++;
		name[n] = value[v] = '\0';
		if (!take_legacy(gi, name, value))
			return false;
	}
	if (gi->hypercall_page != GUEST_UNSET)
		gi->hypercall_page += gi->virt_base == GUEST_UNSET ? 0 : gi->virt_base;
	return true;
}

static bool notes_in_segments(struct guest_image *gi, uint32_t offered)
{
	struct guest_segment s;

	for (unsigned int i = 0; i < guest_elf_segments(gi); i++)
		if (guest_elf_segment(gi, i, &s) && s.type == PT_NOTE &&
		    !guest_notes_section(gi, gi->data + s.offset, s.filesz, offered))
			return false;
	return true;
}

static bool notes_in_sections(struct guest_image *gi, uint32_t offered)
{
	struct guest_section s;

	for (unsigned int i = 0; i < guest_elf_sections(gi); i++) {
		if (!guest_elf_section(gi, i, &s) || s.type == SHT_NOBITS)
			continue;
		if (s.type == SHT_NOTE &&
		    !guest_notes_section(gi, gi->data + s.offset, s.size, offered))
			return false;
	}
	return true;
}

static bool legacy_in_sections(struct guest_image *gi)
{
	struct guest_section s;

	for (unsigned int i = 0; i < guest_elf_sections(gi); i++) {
		if (!guest_elf_section(gi, i, &s) || s.type == SHT_NOBITS ||
		    strcmp(guest_elf_section_name(gi, &s), "__xen_guest"))
			continue;
		return guest_notes_legacy(gi, (const char *)gi->data + s.offset, s.size);
	}
	snprintf(gi->error, sizeof(gi->error),
		 "it has no Xen notes and no __xen_guest section: is it built as a Xen PV guest?");
	return false;
}

bool guest_notes_parse(struct guest_image *gi, uint32_t offered)
{
	if (!notes_in_segments(gi, offered))
		return false;
	if (!gi->has_notes && !notes_in_sections(gi, offered))
		return false;
	return gi->has_notes || legacy_in_sections(gi);
}
