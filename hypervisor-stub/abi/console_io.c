/* SPDX-License-Identifier: MIT */
/*
 * console_io and vm_assist.
 *
 * console_io is a guest's first voice: it works from the first instruction, with no driver. Unlike a
 * release build of Xen we take it from unprivileged domains too, each line marked with its domain
 * (console/), so that a new kernel's first words are not lost. Long output goes in chunks and lets
 * others run in between. No locks of its own.
 */
#include "abi/abi.h"
#include "abi/ops.h"
#include "abi/width.h"
#include "console/console.h"
#include "mm/mm.h"

#define CHUNK 128

/*
 * Everything up to the first unreadable byte is printed, then -EFAULT. progress[0]: bytes printed.
 * A count is an int to the ABI; a negative one just runs until it cannot read on.
 */
static long write_text(unsigned int count, gptr_t buffer)
{
	uint64_t *done = hc_progress();
	char text[CHUNK];

	while (*done < count) {
		size_t n = min((uint64_t)CHUNK, count - *done);
		size_t left = copy_from_guest(text, gptr_add(buffer, *done), n);

		console_guest_write(current->domain, text, n - left);
		if (left)
			return refuse(-EFAULT, "the text cannot be read beyond byte %lu",
				      *done + n - left);
		*done += n;
		if (*done < count && preempt_wanted())
			return -ERESTART;
	}
	return 0;
}

static long read_text(unsigned int count, gptr_t buffer)
{
	char text[CHUNK];
	size_t n = console_guest_read(current->domain, text, min(count, (unsigned int)CHUNK));

	if (copy_to_guest(buffer, text, n))
		return refuse(-EFAULT, "the text cannot be written");
	return (long)n;
}

long do_console_io(unsigned int cmd, unsigned int count, gptr_t buffer)
{
	switch (cmd) {
	case CONSOLEIO_write:
		return write_text(count, buffer);
	case CONSOLEIO_read:
		return read_text(count, buffer);
	default:
		return refuse(-ENOSYS, "there is no console_io %u", cmd);
	}
}

uint64_t assists_known(const struct domain *d)
{
	uint64_t all = (2ull << VMASST_TYPE_runstate_update_flag) - 1;

	return d->is_32bit ? all : all | 1ull << VMASST_TYPE_m2p_strict;
}

long do_vm_assist(unsigned int cmd, unsigned int type)
{
	struct domain *d = current->domain;

	if (type >= 64 || !(assists_known(d) >> type & 1))
		return refuse(-EINVAL, "there is no assist %u for this guest", type);
	if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable)
		return refuse(-ENOSYS, "there is no vm_assist %u", cmd);
	if (cmd == VMASST_CMD_enable)
		__atomic_fetch_or(&d->vm_assist, 1ull << type, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&d->vm_assist, ~(1ull << type), __ATOMIC_RELAXED);
	return 0;
}
