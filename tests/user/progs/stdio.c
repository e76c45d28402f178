/* SPDX-License-Identifier: MIT */
/* The C library on the system's calls: streams, formats, scanning, regular expressions, a pipe. */
#include "observe.h"
#include <glob.h>
#include <regex.h>

int main(void)
{
	char line[128];
	int number;
	double real;
	regex_t re;
	glob_t found;
	FILE *f;

	f = fopen("f", "w+");
	for (int i = 0; i < 1000; i++)
		fprintf(f, "line %d: %x %o %e\n", i, i * 12345, i, i / 7.0);
	rewind(f);
	for (int i = 0; fgets(line, sizeof(line), f); i++)
		if (i % 333 == 0)
			fputs(line, stdout);
	HOLDS(feof(f));
	SHOW(ftell(f));
	fseek(f, -20, SEEK_END);
	fgets(line, sizeof(line), f);
	fputs(line, stdout);
	fclose(f);
	f = fopen("f", "a");
	fputs("appended\n", f);
	fclose(f);
	f = fopen("f", "r");
	fseek(f, -9, SEEK_END);
	fgets(line, sizeof(line), f);
	fputs(line, stdout);
	SHOW(ungetc('u', f));
	SHOW(fgetc(f));
	fclose(f);
	unlink("f");
	HOLDS(fopen("f", "r") == NULL && errno == ENOENT);

	SHOW(sscanf(" 42 3.5e2 word", "%d %lf %s", &number, &real, line));
	printf("%d %g %s\n", number, real, line);
	printf("%5d|%-5d|%05d|%+d|%#x|%10.3f|%s|%c|%lld|%zu\n", 42, 42, 42, 42, 42, 3.14159, "text",
	       'c', 1LL << 40, sizeof(long));
	SHOW(regcomp(&re, "^([a-z]+)[0-9]{2,3}$", REG_EXTENDED));
	printf("match %d %d %d\n", regexec(&re, "abc123", 0, NULL, 0),
	       regexec(&re, "abc1", 0, NULL, 0), regexec(&re, "abc1234", 0, NULL, 0));

	close(open("one.txt", O_CREAT | O_WRONLY, 0600));
	close(open("two.txt", O_CREAT | O_WRONLY, 0600));
	SHOW(glob("*.txt", 0, NULL, &found));
	for (int i = 0; i < (int)found.gl_pathc; i++)
		puts(found.gl_pathv[i]);
	unlink("one.txt");
	unlink("two.txt");

	f = popen("echo from the shell; exit 3", "r");
	while (fgets(line, sizeof(line), f))
		fputs(line, stdout);
	show_status("popen", pclose(f));
	SHOW(system("exit 5"));
	f = tmpfile();
	HOLDS(f != NULL);
	return 3;
}
