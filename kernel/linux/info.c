/* SPDX-License-Identifier: MIT */
/*
 * System calls about the system: its names, memory, log, random numbers, and its end.
 */
#include "linux/linux.h"
#include "linux/uts.h"
#include "swap.h"

/* The release is that of a Linux whose calls we mostly have: C libraries refuse to run on old ones. */
struct uts uts = {
	.sysname = "Linux",
	.nodename = "ringlet",
	.release = "5.10.0-ringlet",
	.version = "#1 Ringlet",
	.machine = "i686",
	.domainname = "(none)",
};

int uts_set(char field[UTS_LEN + 1], const char *name, size_t n)
{
	if (current->proc->cred.euid)
		return -EPERM;
	if (n > UTS_LEN)
		return -EINVAL;
	memset(field, 0, UTS_LEN + 1);
	memcpy(field, name, n);
	return 0;
}

long sys_uname(const struct args *a)
{
	return copy_to_user(arg_ptr(a, 0), &uts, sizeof(uts));
}

static long set_name(char field[UTS_LEN + 1], const void *user, uint32_t n)
{
	char name[UTS_LEN];

	if (current->proc->cred.euid)
		return -EPERM;
	if (n > sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, user, n))
		return -EFAULT;
	return uts_set(field, name, n);
}

long sys_sethostname(const struct args *a)
{
	return set_name(uts.nodename, arg_ptr(a, 0), a->v[1]);
}

long sys_setdomainname(const struct args *a)
{
	return set_name(uts.domainname, arg_ptr(a, 0), a->v[1]);
}

/* ---- sysinfo ---- */

struct sysinfo32 {
	uint32_t uptime, loads[3], total_ram, free_ram, shared_ram, buffer_ram, total_swap,
		free_swap;
	uint16_t procs, pad;
	uint32_t total_high, free_high, unit;
	uint8_t rest[8];
};

_Static_assert(sizeof(struct sysinfo32) == 64, "struct sysinfo of i386");

long sys_sysinfo(const struct args *a)
{
	struct sysinfo32 s = {
		.uptime = (uint32_t)(time_now() / NSEC_PER_SEC),
		.total_ram = (uint32_t)(page_total_count() * PAGE_SIZE),
		.free_ram = (uint32_t)(page_free_count() * PAGE_SIZE),
		.total_swap = (uint32_t)(swap_total_count() * PAGE_SIZE),
		.free_swap = (uint32_t)(swap_free_count() * PAGE_SIZE),
		.procs = (uint16_t)proc_count(),
		.unit = 1,
	};
	uint64_t avg[3];

	sched_loadavg(avg);
	for (int i = 0; i < 3; i++)
		s.loads[i] = (uint32_t)avg[i];
	return copy_to_user(arg_ptr(a, 0), &s, sizeof(s));
}

/* ---- the kernel's log ---- */

enum { LOG_READ_ALL = 3, LOG_READ_CLEAR = 4, LOG_SIZE_UNREAD = 9, LOG_SIZE = 10 };
enum { LOG_BYTES = 16384 };

static long read_log(void *user, int size)
{
	size_t n = (size_t)min(size, (int)LOG_BYTES);
	char *buf;
	long r;

	if (size < 0 || !user)
		return -EINVAL;
	buf = kmalloc(n ? n : 1);
	if (!buf)
		return -ENOMEM;
	n = printk_copy(buf, n);
	r = copy_to_user(user, buf, n) ? -EFAULT : (long)n;
	kfree(buf);
	return r;
}

long sys_syslog(const struct args *a)
{
	switch (arg_int(a, 0)) {
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		return read_log(arg_ptr(a, 1), arg_int(a, 2));
	case LOG_SIZE:
		return LOG_BYTES;
	}
	return a->v[0] <= LOG_SIZE ? 0 : -EINVAL;
}

/* ---- random ---- */

long sys_getrandom(const struct args *a)
{
	enum { GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4 };
	size_t size = min(a->v[1], 0x7fffffffu), done = 0;
	uint8_t buf[256];

	if (a->v[2] & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (a->v[2] & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	while (done < size) {
		size_t n = min(size - done, sizeof(buf));

		random_bytes(buf, n);
		if (copy_to_user((char *)arg_ptr(a, 0) + done, buf, n))
			return done ? (long)done : -EFAULT;
		done += n;
		cond_resched();
		if (done < size && signal_pending())
			break;
	}
	return (long)done;
}

/* ---- the end ---- */

#define REBOOT_MAGIC1  0xfee1deadu
#define REBOOT_MAGIC2  672274793u
#define REBOOT_MAGIC2A 85072278u
#define REBOOT_MAGIC2B 369367448u
#define REBOOT_MAGIC2C 537993216u

#define REBOOT_RESTART	 0x01234567u
#define REBOOT_HALT	 0xcdef0123u
#define REBOOT_POWER_OFF 0x4321fedcu
#define REBOOT_RESTART2	 0xa1b2c3d4u
#define REBOOT_CAD_ON	 0x89abcdefu
#define REBOOT_CAD_OFF	 0u

static bool reboot_magic(uint32_t one, uint32_t two)
{
	return one == REBOOT_MAGIC1 && (two == REBOOT_MAGIC2 || two == REBOOT_MAGIC2A ||
					two == REBOOT_MAGIC2B || two == REBOOT_MAGIC2C);
}

long sys_reboot(const struct args *a)
{
	if (current->proc->cred.euid)
		return -EPERM;
	if (!reboot_magic(a->v[0], a->v[1]))
		return -EINVAL;
	switch (a->v[2]) {
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;
	case REBOOT_RESTART:
	case REBOOT_RESTART2:
		printk("reboot: restarting\n");
		machine_reboot();
	case REBOOT_HALT:
	case REBOOT_POWER_OFF:
		printk("reboot: power down\n");
		machine_poweroff();
	}
	return -EINVAL;
}

long sys_vhangup(const struct args *a)
{
	(void)a;
	return current->proc->cred.euid ? -EPERM : 0;
}
