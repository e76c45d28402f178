/* SPDX-License-Identifier: MIT */
/*
 * What a toolstack asks of a domain as a whole: control/shutdown.
 *
 * It writes the word; we empty the node, which says that it was understood, and obey. (docs/misc/xenstore-paths
 * of the Xen project names the words.) A domain that can be asked says so by control/feature-*.
 */
#include "xenfront/xenfront.h"

static void obey(const char *word)
{
	if (!strcmp(word, "poweroff") || !strcmp(word, "halt"))
		kernel_end(false);
	else if (!strcmp(word, "reboot"))
		kernel_end(true);
	else
		printk("control: the toolstack asks for \"%s\", which is not known here\n", word);
}

static void shutdown_event(struct xs_watch *w, const char *path)
{
	char *word = xs_read(0, "control", "shutdown", NULL);

	(void)w, (void)path;
	if (is_err(word))
		return;
	if (*word) {
		(void)xs_write(0, "control", "shutdown", "");
		obey(word);
	}
	kfree(word);
}

static struct xs_watch shutdown_watch = { .path = (char *)"control/shutdown",
					  .fn = shutdown_event };

void control_start(void *unused)
{
	int rc = xs_watch(&shutdown_watch);

	(void)unused;
	if (rc) {
		printk("control: cannot watch for the toolstack's wishes: error %d\n", -rc);
		return;
	}
	(void)xs_write(0, "control", "feature-poweroff", "1");
	(void)xs_write(0, "control", "feature-reboot", "1");
}
