/* SPDX-License-Identifier: MIT */
/*
 * Reading disks and network interfaces: spec.h.
 */
#include "user/xl/spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_MOST   1e9	     /* in the unit that is named */
#define PERIOD_MOST 60000000 /* us */

static void trim(char *s)
{
	size_t n = strlen(s), lead = strspn(s, " \t");

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	memmove(s, s + lead, strlen(s + lead) + 1);
}

static bool copy(char *to, size_t size, const char *from)
{
	if (strlen(from) >= size)
		return false;
	strcpy(to, from);
	return true;
}

/* ---- virtual devices: docs of the ABI number them like Linux's disks ---- */

#define LETTERS_MOST 4

/* "b" is 1, "ab" 26 + 1: as Linux names disks. -1: there are none, or more than any disk has. */
static int letters(const char **s)
{
	size_t count = strspn(*s, "abcdefghijklmnopqrstuvwxyz");
	int n = 0;

	if (count > LETTERS_MOST)
		return -1;
	while (count--)
		n = n * 26 + (*(*s)++ - 'a' + 1);
	return n - 1;
}

unsigned vdev_number(const char *vdev)
{
	bool ours = !strncmp(vdev, "xvd", 3),
	     other = !strncmp(vdev, "sd", 2) || !strncmp(vdev, "hd", 2);
	const char *s = vdev + (ours ? 3 : other ? 2 : 0);
	int disk = letters(&s);
	unsigned long part = strtoul(s, NULL, 10);

	/* A partition is a number that does not begin with a sign, a blank or a zero. */
	if ((!ours && !other) || disk < 0 || s[strspn(s, "0123456789")] || (*s && *s == '0'))
		return 0;
	if (ours)
		return disk < 16 && part < 16 ? 202u << 8 | (unsigned)disk << 4 | (unsigned)part
		       : disk < 1 << 20 && part < 256
			       ? 1u << 28 | (unsigned)disk << 8 | (unsigned)part
			       : 0;
	if (!strncmp(vdev, "sd", 2) && disk < 16 && part < 16)
		return 8u << 8 | (unsigned)disk << 4 | (unsigned)part;
	if (!strncmp(vdev, "hd", 2) && disk < 4 && part < 64)
		return (disk < 2 ? 3u : 22u) << 8 | ((unsigned)disk & 1) << 6 | (unsigned)part;
	return 0;
}

/* ---- disks ---- */

static bool set_access(struct disk_spec *d, const char *text)
{
	d->writable = !strcmp(text, "w") || !strcmp(text, "rw");
	return d->writable || !strcmp(text, "r") || !strcmp(text, "ro");
}

static bool set_target(struct disk_spec *d, const char *text)
{
	static const char *const prefixes[] = { "phy:", "file:", "raw:", "tap:aio:", "aio:" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(text, prefixes[i], strlen(prefixes[i]))) {
			text += strlen(prefixes[i]);
			break;
		}
	d->is_file = strncmp(text, "/dev/", 5) != 0 && text[0] == '/';
	if (text[0] != '/') { /* phy:vda means /dev/vda */
		snprintf(d->target, sizeof(d->target), "/dev/%s", text);
		return strlen(text) + 6 <= sizeof(d->target);
	}
	return copy(d->target, sizeof(d->target), text);
}

/* key=value; 1: done, 0: it is no key, -1: wrong. */
static int set_key(struct disk_spec *d, char *field)
{
	char *equals = strchr(field, '=');

	if (!equals)
		return 0;
	*equals = '\0';
	if (!strcmp(field, "vdev"))
		return copy(d->vdev, sizeof(d->vdev), equals + 1) ? 1 : -1;
	if (!strcmp(field, "access"))
		return set_access(d, equals + 1) ? 1 : -1;
	if (!strcmp(field, "target"))
		return set_target(d, equals + 1) ? 1 : -1;
	if (!strcmp(field, "format"))
		return strcmp(equals + 1, "raw") ? -1 : 1;
	*equals = '=';
	return !strcmp(field, "backendtype=phy") || !strcmp(field, "devtype=disk") ? 1 : -1;
}

/* One of the fields without a name: by what it looks like, since both orders are in use. */
static bool set_field(struct disk_spec *d, const char *field, unsigned place)
{
	if (!*field || !strcmp(field, "raw"))
		return true; /* the default */
	if (!place)
		return set_target(d, field);
	if (vdev_number(field) && !d->vdev[0])
		return copy(d->vdev, sizeof(d->vdev), field);
	return set_access(d, field);
}

bool parse_disk(const char *text, struct disk_spec *d, char *error, size_t size)
{
	char all[256], *rest = all, *field;
	unsigned place = 0;

	memset(d, 0, sizeof(*d));
	d->writable = true;
	if (!copy(all, sizeof(all), text)) {
		snprintf(error, size, "a disk of more than %zu characters", sizeof(all) - 1);
		return false;
	}
	while ((field = strsep(&rest, ","))) {
		int key;

		trim(field);
		key = set_key(d, field);
		if (key < 0 || (!key && !set_field(d, field, place))) {
			snprintf(error, size,
				 "disk '%s': \"%s\" is not understood; write "
				 "'phy:/dev/vda,xvda,w'",
				 text, field);
			return false;
		}
		place++;
	}
	d->number = vdev_number(d->vdev);
	if (!d->target[0] || !d->number)
		snprintf(error, size, "disk '%s': %s; write 'phy:/dev/vda,xvda,w'", text,
			 d->target[0] ? "no virtual device like xvda" : "no device or file");
	return d->target[0] && d->number;
}

/* ---- network interfaces ---- */

/* "20ms", "500us", "1s": microseconds; 0: it is no time, or more than a minute. */
static uint32_t parse_period(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	uint32_t unit = !strcmp(end, "us") ? 1 : !strcmp(end, "ms") ? 1000 : 1000000;

	if (!isdigit((unsigned char)*text) || (unit == 1000000 && strcmp(end, "s") != 0))
		return 0;
	return n <= PERIOD_MOST / unit ? (uint32_t)n * unit : 0;
}

/* "10Mb/s", "250KB/s@20ms": bytes in each period, which is 50 ms unless it is said. */
static bool parse_rate(const char *text, struct vif_spec *v)
{
	char *end;
	double n = strtod(text, &end), unit;

	/* The comparisons are such that what is no number fails them. */
	if (!isdigit((unsigned char)*text) || !(n > 0 && n < RATE_MOST))
		return false;
	unit = *end == 'K' ? 1e3 : *end == 'M' ? 1e6 : *end == 'G' ? 1e9 : 1;
	end += unit > 1;
	if (*end != 'b' && *end != 'B')
		return false;
	unit /= *end == 'b' ? 8 : 1;
	if (strncmp(end + 1, "/s", 2) != 0 || (end[3] && end[3] != '@'))
		return false;
	v->rate_usecs = end[3] ? parse_period(end + 4) : 50000;
	v->rate_bytes = (uint64_t)(n * unit * v->rate_usecs / 1e6);
	return v->rate_usecs && v->rate_bytes;
}

static bool is_mac(const char *s)
{
	if (strlen(s) != 17)
		return false;
	for (unsigned i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

static bool set_vif_key(struct vif_spec *v, const char *key, const char *value)
{
	if (!strcmp(key, "mac"))
		return is_mac(value) && copy(v->mac, sizeof(v->mac), value);
	if (!strcmp(key, "bridge"))
		return copy(v->bridge, sizeof(v->bridge), value);
	if (!strcmp(key, "ip"))
		return copy(v->ip, sizeof(v->ip), value);
	if (!strcmp(key, "rate"))
		return parse_rate(value, v);
	return !strcmp(key, "type") || !strcmp(key, "script") || !strcmp(key, "model");
}

bool parse_vif(const char *text, struct vif_spec *v, char *error, size_t size)
{
	char all[256], *rest = all, *field;

	memset(v, 0, sizeof(*v));
	strcpy(v->bridge, "xenbr0");
	if (!copy(all, sizeof(all), text)) {
		snprintf(error, size, "a vif of more than %zu characters", sizeof(all) - 1);
		return false;
	}
	while ((field = strsep(&rest, ","))) {
		char *equals;

		trim(field);
		if (!*field)
			continue;
		equals = strchr(field, '=');
		if (equals)
			*equals = '\0';
		if (!equals || !set_vif_key(v, field, equals + 1)) {
			snprintf(error, size,
				 "vif '%s': \"%s\" is not understood; write "
				 "'mac=00:16:3e:01:02:03,bridge=xenbr0'",
				 text, field);
			return false;
		}
	}
	return true;
}
