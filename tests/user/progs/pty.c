/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals: both ends, what each sees when the other goes, sizes, signals, refusals. */
#include "observe.h"
#include <poll.h>
#include <pty.h>

static int master, slave;
static char name[32];
static volatile int got[65];

static void note(int sig)
{
	got[sig]++;
}

/* What can be read now, with controls shown; waits until something is there. */
static void show_read(const char *who, int fd)
{
	char buf[256];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	poll(&p, 1, 5000);
	n = read(fd, buf, sizeof(buf));
	printf("%s reads %d:", who, n);
	if (n < 0)
		printf(" %s", strerror(errno));
	for (int i = 0; i < n; i++)
		printf(buf[i] >= ' ' && buf[i] < 127 ? "%c" : "<%02x>", (unsigned char)buf[i]);
	printf("\n");
}

static void show_poll(const char *who, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&p, 1, 0);
	printf("%s polls:%s%s%s%s\n", who, p.revents & POLLIN ? " in" : "",
	       p.revents & POLLOUT ? " out" : "", p.revents & POLLHUP ? " hup" : "",
	       p.revents & POLLERR ? " err" : "");
}

static void type(const char *text)
{
	HOLDS(write(master, text, strlen(text)) == (int)strlen(text));
}

static void open_pair(void)
{
	master = posix_openpt(O_RDWR | O_NOCTTY);
	HOLDS(master >= 0);
	HOLDS(grantpt(master) == 0);
	snprintf(name, sizeof(name), "%s", ptsname(master));
	HOLDS(unlockpt(master) == 0);
	slave = open(name, O_RDWR | O_NOCTTY);
	HOLDS(slave >= 0);
}

static void close_pair(void)
{
	close(slave);
	close(master);
}

static void locked(void)
{
	struct stat st;
	int on = -1;

	master = posix_openpt(O_RDWR | O_NOCTTY);
	snprintf(name, sizeof(name), "%s", ptsname(master));
	HOLDS(stat(name, &st) == 0 && S_ISCHR(st.st_mode) && st.st_uid == getuid());
	TRY(ioctl(master, TIOCGPTLCK, &on));
	SHOW(on);
	TRY(open(name, O_RDWR | O_NOCTTY));
	show_poll("a master that was never used", master);
	HOLDS(unlockpt(master) == 0);
	slave = open(name, O_RDWR | O_NOCTTY);
	HOLDS(slave >= 0);
	HOLDS(isatty(master) && isatty(slave));
	TRY(ioctl(slave, TIOCGPTN, &on));
	TRY(ioctl(slave, TIOCSPTLCK, &on));
	TRY(ioctl(master, TIOCSPTLCK, NULL));
	TRY(lseek(master, 0, SEEK_CUR));
	close_pair();
	TRY(stat(name, &st));
}

static void lines(void)
{
	struct termios t;
	int n;

	open_pair();
	show_poll("master", master);
	show_poll("slave", slave);
	type("hello\r");
	show_poll("slave", slave);
	show_read("slave", slave);
	show_read("master", master);
	type("wrong\177\177 x\025second\n\004");
	show_read("slave", slave);
	show_read("slave", slave);
	show_read("master", master);
	HOLDS(write(slave, "a\nb\tc\n", 6) == 6);
	show_poll("master", master); /* Linux moves bytes from end to end in the background */
	TRY(ioctl(master, FIONREAD, &n));
	SHOW(n);
	show_read("master", master);
	HOLDS(tcgetattr(master, &t) == 0);
	SHOW(t.c_iflag), SHOW(t.c_oflag), SHOW(t.c_cflag), SHOW(t.c_lflag);
	t.c_lflag &= ~(ICANON | ECHO);
	t.c_oflag &= ~OPOST;
	HOLDS(tcsetattr(master, TCSANOW, &t) == 0);
	HOLDS(tcgetattr(slave, &t) == 0 && !(t.c_lflag & ICANON));
	type("raw\001");
	show_read("slave", slave);
	HOLDS(write(slave, "a\nb", 3) == 3);
	show_read("master", master);
	type("gone");
	show_poll("slave", slave);
	HOLDS(tcflush(slave, TCIFLUSH) == 0);
	show_poll("flushed slave", slave);
	fcntl(master, F_SETFL, O_NONBLOCK);
	fcntl(slave, F_SETFL, O_NONBLOCK);
	TRY(read(master, &n, 1));
	TRY(read(slave, &n, 1));
	close_pair();
}

static void ends(void)
{
	char c;

	open_pair();
	HOLDS(write(slave, "last words", 10) == 10);
	close(slave);
	show_poll("master without slave", master);
	show_read("master", master);
	show_read("master", master);
	show_poll("master without slave", master);
	slave = open(name, O_RDWR | O_NOCTTY);
	show_poll("master with a new slave", master);
	type("early\n");
	close(master);
	show_poll("slave without master", slave);
	TRY(read(slave, &c, 1));
	TRY(write(slave, "x", 1));
	TRY(ioctl(slave, TIOCGWINSZ, &c));
	TRY(open(name, O_RDWR | O_NOCTTY));
	close(slave);
}

/* A slave that reads when its master closes gets an end of file. */
static void closed_under_reader(void)
{
	int status, ready[2];
	pid_t pid;
	char c;

	open_pair();
	HOLDS(pipe(ready) == 0);
	pid = fork();
	if (pid == 0) {
		close(master);
		write(ready[1], "r", 1);
		TRY(read(slave, &c, 1));
		_exit(0);
	}
	close(slave);
	HOLDS(read(ready[0], &c, 1) == 1);
	sleep_ms(100);
	close(master);
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("reader", status);
}

static void in_session(void)
{
	int grp = 0, sid = 0;
	struct winsize w;

	alarm(30);
	signal(SIGWINCH, note);
	signal(SIGINT, note);
	signal(SIGHUP, note);
	close(master);
	HOLDS(setsid() == getpid());
	TRY(open("/dev/tty", O_RDWR));
	slave = open(name, O_RDWR); /* the other stays: the master shall see no end */
	HOLDS(slave >= 0);
	HOLDS(ioctl(slave, TIOCGPGRP, &grp) == 0 && grp == getpid());
	HOLDS(tcgetsid(slave) == getpid());
	HOLDS(ioctl(slave, TIOCGSID, &sid) == 0 && sid == getpid());
	HOLDS(open("/dev/tty", O_RDWR) >= 0);
	write(slave, "ready\n", 6);
	while (!got[SIGWINCH])
		sleep_ms(10);
	HOLDS(ioctl(slave, TIOCGWINSZ, &w) == 0);
	SHOW(w.ws_row), SHOW(w.ws_col);
	write(slave, "sized\n", 6);
	while (!got[SIGINT])
		sleep_ms(10);
	while (!got[SIGHUP])
		sleep_ms(10);
	SHOW(got[SIGWINCH]), SHOW(got[SIGINT]), SHOW(got[SIGHUP]);
	TRY(open("/dev/tty", O_RDWR));
	TRY(write(slave, "x", 1));
	_exit(7);
}

static void sessions(void)
{
	struct winsize w = { 33, 77, 0, 0 };
	int status, grp = -1, first, second;
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0)
		in_session();
	close(slave);
	show_read("master", master);
	HOLDS(ioctl(master, TIOCGPGRP, &grp) == 0 && grp == pid);
	first = ioctl(master, TIOCSWINSZ, &w);
	second = ioctl(master, TIOCSWINSZ, &w); /* no change, no signal */
	show_read("master", master);
	SHOW(first), SHOW(second);
	type("\003");
	show_read("master", master);
	close(master);
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("leader", status);
}

/* The leader ends while others have the slave open: they hear of it, and the pair lives on. */
static void leader_ends(void)
{
	int status;
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		close(master);
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		if (fork() == 0) {
			signal(SIGHUP, note);
			write(slave, "child\n", 6);
			while (!got[SIGHUP])
				sleep_ms(10);
			write(slave, "hup\n", 4);
			_exit(0);
		}
		sleep_ms(200);
		_exit(0);
	}
	show_read("master", master);
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_read("master", master);
	show_poll("slave", slave);
	close_pair();
}

/* A writer waits for a slow master, and nothing is lost. */
static void slow_master(void)
{
	static unsigned char buf[4096];
	unsigned long total = 0, sum = 0;
	int status, n;
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		close(master);
		for (int i = 0; i < 20000; i++) {
			char line[8];

			snprintf(line, sizeof(line), "%05d\n", i);
			if (write(slave, line, 6) != 6)
				_exit(1);
		}
		_exit(0);
	}
	close(slave);
	while ((n = read(master, buf, sizeof(buf))) > 0) {
		total += n;
		for (int i = 0; i < n; i++)
			sum = sum * 31 + buf[i];
	}
	SHOW(n), SHOW(total), SHOW(sum);
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("writer", status);
	close(master);
}

static void many(void)
{
	int m[40], distinct = 1;
	char first[32];

	m[0] = posix_openpt(O_RDWR | O_NOCTTY);
	strcpy(first, ptsname(m[0]));
	for (int i = 1; i < 40; i++) {
		m[i] = posix_openpt(O_RDWR | O_NOCTTY);
		distinct &= m[i] >= 0 && strcmp(ptsname(m[i]), first) != 0;
	}
	SHOW(distinct);
	for (int i = 0; i < 40; i++)
		close(m[i]);
	m[0] = posix_openpt(O_RDWR | O_NOCTTY);
	HOLDS(strcmp(ptsname(m[0]), first) == 0);
	close(m[0]);
}

int main(void)
{
	alarm(30);
	in_child("locked", locked);
	in_child("lines", lines);
	in_child("ends", ends);
	in_child("closed under a reader", closed_under_reader);
	in_child("sessions", sessions);
	in_child("leader ends", leader_ends);
	in_child("slow master", slow_master);
	in_child("many", many);
	return 0;
}
