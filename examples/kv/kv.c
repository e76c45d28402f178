/* SPDX-License-Identifier: MIT */
/*
 * A database that is a domain: keys and values over TCP, kept on a disk. make app APP=examples/kv/kv.c, then xl create
 * with kernel = "kv", disk = [ 'phy:...,xvda,w' ], extra = "root=/dev/xvda rw ip=dhcp". Lines in, lines out:
 *
 *	set KEY VALUE	ok, when it is on the disk
 *	get KEY		the value, or an empty line
 *	count		how many keys there are
 *
 * The file is a log: what stands further down counts. The same program runs on Linux: ./kv file=kv.log port=7000
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 16
#define LINE	512

struct pair {
	struct pair *next;
	char *value, key[];
};

struct client {
	int fd;
	size_t have;
	char line[LINE];
};

static struct pair *pairs;
static unsigned count;
static int log_fd;

static struct pair *find(const char *key)
{
	struct pair *p = pairs;

	while (p && strcmp(p->key, key))
		p = p->next;
	return p;
}

static void put(const char *key, const char *value)
{
	struct pair *p = find(key);

	if (!p) {
		p = malloc(sizeof(*p) + strlen(key) + 1);
		strcpy(p->key, key);
		p->next = pairs;
		p->value = NULL;
		pairs = p;
		count++;
	}
	free(p->value);
	p->value = strdup(value);
}

static void load(const char *name)
{
	char line[LINE], *value;
	FILE *f = fopen(name, "r");

	while (f && fgets(line, sizeof(line), f)) {
		value = strchr(line, ' ');
		if (!value || !strchr(value, '\n'))
			continue; /* the last one, if the power went while it was written */
		*value++ = '\0';
		value[strcspn(value, "\n")] = '\0';
		put(line, value);
	}
	if (f)
		fclose(f);
	log_fd = open(name, O_WRONLY | O_APPEND | O_CREAT, 0644);
	if (log_fd < 0) {
		perror(name);
		exit(1);
	}
	sync(); /* fsync() is of the file; a new one's name is the directory's */
}

static const char *command(char *line)
{
	static char said[LINE];
	char *word = strtok(line, " "), *key = strtok(NULL, " "), *value = strtok(NULL, "");
	struct pair *p;
	int n;

	if (word && !strcmp(word, "set") && value) {
		n = snprintf(said, sizeof(said), "%s %s\n", key, value);
		if (write(log_fd, said, (size_t)n) != n || fsync(log_fd))
			return "the disk does not take it";
		put(key, value);
		return "ok";
	}
	if (word && !strcmp(word, "get") && key)
		return (p = find(key)) ? p->value : "";
	if (word && !strcmp(word, "count")) {
		snprintf(said, sizeof(said), "%u", count);
		return said;
	}
	return "set KEY VALUE, get KEY, or count";
}

/* What has arrived, and an answer for each line of it. 0: the client is gone. */
static int serve(struct client *c)
{
	ssize_t n = read(c->fd, c->line + c->have, sizeof(c->line) - 1 - c->have);
	char answer[LINE + 1], *end;

	if (n <= 0)
		return 0;
	c->have += (size_t)n;
	c->line[c->have] = '\0';
	while ((end = strchr(c->line, '\n'))) {
		*end++ = '\0';
		c->line[strcspn(c->line, "\r")] = '\0';
		n = snprintf(answer, sizeof(answer), "%s\n", command(c->line));
		c->have -= (size_t)(end - c->line);
		if (write(c->fd, answer, (size_t)n) != n)
			return 0;
		memmove(c->line, end, c->have + 1);
	}
	return c->have < sizeof(c->line) - 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7000) };
	struct pollfd ready[CLIENTS + 1] = { { .fd = socket(AF_INET, SOCK_STREAM, 0),
					       .events = POLLIN } };
	static struct client clients[CLIENTS];
	const char *file = "/kv.log";
	int one = 1;

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "file=", 5))
			file = argv[i] + 5;
		if (!strncmp(argv[i], "port=", 5))
			a.sin_port = htons((uint16_t)atoi(argv[i] + 5));
	}
	load(file);
	setsockopt(ready[0].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(ready[0].fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(ready[0].fd, CLIENTS) < 0) {
		perror("kv");
		return 1;
	}
	for (int i = 0; i < CLIENTS; i++)
		ready[i + 1] = (struct pollfd){ .fd = clients[i].fd = -1, .events = POLLIN };
	printf("kv: %u keys in %s\n", count, file);
	for (;;) {
		if (poll(ready, CLIENTS + 1, -1) <= 0)
			continue;
		for (int i = 0; i < CLIENTS; i++) {
			struct client *c = &clients[i];

			if (c->fd < 0 && ready[0].revents & POLLIN) {
				ready[0].revents = 0;
				*c = (struct client){ .fd = accept(ready[0].fd, NULL, NULL) };
			} else if (c->fd >= 0 && ready[i + 1].revents && !serve(c)) {
				close(c->fd);
				c->fd = -1;
			}
			ready[i + 1].fd = c->fd;
			ready[i + 1].revents = 0;
		}
	}
}
