/* SPDX-License-Identifier: MIT */
/*
 * Processes, their groups, users and limits: POSIX functions over the Linux calls (vfork and clone
 * are in syscall.S, since they return twice on one stack or on none).
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/termios.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "glue.h"

int _execve(const char *path, char *const argv[], char *const envp[]);

void _exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

pid_t fork(void)
{
	return syscall(SYS_fork);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	return syscall(SYS_execve, path, argv, envp);
}

int _execve(const char *path, char *const argv[], char *const envp[])
{
	return execve(path, argv, envp);
}

struct kernel_rusage {
	struct kernel_timeval utime, stime;
	long maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv;
	long nsignals, nvcsw, nivcsw;
};

static void copy_rusage(const struct kernel_rusage *from, struct rusage *to)
{
	to->ru_utime = (struct timeval){ from->utime.sec, from->utime.usec };
	to->ru_stime = (struct timeval){ from->stime.sec, from->stime.usec };
	to->ru_maxrss = from->maxrss;
	to->ru_minflt = from->minflt;
	to->ru_majflt = from->majflt;
	to->ru_nvcsw = from->nvcsw;
	to->ru_nivcsw = from->nivcsw;
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	struct kernel_rusage k;
	pid_t child = syscall(SYS_wait4, pid, status, options, usage ? &k : NULL);

	if (child > 0 && usage)
		copy_rusage(&k, usage);
	return child;
}

pid_t wait3(int *status, int options, struct rusage *usage)
{
	return wait4(-1, status, options, usage);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}

pid_t wait(int *status)
{
	return wait4(-1, status, 0, NULL);
}

int getrusage(int who, struct rusage *usage)
{
	struct kernel_rusage k;
	int result = syscall(SYS_getrusage, who, &k);

	if (result == 0)
		copy_rusage(&k, usage);
	return result;
}

pid_t getpid(void)
{
	return syscall(SYS_getpid);
}

pid_t getppid(void)
{
	return syscall(SYS_getppid);
}

int gettid(void)
{
	return syscall(SYS_gettid);
}

pid_t getpgrp(void)
{
	return syscall(SYS_getpgrp);
}

pid_t getpgid(pid_t pid)
{
	return syscall(SYS_getpgid, pid);
}

int setpgid(pid_t pid, pid_t group)
{
	return syscall(SYS_setpgid, pid, group);
}

int setpgrp(void)
{
	return setpgid(0, 0);
}

pid_t setsid(void)
{
	return syscall(SYS_setsid);
}

pid_t getsid(pid_t pid)
{
	return syscall(SYS_getsid, pid);
}

uid_t getuid(void)
{
	return syscall(SYS_getuid32);
}

uid_t geteuid(void)
{
	return syscall(SYS_geteuid32);
}

gid_t getgid(void)
{
	return syscall(SYS_getgid32);
}

gid_t getegid(void)
{
	return syscall(SYS_getegid32);
}

int setuid(uid_t uid)
{
	return syscall(SYS_setuid32, uid);
}

int setgid(gid_t gid)
{
	return syscall(SYS_setgid32, gid);
}

int seteuid(uid_t uid)
{
	return syscall(SYS_setresuid32, -1, uid, -1);
}

int setegid(gid_t gid)
{
	return syscall(SYS_setresgid32, -1, gid, -1);
}

int getgroups(int count, gid_t groups[])
{
	return syscall(SYS_getgroups32, count, groups);
}

int setgroups(int count, const gid_t *groups)
{
	return syscall(SYS_setgroups32, count, groups);
}

char *getlogin(void)
{
	struct passwd *user = getpwuid(getuid());

	return user ? user->pw_name : NULL;
}

/* No program here runs with rights other than its caller's. */
int issetugid(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}

int getrlimit(int resource, struct rlimit *limit)
{
	return syscall(SYS_prlimit64, 0, resource, NULL, limit);
}

int setrlimit(int resource, const struct rlimit *limit)
{
	return syscall(SYS_prlimit64, 0, resource, limit, NULL);
}

/* The call returns 20 - nice, so that no valid answer looks like an error. */
int getpriority(int which, id_t who)
{
	long result = syscall(SYS_getpriority, which, who);

	return result < 0 ? result : 20 - result;
}

int setpriority(int which, id_t who, int priority)
{
	return syscall(SYS_setpriority, which, who, priority);
}

int nice(int increment)
{
	return syscall(SYS_nice, increment) < 0 ? -1 : getpriority(PRIO_PROCESS, 0);
}

int sched_yield(void)
{
	return syscall(SYS_sched_yield);
}

int uname(struct utsname *name)
{
	return syscall(SYS_uname, name);
}

int gethostname(char *name, size_t size)
{
	struct utsname u;

	if (uname(&u) < 0)
		return -1;
	if (strlen(u.nodename) >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(name, u.nodename);
	return 0;
}

int sethostname(const char *name, size_t size)
{
	return syscall(SYS_sethostname, name, size);
}

int sysinfo(struct sysinfo *info)
{
	return syscall(SYS_sysinfo, info);
}

/* The two magic numbers are Linux's guard against a wild jump into this call. */
int reboot(int command)
{
	return syscall(SYS_reboot, 0xfee1dead, 672274793, command);
}

int getpagesize(void)
{
	return 4096;
}

int getdtablesize(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? -1 : (int)limit.rlim_cur;
}

long sysconf(int name)
{
	struct sysinfo info;

	switch (name) {
	case _SC_ARG_MAX:
		return 131072;
	case _SC_CLK_TCK:
		return 100;
	case _SC_OPEN_MAX:
		return getdtablesize();
	case _SC_PAGESIZE:
		return getpagesize();
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return 1;
	case _SC_PHYS_PAGES:
		return sysinfo(&info) < 0 ? -1 : (long)(info.totalram / 4096 * info.mem_unit);
	case _SC_AVPHYS_PAGES:
		return sysinfo(&info) < 0 ? -1 : (long)(info.freeram / 4096 * info.mem_unit);
	default:
		errno = EINVAL;
		return -1;
	}
}

/* getentropy() is all or nothing, and never waits for an interrupted call to be repeated. */
int getentropy(void *buffer, size_t size)
{
	if (size > 256) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_getrandom, buffer, size, 0) == (long)size ? 0 : -1;
}

int tcgetattr(int fd, struct termios *settings)
{
	return ioctl(fd, TCGETS, settings);
}

int tcsetattr(int fd, int when, const struct termios *settings)
{
	if (when < TCSANOW || when > TCSAFLUSH) {
		errno = EINVAL;
		return -1;
	}
	return ioctl(fd, TCSETS + when, settings);
}

int tcflush(int fd, int queue)
{
	return ioctl(fd, TCFLSH, queue);
}

pid_t tcgetpgrp(int fd)
{
	pid_t group;

	return ioctl(fd, TIOCGPGRP, &group) < 0 ? -1 : group;
}

int tcsetpgrp(int fd, pid_t group)
{
	return ioctl(fd, TIOCSPGRP, &group);
}

pid_t tcgetsid(int fd)
{
	pid_t session;

	return ioctl(fd, TIOCGSID, &session) < 0 ? -1 : session;
}

int isatty(int fd)
{
	struct termios settings;

	return tcgetattr(fd, &settings) == 0;
}
