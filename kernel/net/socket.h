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

/* Descriptors on their way in a message of a UNIX socket: unix_rights.c. Each is a reference. */
struct rights {
	struct list link; /* all that are in some queue */
	uint32_t uid;	  /* who sent them */
	unsigned count;
	struct file *files[];
};

/* What a message has beside its bytes. */
struct ancillary {
	struct rights *rights; /* NULL: none. Whose it is, is said where it is used. */
	bool has_cred;
	struct ucred cred;
};

struct socket_ops {
	int (*bind)(struct socket *s, const union sockaddr_any *a, size_t len);
	/* -EINPROGRESS if it would wait and must not. */
	int (*connect)(struct socket *s, const union sockaddr_any *a, size_t len, bool nonblock);
	int (*listen)(struct socket *s, int backlog);
	/* A connection that waits; NULL: there is none; err_ptr. */
	struct socket *(*accept)(struct socket *s);
	/* to: NULL for the peer. Bytes or -errno. */
	long (*send)(struct socket *s, struct iter *from, const union sockaddr_any *to, size_t len,
		     unsigned flags);
	/* *name gets the sender's name, its length is *len (0: none); *out MSG_TRUNC and the like. */
	long (*recv)(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
		     unsigned flags, unsigned *out);
	/*
	 * The same with what travels beside the bytes; missing: nothing can. Sending takes a->rights over and
	 * clears it if it went; receiving fills in *a, whose rights are then the caller's.
	 */
	long (*send_with)(struct socket *s, struct iter *from, const union sockaddr_any *to,
			  size_t len, unsigned flags, struct ancillary *a);
	long (*recv_with)(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
			  unsigned flags, unsigned *out, struct ancillary *a);
	/* The name's length, or -errno. */
	int (*name)(struct socket *s, bool peer, union sockaddr_any *a);
	int (*shutdown)(struct socket *s, int how);
	/* level is not SOL_SOCKET. -ENOPROTOOPT: nobody knows it. */
	int (*setopt)(struct socket *s, int level, int name, int value);
	int (*getopt)(struct socket *s, int level, int name, int *value);
	void (*option)(struct socket *s); /* something of SOL_SOCKET is different now */
	int (*peer)(struct socket *s, struct ucred *c); /* SO_PEERCRED */
	unsigned (*poll)(struct socket *s);
	int (*readable)(struct socket *s); /* FIONREAD: bytes or -errno */
	int (*unsent)(
		struct socket *s); /* SIOCOUTQ: bytes that the other end has not got, or -errno */
	void (*release)(struct socket *s);
};

struct socket {
	const struct socket_ops *ops;
	int family, type, protocol;
	struct waitq wait;
	int error; /* SO_ERROR, positive; taken once */
	bool broadcast, reuse, keepalive, listening, pass_cred;
	uint32_t recv_room,
		send_room; /* bytes, as getsockopt() tells them: twice what was wished for */
	struct linger linger;
	uint64_t recv_timeout, send_timeout; /* ns; 0: none */
	struct file *file; /* NULL: none yet. Not a reference: the file owns the socket. */
	void *priv;
};

/* What there is room for if nobody asks for more or less, and the most that can be asked for. */
#define SOCKET_ROOM 212992u

/* A socket without a file, of no family yet; err_ptr. */
struct socket *socket_new(const struct socket_ops *ops, int family, int type, int protocol);
void socket_free(struct socket *s); /* calls its release function */
/* A file for it, which takes it over, also when it fails (NULL). */
struct file *socket_file(struct socket *s, unsigned flags);
/* Of a file; NULL: it is no socket. */
struct socket *socket_of(struct file *f);
uint64_t socket_deadline(uint64_t timeout);
/*
 * 0; -EAGAIN at the deadline; a signal: -ERESTARTSYS, or -EINTR if the wait had a deadline (socket(7) of Linux: a
 * call with SO_RCVTIMEO is not begun again).
 */
#define socket_wait(s, cond, deadline) \
	socket_waited(wait_event_full(&(s)->wait, cond, true, deadline), deadline)
int socket_waited(int rc, uint64_t deadline);
/* The next connection of a listening socket; err_ptr. */
struct socket *socket_accept(struct socket *s, bool nonblock);
/* SO_ERROR, taken: 0 or -errno. */
int socket_take_error(struct socket *s);

/* How many are open. */
unsigned socket_count(void);

/* The families: err_ptr. */
struct socket *inet_socket(int type, int protocol);
struct socket *packet_socket(int type, int protocol);
struct socket *unix_socket(int type, int protocol);
int unix_pair(int type, int protocol, struct socket *pair[2]);

/* NULL: no memory. Room for so many files, none in it. */
struct rights *rights_new(unsigned most);
/* Puts the files; NULL is fine. They may be sockets with files in their queues, without end. */
void rights_free(struct rights *r);

/* Interfaces and routes, whatever family it is asked through: ifioctl.c. */
long net_ioctl(unsigned cmd, unsigned long arg);

/* Once, before any device. */
void net_stack_start(void);

#endif
