/* SPDX-License-Identifier: MIT */
/*
 * Sockets: what a family offers, and what system calls, files and poll use of it.
 *
 * A socket is a file whose functions are those of its family. Whatever names of it change is guarded by the
 * family's own lock (lwIP's sockets: the stack's); `wait` wakes whoever waits for anything to change.
 */
#ifndef KERNEL_NET_SOCKET_H
#define KERNEL_NET_SOCKET_H

#include "fs/vfs.h"
#include "lock.h"

#include <uapi/socket.h>

struct socket;

struct socket_ops {
	int (*bind)(struct socket *s, const union sockaddr_any *a, size_t len);
	/* -EINPROGRESS if it would wait and must not. */
	int (*connect)(struct socket *s, const union sockaddr_any *a, size_t len, bool nonblock);
	int (*listen)(struct socket *s, int backlog);
	struct socket *(*accept)(struct socket *s, bool nonblock); /* err_ptr */
	/* to: NULL for the peer. Bytes or -errno. */
	long (*send)(struct socket *s, struct iter *from, const union sockaddr_any *to, size_t len,
		     unsigned flags);
	/* *name gets the sender's name, its length is *len (0: none); *out MSG_TRUNC and the like. */
	long (*recv)(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
		     unsigned flags, unsigned *out);
	/* The name's length, or -errno. */
	int (*name)(struct socket *s, bool peer, union sockaddr_any *a);
	int (*shutdown)(struct socket *s, int how);
	/* level is not SOL_SOCKET. -ENOPROTOOPT: nobody knows it. */
	int (*setopt)(struct socket *s, int level, int name, int value);
	int (*getopt)(struct socket *s, int level, int name, int *value);
	unsigned (*poll)(struct socket *s);
	int (*readable)(struct socket *s); /* FIONREAD */
	void (*release)(struct socket *s);
};

struct socket {
	const struct socket_ops *ops;
	int family, type, protocol;
	struct waitq wait;
	int error; /* SO_ERROR, positive; taken once */
	bool broadcast, reuse, keepalive;
	uint64_t recv_timeout, send_timeout; /* ns; 0: none */
	void *priv;
};

/* A socket without a file, of no family yet; err_ptr. */
struct socket *socket_new(const struct socket_ops *ops, int family, int type, int protocol);
void socket_free(struct socket *s); /* calls its release function */
/* A file for it, which takes it over, also when it fails (NULL). */
struct file *socket_file(struct socket *s, unsigned flags);
/* Of a file; NULL: it is no socket. */
struct socket *socket_of(struct file *f);
/* 0, -ETIMEDOUT as -EAGAIN, -ERESTARTSYS: until cond() or the timeout. */
uint64_t socket_deadline(uint64_t timeout);

/* The families: err_ptr. */
struct socket *inet_socket(int type, int protocol);
struct socket *packet_socket(int type, int protocol);
struct socket *unix_socket(int type, int protocol);
int unix_pair(int type, struct socket *pair[2]);

/* Interfaces and routes, whatever family it is asked through: ifioctl.c. */
long net_ioctl(unsigned cmd, unsigned long arg);

/* Once, before any device. */
void net_stack_start(void);

#endif
