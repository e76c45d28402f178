/* SPDX-License-Identifier: MIT */
/*
 * Stream sockets: who may come in while many try to.
 *
 * lwIP asks here before it looks at a packet of a connection that is not established (LWIP_HOOK_TCP_INPACKET_PCB), so
 * that its source stays as it is. Four things are decided:
 *
 * A listener whose queue is full hears nothing: neither a SYN nor the last packet of a handshake. Both come again by
 * themselves, and there may be room then. That is Linux's behaviour, too, with a queue of backlog + 1.
 *
 * Handshakes that nobody finishes (a flood of SYNs with invented senders) are bounded by EMBRYOS_MOST a listener; the
 * next one takes the place of the oldest. Who is really there answers, and is known again by that answer: for a while
 * after a flood, a packet that may be a handshake's last is looked at by tcp_cookie.c.
 *
 * A SYN for a connection in TIME_WAIT that is newer than its last byte begins a new one (RFC 1122, 4.2.2.13): the old
 * one goes, and the SYN is made once more and finds the listener.
 *
 * Connections in TIME_WAIT are bounded by TIME_WAIT_MOST; the oldest go, as they do on Linux.
 */
#include "net/tcp.h"
#include "timer.h"

#include <hooks.h>
#include <lwip/prot/tcp.h>

#define EMBRYOS_MOST   128
#define TIME_WAIT_MOST 512
#define FLOOD_TIME     (60ull * NSEC_PER_SEC)

/* When a handshake was last pushed out; its client may answer until then. */
static uint64_t flooded_until;

static bool is_full(const struct tcp *l)
{
	return !l || l->pending_count > l->backlog;
}

/* New ones are put in front of lwIP's list, so the last is the oldest. */
static void drop_oldest_embryo(const struct tcp_pcb_listen *l)
{
	struct tcp_pcb *oldest = NULL;

	for (struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next)
		if (p->state == SYN_RCVD && p->listener == l)
			oldest = p;
	if (oldest)
		tcp_abandon(oldest, 0);
	flooded_until = time_now() + FLOOD_TIME;
}

static bool admit_to_listener(struct tcp_pcb_listen *l, const struct tcp_hdr *hdr, unsigned options)
{
	switch (TCPH_FLAGS(hdr) & (TCP_SYN | TCP_ACK | TCP_RST)) {
	case TCP_SYN:
		if (is_full(l->callback_arg))
			return false;
		if (l->accepts_pending >= EMBRYOS_MOST)
			drop_oldest_embryo(l);
		tcp_cookie_for(hdr, options);
		return true;
	case TCP_ACK:
		return time_now() >= flooded_until || !tcp_cookie_returns(hdr);
	default:
		return true;
	}
}

/* hdr: in the machine's order, as lwIP has left it. options: bytes of them that stand behind it. */
signed char lwip_port_admit(struct tcp_pcb *pcb, const struct tcp_hdr *hdr, unsigned options)
{
	bool ok = true;

	switch (pcb->state) {
	case LISTEN:
		ok = admit_to_listener((struct tcp_pcb_listen *)pcb, hdr, options);
		break;
	case SYN_RCVD:
		ok = TCPH_FLAGS(hdr) & TCP_RST || !pcb->listener ||
		     !is_full(pcb->listener->callback_arg);
		break;
	case TIME_WAIT:
		if (TCPH_FLAGS(hdr) & TCP_SYN && TCP_SEQ_GT(hdr->seqno, pcb->rcv_nxt)) {
			tcp_abort(pcb); /* which sends nothing in this state */
			tcp_cookie_syn_again(hdr, options);
			ok = false;
		}
		break;
	default:
		break;
	}
	return ok ? ERR_OK : ERR_MEM;
}

void tcp_trim(void)
{
	struct tcp_pcb *p = tcp_tw_pcbs;

	for (unsigned n = 0; p && n < TIME_WAIT_MOST; n++)
		p = p->next;
	while (p) {
		struct tcp_pcb *next = p->next;

		tcp_abort(p);
		p = next;
	}
}
