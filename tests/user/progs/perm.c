/* SPDX-License-Identifier: MIT */
/* Permission bits, umask, and what a process without privileges may do. */
#include "observe.h"

static void mode_of(const char *name)
{
	struct stat st;

	if (stat(name, &st) < 0)
		printf("%s: %s\n", name, strerror(errno));
	else
		printf("%s: %o\n", name, st.st_mode);
}

int main(void)
{
	umask(022);
	close(open("f", O_CREAT | O_WRONLY, 0666));
	mode_of("f");
	umask(077);
	close(open("g", O_CREAT | O_WRONLY, 0777));
	mode_of("g");
	mkdir("d", 0777);
	mode_of("d");
	SHOW(umask(0));
	TRY(chmod("f", 04751));
	mode_of("f");
	TRY(chmod("missing", 0600));
	chmod("f", 0444);
	chmod("g", 0);
	chmod(".", 0777);
	chmod("d", 0777);

	/* From here on as nobody in particular: only bits decide. */
	if (getuid() == 0) {
		setgid(12345);
		setuid(12345);
	}
	HOLDS(getuid() != 0 && geteuid() == getuid());
	TRY(open("f", O_WRONLY));
	HOLDS(open("f", O_RDONLY) >= 0);
	TRY(open("g", O_RDONLY));
	TRY(access("f", R_OK));
	TRY(access("f", W_OK));
	TRY(access("f", X_OK));
	TRY(access("g", F_OK));
	TRY(access("g", R_OK));
	TRY(execl("./f", "f", NULL));
	TRY(setuid(0));
	TRY(kill(1, 0));
	close(open("mine", O_CREAT | O_WRONLY, 0600));
	mode_of("mine");
	mkdir("locked", 0700);
	close(open("locked/x", O_CREAT | O_WRONLY, 0600));
	chmod("locked", 0);
	TRY(open("locked/x", O_RDONLY));
	TRY(chdir("locked"));
	chmod("locked", 0600);
	TRY(open("locked/x", O_RDONLY));
	chmod("locked", 0500);
	HOLDS(open("locked/x", O_RDONLY) >= 0);
	TRY(unlink("locked/x"));
	TRY(open("locked/new", O_CREAT | O_WRONLY, 0600));
	TRY(mkdir("locked/new", 0700));
	chmod("locked", 0700);
	TRY(unlink("locked/x"));
	TRY(rmdir("locked"));
	unlink("mine");
	unlink("f");
	unlink("g");
	rmdir("d");
	return 0;
}
