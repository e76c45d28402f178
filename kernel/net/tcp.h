/* SPDX-License-Identifier: MIT */
/*
 * Stream sockets: what their files share.
 *
 *	tcp_socket.c	a connection: lwIP's callbacks, data, the end
 *	tcp_connect.c	how it comes to be: names, connect, listen, accept
 *	tcp_admit.c	who may come in while many try to
 *	tcp_cookie.c	handshakes that were forgotten and are known again
 *
 * The connection is lwIP's (a pcb), which calls back when something arrives, was acknowledged or broke. What
 * arrived is kept as lwIP's buffers until it is read, and only then is the peer's window opened again, so a
 * reader that is slow costs no more than one window. A connection that breaks takes its pcb along: pcb is NULL
 * from then on and `error` says why.
 *
 * Locks: the stack's for everything here.
 */
#ifndef KERNEL_NET_TCP_H
#define KERNEL_NET_TCP_H

#include "net/inet.h"

#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

struct tcp {
	struct socket *socket; /* NULL: nobody has accepted it yet */
	struct tcp_pcb *pcb;
	/* What arrived and is not read. A buffer's tot_len is of 16 bits: it does not count those behind it. */
	struct pbuf *in, *in_last;
	size_t in_at;	 /* bytes of the first that are read */
	size_t in_bytes; /* that are not */
	bool listening, connecting, connected, eof, no_more_out, no_more_in;
	bool unasked; /* a connect() that did not wait: nobody has asked yet what became of it */
	ip_addr_t own, peer; /* of the connection */
	uint16_t own_port, peer_port;
	/* Of a listening socket: connections that nobody has taken. */
	struct list pending, link;
	unsigned pending_count, backlog;
	int error; /* until there is a socket */
	/* The window: what the peer may have sent that is not read. Less than lwIP's own if it was wished. */
	uint32_t window, wished;
};

void tcp_changed(struct tcp *t); /* wakes whoever waits */
/* A connection for a pcb, whose callbacks it is from now on; NULL: no memory. */
struct tcp *tcp_new_state(struct tcp_pcb *pcb);
/* The same for one that has lost its own. */
void tcp_adopt(struct tcp *t, struct tcp_pcb *pcb);
/* The pcb, if there is one, is somebody's no more; what is left of it is lwIP's. */
void tcp_drop(struct tcp *t);
/* A pcb has just become a connection: its names are kept, and the socket's options are the pcb's. */
void tcp_settle(struct tcp *t);
/* Whose a pcb is that is none of a listener's; NULL: nobody's any more. */
const struct tcp *tcp_of_pcb(const struct tcp_pcb *pcb);
/* Bytes that the peer has not acknowledged. */
size_t tcp_in_flight(const struct tcp_pcb *pcb);
/* What a listening socket asks lwIP for: tcp_admit.c decides about each by itself. */
#define TCP_BACKLOG_ALL 255

/* tcp_admit.c: connections that only wait for old packets to die do not become too many. */
void tcp_trim(void);

/* tcp_cookie.c. hdr: a SYN, whose answer gets a number that says what is in it. */
void tcp_cookie_for(const struct tcp_hdr *hdr, unsigned options);
/* hdr: an acknowledgement for nobody. True: of such a number; the SYN comes again. */
bool tcp_cookie_returns(const struct tcp_hdr *hdr);
/* hdr: a SYN that lwIP is not to see now; it comes again as soon as lwIP has returned. */
void tcp_cookie_syn_again(const struct tcp_hdr *hdr, unsigned options);

/* tcp_connect.c */
int tcp_bind_name(struct socket *s, const union sockaddr_any *a, size_t len);
int tcp_connect_name(struct socket *s, const union sockaddr_any *a, size_t len, bool nonblock);
int tcp_listen_on(struct socket *s, int backlog);
struct socket *tcp_accept_one(struct socket *s);
int tcp_name(struct socket *s, bool peer, union sockaddr_any *a);

#endif
