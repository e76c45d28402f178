/* SPDX-License-Identifier: MIT */
/*
 * UNIX sockets: what their files share.
 *
 *	unix_socket.c	names, connections, options
 *	unix_data.c	messages: bytes, borders, and what travels beside them
 *	unix_rights.c	descriptors in messages, and the cycles that they can make
 *
 * One mutex, unix_lock, guards all of it. No file is put under it: that may be the end of another UNIX socket.
 */
#ifndef KERNEL_NET_UNIX_H
#define KERNEL_NET_UNIX_H

#include "net/socket.h"

struct message {
	struct list link;
	size_t len, at; /* bytes of it that are read */
	uint16_t from_len;
	struct sockaddr_un from;
	struct ancillary with; /* its rights are the message's */
	char data[];
};

/* One end. A listening socket's `pending` are ends without a socket, until they are accepted. */
struct end {
	struct list all_link;
	struct list link; /* of those that have a name */
	struct socket *socket;
	struct end *peer; /* NULL: none, or it is gone */
	struct list queue;
	size_t queued;
	bool connected, eof, no_more_out;
	struct sockaddr_un name;
	uint16_t name_len, peer_name_len;
	struct sockaddr_un peer_name;
	struct ucred own, peer_cred; /* who listened, connected or made the pair */
	struct list pending, pending_link;
	unsigned pending_count, backlog;
	/* unix_rights.c: how often its file is in some message; the search for cycles. */
	unsigned in_flight, from_suspects;
	struct list cleared_link;
	bool suspect;
};

extern struct mutex unix_lock;
extern struct list unix_all; /* every end, by all_link */

/* What follows needs unix_lock unless it says otherwise. */

void unix_changed(struct end *e); /* wakes whoever waits for it; NULL is fine */
struct end *unix_find(const struct sockaddr_un *name, uint16_t len);
/* 0, or -errno: no name of this family. No lock. */
int unix_read_name(const union sockaddr_any *a, size_t len, struct sockaddr_un *name,
		   uint16_t *out);
/* Its length. */
int unix_put_name(union sockaddr_any *a, const struct sockaddr_un *name, uint16_t len);
/* Nobody has that name: why; -errno. Not under the lock: names of files have one of their own. */
int unix_nobody(const struct sockaddr_un *name);
/* Who runs now. */
struct ucred unix_self(void);
/* Room for what e sends: bytes that may wait at the other end. */
size_t unix_room(const struct end *e);
bool unix_has_room(const struct end *e);

/* unix_data.c */
long unix_send(struct socket *s, struct iter *from, const union sockaddr_any *to, size_t len,
	       unsigned flags);
long unix_recv(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
	       unsigned flags, unsigned *out);
long unix_send_with(struct socket *s, struct iter *from, const union sockaddr_any *to, size_t len,
		    unsigned flags, struct ancillary *a);
long unix_recv_with(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
		    unsigned flags, unsigned *out, struct ancillary *a);
/* All that waits there is forgotten; its descriptors go on `dead`. */
void unix_forget(struct end *e, struct list *dead);

/* unix_rights.c */
/* These travel from now on. 0 or -ETOOMANYREFS. */
int unix_rights_go(struct rights *r);
/* They have arrived, or never will. */
void unix_rights_arrive(struct rights *r);
/* Another reference to each; NULL: no memory. */
struct rights *unix_rights_copy(const struct rights *r);
/* Puts what is on the list; no lock. */
void unix_rights_bury(struct list *dead);
/* Sockets that only messages of such sockets know of are ended. No lock. */
void unix_collect(void);

#endif
