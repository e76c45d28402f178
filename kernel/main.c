/* SPDX-License-Identifier: MIT */
/*
 * The kernel's start: one screen of calls, in the order in which things become usable.
 *
 * The machine has filled machine_info and masked interrupts. The boot thread ends as the idle
 * thread; everything that may sleep (the root file system, the first program) is done by a thread.
 */
#include "kernel.h"
#include "mm/page.h"
#include "proc/sched.h"
#include "cache.h"
#include "console.h"
#include "fs.h"
#include "net/socket.h"
#include "netdev.h"
#include "swap.h"
#include "vm.h"

static void free_ramdisk(void)
{
	unsigned long first, end;

	if (!machine_info.ramdisk)
		return;
	first = pfn_x(machine_va_page(machine_info.ramdisk));
	end = pfn_x(machine_va_page((const char *)machine_info.ramdisk + machine_info.ramdisk_size +
				    PAGE_SIZE - 1));
	page_release_range(first, end);
}

static void first_process(void *arg)
{
	int rc;

	(void)arg;
	proc_become_init();
	rc = fs_init(machine_info.ramdisk, machine_info.ramdisk_size);
	if (rc)
		panic("the root file system: error %d (is the second module a cpio archive?)", rc);
	free_ramdisk();
	drivers_init();
	rc = fs_mount_root_device();
	if (rc)
		panic("root=: error %d (is it the right device? is there an ext2 file system on it?)",
		      rc);
	if (fs_open_console())
		panic("cannot open /dev/console");
	run_first_program();
}

const char *cmdline_option(const char *name, char *buf, size_t size)
{
	const char *s = machine_info.cmdline;
	size_t n = strlen(name), len;

	while (*s) {
		for (; *s == ' '; s++)
			;
		for (len = 0; s[len] && s[len] != ' '; len++)
			;
		if (len >= n && !strncmp(s, name, n) && (len == n || s[n] == '=')) {
			size_t skip = len == n ? n : n + 1;

			strlcpy(buf, s + skip, min(size, len - skip + 1));
			return buf;
		}
		s += len;
	}
	return NULL;
}

_Noreturn void kernel_main(void)
{
	printk("Ringlet on %s: %lu KiB of memory, command line \"%s\"\n", machine_info.name,
	       machine_info.page_count * 4, machine_info.cmdline);
	if (machine_info.ignored)
		printk("%lu KiB beyond that are not used: this kernel maps no more\n",
		       machine_info.ignored * 4);
	page_init();
	kmalloc_init();
	time_wall_init();
	printk_clock_ready();
	sched_init();
	random_stir(machine_wall_clock());
	tty_init();
	console_start();
	irq_restore(0);
	cache_start();
	reclaim_start();
	netdev_start();
	net_stack_start();
	if (!kthread_create("init", first_process, NULL))
		panic("no memory for the first process");
	sched_idle();
}
