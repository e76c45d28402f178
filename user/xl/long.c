/* SPDX-License-Identifier: MIT */
/*
 * A domain's configuration as JSON, in the shape that the real tool has: `list -l`, `create -n`.
 *
 * Of a running domain nobody keeps the file; what it said is read back from the store and the hypervisor, and
 * so is true now, devices that came later included. /vm/UUID and the backends' directories are domain 0's: a guest
 * cannot write there.
 */
#include "user/xl/xl.h"

#include <stdlib.h>
#include <string.h>

#define KB_A_PAGE 4
#define NO_LIMIT  17179869180ULL /* kB: what the real tool says of one that has none */

/* ---- from the store ---- */

static char *text_of(const char *dir, const char *node)
{
	char *text = dir ? xs_readf(xs_get(), 0, "%s/%s", dir, node) : NULL;

	return text && *text ? text : (free(text), NULL);
}

static void copy_of(const char *dir, const char *node, char *out, size_t size)
{
	char *text = text_of(dir, node);

	snprintf(out, size, "%s", text ? text : "");
	free(text);
}

static uint64_t number_of(const char *dir, const char *node, uint64_t otherwise)
{
	char *text = text_of(dir, node);
	uint64_t n = text ? strtoull(text, NULL, 10) : otherwise;

	free(text);
	return n;
}

/* The backends of one type: fn for each directory, and how many. */
static unsigned backends(unsigned domid, const char *type,
			 void (*fn)(struct domain_config *d, unsigned i, const char *dir),
			 struct domain_config *d)
{
	char dir[96], place[80];
	unsigned count = 0;
	char **ids;

	snprintf(place, sizeof(place), "/local/domain/0/backend/%s/%u", type, domid);
	ids = xs_directory(xs_get(), 0, place, NULL);
	for (char **id = ids; id && *id; id++) {
		snprintf(dir, sizeof(dir), "%s/%s", place, *id);
		fn(d, count++, dir);
	}
	free(ids);
	return count;
}

static void read_disk(struct domain_config *d, unsigned i, const char *dir)
{
	struct disk_spec *disk;
	char mode[4];

	d->disks = realloc(d->disks, (i + 1) * sizeof(*d->disks));
	disk = &d->disks[i];
	memset(disk, 0, sizeof(*disk));
	copy_of(dir, "params", disk->target, sizeof(disk->target));
	copy_of(dir, "dev", disk->vdev, sizeof(disk->vdev));
	copy_of(dir, "mode", mode, sizeof(mode));
	disk->writable = mode[0] == 'w';
}

static void read_vif(struct domain_config *d, unsigned i, const char *dir)
{
	struct vif_spec *vif;

	d->vifs = realloc(d->vifs, (i + 1) * sizeof(*d->vifs));
	vif = &d->vifs[i];
	memset(vif, 0, sizeof(*vif));
	copy_of(dir, "mac", vif->mac, sizeof(vif->mac));
	copy_of(dir, "bridge", vif->bridge, sizeof(vif->bridge));
	copy_of(dir, "ip", vif->ip, sizeof(vif->ip));
}

static void read_running(const struct xen_domctl_getdomaininfo *i, struct domain_config *d)
{
	char dir[64], *vm;

	memset(d, 0, sizeof(*d));
	snprintf(dir, sizeof(dir), "/local/domain/%u", i->domain);
	vm = text_of(dir, "vm");
	d->name = domain_name(i->domain);
	memcpy(d->uuid, i->handle, sizeof(d->uuid));
	d->kernel = text_of(vm, "image/kernel");
	d->ramdisk = text_of(vm, "image/ramdisk");
	d->cmdline = text_of(vm, "image/cmdline");
	d->on_poweroff = text_of(vm, "on_poweroff");
	d->on_reboot = text_of(vm, "on_reboot");
	d->on_crash = text_of(vm, "on_crash");
	d->memory_kb = number_of(dir, "memory/target", i->tot_pages * KB_A_PAGE);
	d->maxmem_kb = number_of(dir, "memory/static-max", NO_LIMIT);
	d->vcpus = i->nr_online_vcpus;
	d->maxvcpus = i->max_vcpu_id + 1;
	get_weight(i->domain, &d->weight, &d->cap);
	d->disk_count = backends(i->domain, "vbd", read_disk, d);
	d->vif_count = backends(i->domain, "vif", read_vif, d);
	free(vm);
}

static void forget(struct domain_config *d)
{
	char *texts[] = { d->name,	  d->kernel,	d->ramdisk, d->cmdline,
			  d->on_poweroff, d->on_reboot, d->on_crash };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	free(d->disks);
	free(d->vifs);
}

/* ---- as JSON ---- */

static void text(struct json *j, const char *key, const char *value)
{
	if (value && *value)
		json_string(j, key, value);
}

static void nothing(struct json *j, const char *key)
{
	json_begin(j, key, '{');
	json_end(j, '}');
}

static void put_creation(struct json *j, const struct domain_config *d, bool is_domain0)
{
	char uuid[40];

	json_begin(j, "c_info", '{');
	json_string(j, "type", "pv");
	json_string(j, "name", d->name);
	uuid_text(d->uuid, uuid);
	if (!is_domain0)
		json_string(j, "uuid", uuid);
	json_end(j, '}');
}

static void put_build(struct json *j, const struct domain_config *d)
{
	json_begin(j, "b_info", '{');
	if (d->maxvcpus > 1) {
		json_number(j, "max_vcpus", d->maxvcpus);
		json_begin(j, "avail_vcpus", '[');
		for (unsigned v = 0; v < d->vcpus; v++)
			json_number(j, NULL, v);
		json_end(j, ']');
	}
	json_number(j, "max_memkb", d->maxmem_kb);
	json_number(j, "target_memkb", d->memory_kb);
	json_begin(j, "sched_params", '{');
	if (d->weight) {
		json_string(j, "sched", scheduler_name());
		json_number(j, "weight", d->weight);
		json_number(j, "cap", d->cap);
	}
	json_end(j, '}');
	text(j, "kernel", d->kernel);
	text(j, "cmdline", d->cmdline);
	text(j, "ramdisk", d->ramdisk);
	nothing(j, "type.pv");
	nothing(j, "arch_arm");
	nothing(j, "arch_x86");
	json_end(j, '}');
}

static void put_disks(struct json *j, const struct domain_config *d)
{
	json_begin(j, "disks", '[');
	for (unsigned i = 0; i < d->disk_count; i++) {
		json_begin(j, NULL, '{');
		json_string(j, "pdev_path", d->disks[i].target);
		json_string(j, "vdev", d->disks[i].vdev);
		json_string(j, "format", "raw");
		json_number(j, "readwrite", d->disks[i].writable);
		json_end(j, '}');
	}
	json_end(j, ']');
}

static void put_vifs(struct json *j, const struct domain_config *d)
{
	json_begin(j, "nics", '[');
	for (unsigned i = 0; i < d->vif_count; i++) {
		json_begin(j, NULL, '{');
		json_number(j, "devid", i);
		text(j, "mac", d->vifs[i].mac);
		text(j, "ip", d->vifs[i].ip);
		text(j, "bridge", d->vifs[i].bridge);
		json_end(j, '}');
	}
	json_end(j, ']');
}

/* Like the real tool: what is as by default is not said. */
static void put_action(struct json *j, const char *key, const char *action)
{
	if (action && strcmp(action, "destroy") != 0)
		json_string(j, key, action);
}

void put_config(struct json *j, const char *key, const struct domain_config *d, bool is_domain0)
{
	json_begin(j, key, '{');
	put_creation(j, d, is_domain0);
	put_build(j, d);
	if (d->disk_count)
		put_disks(j, d);
	if (d->vif_count)
		put_vifs(j, d);
	put_action(j, "on_poweroff", d->on_poweroff);
	put_action(j, "on_reboot", d->on_reboot);
	put_action(j, "on_crash", d->on_crash);
	json_end(j, '}');
}

void print_long(const struct xen_domctl_getdomaininfo *i, void *data)
{
	struct json *j = data;
	struct domain_config d;

	read_running(i, &d);
	json_begin(j, NULL, '{');
	json_number(j, "domid", i->domain);
	put_config(j, "config", &d, i->domain == 0);
	json_end(j, '}');
	forget(&d);
}
