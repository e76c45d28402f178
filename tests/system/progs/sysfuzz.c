/* SPDX-License-Identifier: MIT */
/*
 * sysfuzz SEED CALLS: random system calls with random and nearly valid arguments, from processes
 * without privileges. Whatever happens to them, the kernel must go on; the same seed makes the same
 * calls. A child makes a few hundred calls and may well not survive them; one that hangs is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS_A_CHILD 400
#define HIGHEST_CALL  450

static unsigned long long state;
static char *page; /* followed by an unmapped one */

static unsigned int next(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 33;
}

/* Calls that would end or stop the test itself, or reach processes that are not ours. */
static int excluded(unsigned int nr)
{
	static const unsigned short list[] = {
		SYS_exit,	 SYS_exit_group,      SYS_kill,		SYS_tgkill,
		238 /* tkill */, SYS_rt_sigqueueinfo, SYS_reboot,	SYS_fork,
		SYS_vfork,	 SYS_clone,	      435 /* clone3 */, SYS_ptrace,
		SYS_sigreturn,	 SYS_rt_sigreturn,    SYS_setitimer,	SYS_alarm,
		SYS_sync,
	};

	for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i] == nr)
			return 1;
	return 0;
}

static unsigned long argument(void)
{
	static const unsigned long corners[] = {
		0,	    1,		2,	    3,		7,	    8,		16,
		255,	    256,	4095,	    4096,	4097,	    65536,	0x7fffffff,
		0x80000000, 0xfffffffe, 0xffffffff, 0xfffff000, 0xf5800000, 0xf57fffff, 0xc0000000,
		0xbfffffff, 0xc0100000, 0x08048000, 0x1000,
	};

	switch (next() % 8) {
	case 0:
		return (unsigned long)page + next() % 4096;
	case 1:
		return (unsigned long)page + 4096 - next() % 16;
	case 2:
		return (unsigned long)page;
	case 3:
		return next() % 16;
	case 4:
		return next();
	case 5:
		return (unsigned long)&state + (next() % 4096 & ~3u);
	default:
		return corners[next() % (sizeof(corners) / sizeof(corners[0]))];
	}
}

/* What the page holds: names, numbers that look like pointers, noise. */
static void fill(void)
{
	static const char *const names[] = { ".",	"file",	    "/dev/zero", "/proc/self/stat",
					     "/tmp",	"a/b/../c", "/dev/tty",	 "/proc/self/fd/1",
					     "/bin/sh", "link" };
	unsigned int *words = (unsigned int *)page;

	for (int i = 0; i < 1024; i++)
		words[i] = next() % 4 ? next() % 16 : argument();
	strcpy(page + next() % 64 * 64, names[next() % 10]);
	strcpy(page, names[next() % 10]);
}

static void nothing(int sig)
{
	(void)sig;
}

static void child(unsigned int seed, int calls)
{
	struct itimerval timer = { { 0, 50000 }, { 0, 50000 } };
	struct sigaction act = { .sa_handler = nothing };
	struct rlimit memory = { 64 << 20, 64 << 20 };
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 64; fd++)
		if (fd != null)
			fd < 3 ? dup2(null, fd) : close(fd);
	setrlimit(RLIMIT_AS, &memory);
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	state = seed * 2654435761ULL + 1;
	for (int i = 0; i < calls; i++) {
		unsigned int nr = next() % HIGHEST_CALL;

		if (next() % 16 == 0)
			fill();
		if (!excluded(nr))
			syscall(nr, argument(), argument(), argument(), argument(), argument(),
				argument());
	}
	_exit(0);
}

/* Random calls by root change more than their own process: modes of directories, for example. */
static int on_ringlet(void)
{
	struct utsname u;

	return !uname(&u) && strstr(u.release, "ringlet");
}

int main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? atoi(argv[1]) : 1;
	int calls = argc > 2 ? atoi(argv[2]) : 10000, survived = 0, killed = 0, hung = 0;

	if (!on_ringlet()) {
		puts("sysfuzz: this is not Ringlet, and random system calls would harm it");
		return 2;
	}
	mkdir("/tmp/fuzz", 0777);
	chmod("/tmp/fuzz", 0777);
	if (chdir("/tmp/fuzz") < 0)
		perror("/tmp/fuzz");
	for (int done = 0; done < calls; done += CALLS_A_CHILD) {
		int status = 0, waited;
		pid_t pid = fork();

		if (pid == 0) {
			setsid();
			setgid(1000);
			setuid(1000);
			child(seed + done, CALLS_A_CHILD);
		}
		for (waited = 0; waited < 100; waited++) {
			if (waitpid(pid, &status, WNOHANG) == pid)
				break;
			usleep(20000);
		}
		if (waited == 100) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			hung++;
		} else if (WIFSIGNALED(status)) {
			killed++;
		} else {
			survived++;
		}
	}
	printf("sysfuzz: seed %u, %d calls: %d children ended, %d died, %d were stopped by us\n",
	       seed, calls, survived, killed, hung);
	return 0;
}
