/* SPDX-License-Identifier: MIT */
/*
 * The configuration of a domain, as people write it: NAME = value, a line each.
 *
 * A value is a number (decimal, or hexadecimal after 0x), a string in single or double quotes, or a list of
 * strings in brackets, which may go over several lines and end in a comma. A hash begins a comment; a
 * semicolon ends an assignment as a line's end does. This is the language that the files of the tool named xl
 * have always been written in.
 *
 * Pure: text in, values out. What is wrong is one sentence with its line.
 */
#ifndef USER_XL_CONFIG_H
#define USER_XL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_kind { CONFIG_NUMBER, CONFIG_STRING, CONFIG_LIST };

struct config_setting {
	struct config_setting *next;
	char *name;
	enum config_kind kind;
	unsigned int line;
	uint64_t number;
	char **strings;	    /* of a list all of them, of a string the one */
	unsigned int count; /* of strings */
	bool used;	    /* somebody asked for it */
};

struct config {
	struct config_setting *first, **last;
	char error[200];
};

/*
 * Reads text of `size` bytes, which need not be terminated. An assignment to a name that was assigned before
 * replaces it. False: error says why. config_free() is due in both cases.
 */
bool config_parse(struct config *c, const char *text, size_t size);
void config_free(struct config *c);

/*
 * What was assigned; absent: the default. A wrong kind leaves a sentence in error, and the default is returned:
 * look at error when all has been asked for. Strings belong to the configuration.
 */
uint64_t config_number(struct config *c, const char *name, uint64_t otherwise);
const char *config_string(struct config *c, const char *name, const char *otherwise);
/* The strings of a list, of which a single string is a short form; *count 0 if there are none. */
char *const *config_list(struct config *c, const char *name, unsigned int *count);

/* The next setting that nobody asked for, from NULL on: most likely a name that is misspelt. */
const struct config_setting *config_unused(const struct config *c,
					   const struct config_setting *after);

#endif
