/* SPDX-License-Identifier: MIT */
/*
 * Paths and rights.
 *
 * A path is absolute, or relative to the domain's own part, /local/domain/N. A node's first permission names
 * its owner, who may do everything, and gives everybody who is not named further on his rights. Domain 0's
 * programs may do everything everywhere.
 */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool path_is_special(const char *path)
{
	return path[0] == '@';
}

static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-/_@", c));
}

/* Of an absolute path: only what the protocol allows, no empty names, not too deep. */
static bool is_valid(const char *path)
{
	size_t len = strlen(path);
	unsigned depth = 0;

	if (len > 1 && path[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_path_char(path[i]) || (path[i] == '/' && path[i + 1] == '/'))
			return false;
		depth += path[i] == '/';
	}
	return depth <= DEPTH_MOST;
}

int path_resolve(const struct connection *c, const char *path, bool special, char *out)
{
	if (path_is_special(path)) {
		if (!special || !special_find(path))
			return EINVAL;
		strcpy(out, path);
		return 0;
	}
	if (path[0] == '/') {
		if (strlen(path) > XENSTORE_ABS_PATH_MAX)
			return EINVAL;
		strcpy(out, path);
	} else {
		if (!path[0] || strlen(path) > XENSTORE_REL_PATH_MAX)
			return EINVAL;
		snprintf(out, XENSTORE_ABS_PATH_MAX + 1, "/local/domain/%u/%s", c->domain, path);
	}
	return is_valid(out) ? 0 : EINVAL;
}

size_t path_parent(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

unsigned rights_of(const struct connection *c, const struct perm *perms, unsigned count)
{
	const unsigned all = PERM_READ | PERM_WRITE | PERM_OWNER;

	if (c->privileged || perms[0].id == c->domain || perms[0].id == c->target)
		return all;
	for (unsigned i = 1; i < count; i++)
		if (perms[i].id == c->domain || perms[i].id == c->target)
			return perms[i].rights;
	return perms[0].rights;
}

int perm_parse(const char *text, struct perm *p)
{
	static const char letters[] = "nrwb"; /* none, read, write, both: bit by bit */
	const char *letter = text[0] ? strchr(letters, text[0]) : NULL;
	char *end;
	unsigned long id;

	if (!letter || text[1] < '0' || text[1] > '9')
		return EINVAL;
	id = strtoul(text + 1, &end, 10);
	if (*end || id >= DOMAINS_MOST)
		return EINVAL;
	p->id = (unsigned)id;
	p->rights = (unsigned)(letter - letters);
	return 0;
}

int perm_print(const struct perm *p, char *out, size_t size)
{
	return snprintf(out, size, "%c%u", "nrwb"[p->rights & (PERM_READ | PERM_WRITE)], p -> id);
}

static unsigned owned[DOMAINS_MOST];

unsigned *owned_by(unsigned domain)
{
	return &owned[domain < DOMAINS_MOST ? domain : 0];
}

static void count_below(const struct node *n)
{
	++*owned_by(n->perms[0].id);
	for (unsigned i = 0; i < n->child_count; i++)
		count_below(n->children[i]);
}

/* The root belongs to the store and is nobody's quota. */
void owned_recount(void)
{
	memset(owned, 0, sizeof(owned));
	for (unsigned i = 0; i < store_root->child_count; i++)
		count_below(store_root->children[i]);
}
