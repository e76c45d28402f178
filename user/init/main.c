/* SPDX-License-Identifier: MIT */
/*
 * Process 1: bring the system up, keep a shell on the console and the daemons of domain 0 alive (daemons.c), end the
 * machine when asked.
 *
 * It trusts nothing to be there: a missing file system is reported and lived without, a console
 * that cannot be opened means the kernel's own descriptors are used. run=COMMAND (one word) on the
 * kernel's command line is given to the shell once, and the machine ends with it; otherwise an
 * interactive shell is started, and again whenever it ends.
 */
#include "daemons.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHELL "/bin/sh"

static volatile int wanted_end;
static bool serving; /* domain 0 with guests */

/* busybox's poweroff, halt and reboot tell process 1 by these signals what they want. */
static void on_end(int sig)
{
	wanted_end = sig;
}

static void mount_one(const char *type, const char *target)
{
	mkdir(target, 0755);
	if (mount(type, target, type, 0, NULL) < 0 && errno != EBUSY)
		printf("init: cannot mount %s on %s: %s\n", type, target, strerror(errno));
}

static void read_hostname(void)
{
	char name[65];
	FILE *f = fopen("/etc/hostname", "r");

	if (!f)
		return;
	if (fgets(name, sizeof(name), f)) {
		name[strcspn(name, "\n")] = 0;
		sethostname(name, strlen(name));
	}
	fclose(f);
}

static void welcome(void)
{
	struct utsname u;
	struct sysinfo info;

	if (uname(&u) == 0)
		printf("\n%s %s on %s", u.sysname, u.release, u.machine);
	if (sysinfo(&info) == 0)
		printf(", %lu of %lu MB free", info.freeram / 1048576 * info.mem_unit,
		       info.totalram / 1048576 * info.mem_unit);
	printf(".\nA shell follows; `poweroff` ends the machine, Ctrl-a x leaves QEMU.\n\n");
}

/*
 * The child's side: a session of its own with the console as controlling terminal, so that the
 * shell has job control and ^C reaches what it runs.
 */
static void on_console(void)
{
	int fd;

	setsid();
	fd = open("/dev/console", O_RDWR);
	if (fd >= 0) {
		ioctl(fd, TIOCSCTTY, 0);
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
	for (int sig = 1; sig < SIGRTMIN; sig++)
		signal(sig, SIG_DFL);
	if (chdir(getenv("HOME")) < 0)
		chdir("/");
}

static pid_t start(char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		on_console();
		execv(SHELL, argv);
		printf("init: cannot run %s: %s\n", SHELL, strerror(errno));
		_exit(127);
	}
	return pid;
}

/* Until `pid` ends, reap every orphan; returns its status, or -1 when the machine shall end. */
static int wait_for(pid_t pid)
{
	int status;
	pid_t gone;

	while (!wanted_end) {
		gone = wait(&status);
		if (gone > 0)
			daemon_ended(gone, status);
		if (gone == pid)
			return status;
		if (gone < 0 && errno == ECHILD)
			return 0;
	}
	return -1;
}

/* Domain 0 is where the store's server runs; it returns when it serves. */
static void start_store(void)
{
	pid_t pid;

	if (access("/dev/xen/xenbus_backend", F_OK) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		execl("/sbin/xenstored", "xenstored", NULL);
		printf("init: cannot run /sbin/xenstored: %s\n", strerror(errno));
		_exit(127);
	}
	if (pid > 0 && wait_for(pid) != 0)
		printf("init: there is no store: devices of other domains will not work\n");
}

/* In domain 0: its guests end first, while their disks and network are served. */
static void end_guests(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		execl(SHELL, "sh", "/etc/rc.shutdown", NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void end(int how)
{
	if (serving)
		end_guests();
	daemons_let_go();
	kill(-1, SIGTERM);
	sync();
	reboot(how);
	for (;;)
		pause();
}

/* The word NAME=VALUE of the kernel's command line; the value, or NULL. */
static char *kernel_option(const char *name)
{
	static char line[1024];
	FILE *f = fopen("/proc/cmdline", "r");
	char *word;

	if (!f)
		return NULL;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	for (word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
		if (strncmp(word, name, strlen(name)) == 0 && word[strlen(name)] == '=')
			return word + strlen(name) + 1;
	return NULL;
}

int main(void)
{
	struct sigaction act = { .sa_handler = on_end };
	char *command;
	bool serve;

	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	mount_one("devtmpfs", "/dev");
	mount_one("proc", "/proc");
	mount_one("tmpfs", "/tmp");
	mount_one("tmpfs", "/run");
	chmod("/tmp", 01777);
	read_hostname();
	setenv("HOME", "/root", 1);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin:/tests", 1);
	setenv("TERM", getenv("TERM") ?: "vt100", 1);

	start_store();

	command = kernel_option("run");
	if (command) {
		int status = wait_for(start((char *[]){ "sh", "-c", command, NULL }));

		printf("init: `%s` ended with status %d\n", command,
		       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		end(RB_POWER_OFF);
	}
	welcome();
	/* guests=N on the command line: domain 0 is to serve. */
	serving = serve = kernel_option("guests") && access("/dev/xen/xenbus_backend", F_OK) == 0;
	if (serve)
		wait_for(start((char *[]){ "sh", "/etc/rc.domain0", NULL }));
	while (!wanted_end) {
		time_t began = time(NULL);

		if (serve)
			wait_for(start((char *[]){ "sh", "/etc/session", NULL }));
		else
			wait_for(start((char *[]){ "-sh", NULL }));
		serve = false;
		/* A shell that cannot start must not fill the console. */
		if (!wanted_end && time(NULL) - began < 2)
			sleep(1);
	}
	end(wanted_end == SIGTERM   ? RB_AUTOBOOT
	    : wanted_end == SIGUSR1 ? RB_HALT_SYSTEM
				    : RB_POWER_OFF);
}
