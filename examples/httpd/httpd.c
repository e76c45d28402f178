/* SPDX-License-Identifier: MIT */
/*
 * A web server that is a domain: make app APP=examples/httpd/httpd.c, then xl create with
 * kernel = "httpd", extra = "ip=10.0.2.30". It is an ordinary program: the same file runs on Linux.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned long served;

static int listen_on(unsigned short port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 16) < 0) {
		perror("httpd");
		exit(1);
	}
	return s;
}

/* The head of a request: up to an empty line, or as much as there is room for. */
static int read_head(int c, char *head, size_t size)
{
	size_t have = 0;

	while (have < size - 1) {
		ssize_t n = read(c, head + have, size - 1 - have);

		if (n <= 0)
			return -1;
		have += (size_t)n;
		head[have] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return 0;
	}
	return -1;
}

static void answer(int c, const char *head)
{
	char body[256], page[512];
	int found = !strncmp(head, "GET / ", 6), n;

	snprintf(
		body, sizeof(body),
		found ? "<h1>Hello from ring 1</h1><p>This is page number %lu of a domain without an "
			"operating system around it.</p>\n"
		      : "<h1>There is only one page here</h1>\n",
		++served);
	n = snprintf(page, sizeof(page),
		     "HTTP/1.0 %s\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n\r\n%s",
		     found ? "200 OK" : "404 Not Found", strlen(body), body);
	for (int at = 0; at < n;) {
		ssize_t done = write(c, page + at, (size_t)(n - at));

		if (done <= 0)
			return;
		at += (int)done;
	}
}

int main(int argc, char **argv)
{
	int s = listen_on(80);

	printf("httpd: serving, %d arguments, the first is %s\n", argc - 1,
	       argc > 1 ? argv[1] : "none");
	for (;;) {
		char head[2048];
		int c = accept(s, NULL, NULL);

		if (c < 0)
			continue;
		if (!read_head(c, head, sizeof(head)))
			answer(c, head);
		close(c);
	}
}
