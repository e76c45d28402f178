/* SPDX-License-Identifier: MIT */
/*
 * The protocol stack: lwIP, by its raw functions, and how network devices are its interfaces.
 *
 * One mutex is held over every call into lwIP: stack_lock() and stack_unlock(). lwIP's functions never wait, so it is
 * never held for long; its callbacks run with it held. A thread does what is due by time: retransmissions, ARP,
 * reassembly. Packets come in from the network's thread (netdev.c).
 */
#include "net/clock.h"
#include "net/inet.h"
#include "net/train.h"
#include "proc.h"
#include "timer.h"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <netif/ethernet.h>

static struct mutex core = MUTEX_INIT(core);
static struct waitq ticker = WAITQ_INIT(ticker);
static uint64_t tick_due = WAIT_FOREVER;
static bool tick_sooner;

/* An interface of the stack's for a device. */
struct port {
	struct netif netif;
	struct netdev *dev;
};

/* ---- what lwIP asks for ---- */

uint32_t sys_now(void)
{
	return (uint32_t)(time_now() / NSEC_PER_MS);
}

uint32_t lwip_port_random(void)
{
	uint32_t r;

	random_bytes(&r, sizeof(r));
	return r;
}

/* ---- the lock, and time ---- */

void stack_lock(void)
{
	mutex_lock(&core);
}

/* keep: a train may wait for what the next packet makes the stack say (net_stack_answer()). */
static void unlock(bool keep)
{
	uint64_t due;

	netif_poll_all(); /* what was sent to ourselves */
	if (!keep)
		train_leave();
	due = clock_due();
	if (due < tick_due) {
		tick_due = due;
		tick_sooner = true;
		waitq_wake(&ticker);
	}
	mutex_unlock(&core);
}

void stack_unlock(void)
{
	unlock(false);
}

static void tick_thread(void *unused)
{
	(void)unused;
	for (;;) {
		(void)wait_event_full(&ticker, *(volatile bool *)&tick_sooner, false, tick_due);
		stack_lock();
		tick_sooner = false;
		clock_run();
		tick_due = WAIT_FOREVER;
		stack_unlock();
		tick_sooner = false;
	}
}

int stack_error(err_t e)
{
	static const int errors[] = {
		[-ERR_OK] = 0,
		[-ERR_MEM] = -ENOMEM,
		[-ERR_BUF] = -ENOBUFS,
		[-ERR_TIMEOUT] = -ETIMEDOUT,
		[-ERR_RTE] = -ENETUNREACH,
		[-ERR_INPROGRESS] = -EINPROGRESS,
		[-ERR_VAL] = -EINVAL,
		[-ERR_WOULDBLOCK] = -EAGAIN,
		[-ERR_USE] = -EADDRINUSE,
		[-ERR_ALREADY] = -EALREADY,
		[-ERR_ISCONN] = -EISCONN,
		[-ERR_CONN] = -ENOTCONN,
		[-ERR_IF] = -ENETDOWN,
		[-ERR_ABRT] = -ECONNABORTED,
		[-ERR_RST] = -ECONNRESET,
		[-ERR_CLSD] = -EPIPE,
		[-ERR_ARG] = -EINVAL,
	};

	return e <= 0 && (size_t)-e < ARRAY_SIZE(errors) ? errors[-e] : -EIO;
}

/* ---- out ---- */

static err_t send_frame(struct netif *n, struct pbuf *p)
{
	struct port *port = n->state;

	return train_send(port->dev, p) ? ERR_OK : ERR_MEM;
}

/* What lwIP sums and checks of the next packet. */
static void set_sums(struct port *port, bool check)
{
	u16_t flags = NETIF_CHECKSUM_ENABLE_ALL;

	if (port->dev->features & NETDEV_CSUM) /* train.c */
		flags &= (u16_t)~NETIF_CHECKSUM_GEN_TCP;
	if (!check)
		flags &= (u16_t) ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
	NETIF_SET_CHECKSUM_CTRL(&port->netif, flags);
}

static err_t init_port(struct netif *n)
{
	struct port *port = n->state;

	n->name[0] = 'e';
	n->name[1] = 'n';
	n->output = etharp_output;
	n->linkoutput = send_frame;
	n->mtu = (u16_t)port->dev->mtu;
	n->hwaddr_len = ETH_ALEN;
	memcpy(n->hwaddr, port->dev->mac, ETH_ALEN);
	n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	return ERR_OK;
}

/* ---- in ---- */

/*
 * What came with a checksum that is still open, from another domain of this machine, was never on a wire: it
 * is as good as checked. Everything else lwIP checks itself.
 */
static bool needs_check(const struct packet *p)
{
	return p->csum == PACKET_CSUM_DONE;
}

/* A packet as lwIP's buffer: it stays where it is until lwIP and the socket are done with it. */
struct lent_packet {
	struct pbuf_custom buffer; /* first: lwIP knows no other address */
	struct packet *packet;
};

static void lent_free(struct pbuf *p)
{
	struct lent_packet *l = (struct lent_packet *)p;

	packet_free(l->packet);
	kfree(l);
}

static struct pbuf *lend(struct packet *p)
{
	struct lent_packet *l = kzalloc(sizeof(*l));

	if (!l)
		return NULL;
	l->packet = p;
	l->buffer.custom_free_function = lent_free;
	return pbuf_alloced_custom(PBUF_RAW, (u16_t)p->len, PBUF_REF, &l->buffer, p->data,
				   (u16_t)p->len);
}

/*
 * Up to here a packet is copied into a buffer of its size, for the page around it is large and may wait long in a
 * socket; trains are not.
 */
#define COPY_MOST 1600

static struct pbuf *buffer_of(struct packet *p)
{
	struct pbuf *in;

	if (p->len > COPY_MOST && p->len <= 0xffff)
		return lend(p);
	in = p->len <= COPY_MOST ? pbuf_alloc(PBUF_RAW, (u16_t)p->len, PBUF_RAM) : NULL;
	if (in) {
		pbuf_take(in, p->data, (u16_t)p->len);
		packet_free(p);
	}
	return in;
}

void net_stack_input(struct netdev *d, struct packet *p)
{
	bool check = needs_check(p);
	struct port *port;
	struct pbuf *in;

	packet_sockets_input(d, p);
	stack_lock();
	port = d->stack; /* only now: a device that goes has left the stack before */
	in = port ? buffer_of(p) : NULL;
	if (in) {
		set_sums(port, check);
		if (port->netif.input(in, &port->netif) != ERR_OK)
			pbuf_free(in);
	} else {
		d->stats.rx_dropped++;
		packet_free(p);
	}
	unlock(true);
}

void net_stack_answer(void)
{
	if (!train_waits())
		return;
	stack_lock();
	stack_unlock();
}

/* ---- devices ---- */

static struct netif *loop_netif;
static struct netdev loopback = { .name = "lo", .mtu = 65535, .up = false, .running = true };

struct netif *stack_netif(struct netdev *d)
{
	if (d == &loopback)
		return loop_netif;
	return d->stack ? &((struct port *)d->stack)->netif : NULL;
}

const char *stack_name(const struct netif *n)
{
	return n == loop_netif ? loopback.name : ((struct port *)n->state)->dev->name;
}

static void add(struct netdev *d)
{
	struct port *port = kzalloc(sizeof(*port));

	if (!port) {
		printk("%s: no memory for its place in the stack\n", d->name);
		return;
	}
	port->dev = d;
	if (!netif_add_noaddr(&port->netif, port, init_port, ethernet_input)) {
		kfree(port);
		return;
	}
	netif_set_link_up(&port->netif);
	set_sums(port, true);
	d->stack = port;
}

void net_stack_device(struct netdev *d, bool present)
{
	struct port *port = d->stack;

	if (d == &loopback)
		return;
	stack_lock();
	if (present) {
		add(d);
	} else if (port) {
		d->stack = NULL;
		netif_remove(&port->netif);
		kfree(port);
	}
	stack_unlock();
}

static void loop_transmit(struct netdev *d, struct packet *p)
{
	netdev_receive(d, p);
}

void net_stack_start(void)
{
	static const struct netdev_ops ops = { .transmit = loop_transmit };

	stack_lock();
	lwip_init();
	loop_netif = netif_find("lo0");
	netif_set_down(loop_netif);
	/* Nothing is lost on the way to ourselves; but raw sockets show the header, which must be right. */
	NETIF_SET_CHECKSUM_CTRL(loop_netif, NETIF_CHECKSUM_GEN_IP);
	datagram_start();
	stack_unlock();
	loopback.ops = &ops;
	netdev_register(&loopback);
	if (!kthread_create("net-timers", tick_thread, NULL))
		panic("no memory for the network's thread");
}
