/* SPDX-License-Identifier: MIT */
/* Directories: making, listing (also while it changes), removing, and what must not be removed. */
#include <dirent.h>
#include "observe.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
	char *names[64];
	int n = 0;
	DIR *dir = opendir(path);
	struct dirent *e;

	if (!dir) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	while ((e = readdir(dir)) && n < 64) {
		names[n] = malloc(strlen(e->d_name) + 3);
		sprintf(names[n++], "%s%s", e->d_name,
			e->d_type == DT_DIR   ? "/"
			: e->d_type == DT_LNK ? "@"
					      : "");
	}
	closedir(dir);
	qsort(names, n, sizeof(names[0]), by_name);
	printf("%s:", path);
	for (int i = 0; i < n; i++) {
		printf(" %s", names[i]);
		free(names[i]);
	}
	puts("");
}

/* Every name must appear exactly once although half of them are removed on the way. */
static void many(void)
{
	char name[32], seen[300] = { 0 };
	int count = 0, twice = 0;
	struct dirent *e;
	DIR *dir;

	mkdir("many", 0755);
	for (int i = 0; i < 300; i++) {
		sprintf(name, "many/file-%03d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	dir = opendir("many");
	while ((e = readdir(dir))) {
		int i;

		if (sscanf(e->d_name, "file-%d", &i) != 1)
			continue;
		twice += seen[i]++;
		count++;
		sprintf(name, "many/file-%03d", i);
		unlink(name);
	}
	closedir(dir);
	printf("%d names, %d twice\n", count, twice);
	TRY(rmdir("many"));
}

int main(void)
{
	char long_name[300];
	struct stat st;

	list(".");
	TRY(mkdir("d", 0755));
	TRY(mkdir("d", 0755));
	TRY(mkdir("d/e", 0700));
	TRY(mkdir("x/y", 0755));
	TRY(mkdir("d/e/", 0755));
	close(open("d/file", O_CREAT | O_WRONLY, 0644));
	symlink("file", "d/link");
	list(".");
	list("d");
	list("d/file");
	list("nowhere");
	stat("d", &st);
	printf("links %d, mode %o\n", st.st_nlink, st.st_mode);
	stat("d/e", &st);
	printf("mode %o\n", st.st_mode);
	TRY(rmdir("d"));
	TRY(rmdir("d/file"));
	TRY(rmdir("d/e/."));
	TRY(unlink("d/e"));
	TRY(rmdir("d/e"));
	list("d");
	TRY(unlink("d/file"));
	TRY(unlink("d/link"));
	TRY(rmdir("d/"));
	TRY(rmdir("/"));
	list(".");
	memset(long_name, 'n', sizeof(long_name));
	long_name[255] = 0;
	TRY(mkdir(long_name, 0755));
	TRY(rmdir(long_name));
	long_name[255] = 'n';
	long_name[256] = 0;
	TRY(mkdir(long_name, 0755));
	many();
	return 0;
}
