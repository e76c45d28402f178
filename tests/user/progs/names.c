/* SPDX-License-Identifier: MIT */
/* Who we are and what the system says of itself, as far as two systems must agree. */
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/time.h>
#include <sys/resource.h>
#include "observe.h"

int main(int argc, char **argv)
{
	struct utsname u;
	struct sysinfo info;
	struct rusage usage;
	char buffer[128];
	ssize_t n;

	(void)argc;
	memset(&u, 'x', sizeof(u));
	TRY(uname(&u));
	HOLDS(strlen(u.sysname) > 0 && strlen(u.sysname) < 65);
	HOLDS(strlen(u.nodename) < 65 && strlen(u.release) < 65 && strlen(u.version) < 65);
	HOLDS(u.release[0] >= '1' && u.release[0] <= '9');
	HOLDS(strlen(u.machine) >= 4);
	TRY(gethostname(buffer, sizeof(buffer)));
	HOLDS(strcmp(buffer, u.nodename) == 0);
	TRY(uname((struct utsname *)16));
	TRY(sysinfo(&info));
	HOLDS(info.totalram >= info.freeram && info.procs > 0 && info.uptime >= 0);
	TRY(getrusage(RUSAGE_SELF, &usage));
	TRY(getrusage(77, &usage));
	HOLDS(getpid() > 1 && getppid() > 0);
	HOLDS(getuid() == geteuid() && getgid() == getegid());
	n = readlink("/proc/self/exe", buffer, sizeof(buffer) - 1);
	buffer[n > 0 ? n : 0] = 0;
	HOLDS(strcmp(strrchr(buffer, '/') ?: buffer, strrchr(argv[0], '/')) == 0);
	snprintf(buffer, sizeof(buffer), "/proc/%d/stat", getpid());
	FILE *f = fopen(buffer, "r");
	int pid = 0;
	char name[64] = "", state = 0;
	if (f)
		fscanf(f, "%d (%63[^)]) %c", &pid, name, &state);
	HOLDS(pid == getpid());
	printf("name %s, state %c\n", name, state);
	unsigned char random[16] = { 0 };
	TRY(getentropy(random, sizeof(random)));
	int set = 0;
	for (int i = 0; i < 16; i++)
		set += random[i] != 0;
	HOLDS(set > 8);
	return 0;
}
