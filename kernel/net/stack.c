/* SPDX-License-Identifier: MIT */
/*
 * The protocol stack: lwIP, by its raw functions, and how network devices are its interfaces.
 *
 * One mutex is held over every call into lwIP: stack_lock() and stack_unlock(). lwIP's functions never wait, so it is
 * never held for long; its callbacks run with it held. A thread does what is due by time: retransmissions, ARP,
 * reassembly. Packets come in from the network's thread (netdev.c).
 */
#include "net/inet.h"
#include "proc.h"
#include "timer.h"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/prot/ip.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
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

void stack_unlock(void)
{
	uint32_t ms;
	uint64_t due;

	netif_poll_all(); /* what was sent to ourselves */
	ms = sys_timeouts_sleeptime();
	due = ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? WAIT_FOREVER : time_now() + ms * NSEC_PER_MS;
	if (due < tick_due) {
		tick_due = due;
		tick_sooner = true;
		waitq_wake(&ticker);
	}
	mutex_unlock(&core);
}

static void tick_thread(void *unused)
{
	(void)unused;
	for (;;) {
		(void)wait_event_full(&ticker, *(volatile bool *)&tick_sooner, false, tick_due);
		stack_lock();
		tick_sooner = false;
		sys_check_timeouts();
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

/*
 * A device that sums by itself gets TCP with the checksum left open: lwIP writes none then, and here goes the
 * sum of the pseudo header (RFC 793, 3.1) into its place, as everybody who completes it expects. UDP may be cut
 * into fragments, so lwIP sums that.
 */
static bool leaves_sum_open(const struct port *port)
{
	return port->dev->features & NETDEV_CSUM;
}

static void leave_sum_open(struct packet *p)
{
	const uint8_t *ip = p->data + ETH_HLEN;
	uint32_t sum = 0;
	uint16_t *place;

	packet_csum_blank(p);
	if (p->csum != PACKET_CSUM_PARTIAL)
		return;
	for (unsigned i = 12; i < 20; i += 2) /* both addresses */
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum += IP_PROTO_TCP + p->len - p->csum_start;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	place = (uint16_t *)(p->data + p->csum_start + p->csum_offset);
	*place = lwip_htons((u16_t)sum);
}

static bool is_tcp(const struct packet *p)
{
	return p->len > ETH_HLEN + 20 && p->data[12] == 8 && p->data[13] == 0 &&
	       p->data[ETH_HLEN + 9] == IP_PROTO_TCP;
}

static err_t send_frame(struct netif *n, struct pbuf *p)
{
	struct port *port = n->state;
	struct packet *out = packet_alloc(p->tot_len);

	if (!out)
		return ERR_MEM;
	pbuf_copy_partial(p, out->data, p->tot_len, 0);
	if (leaves_sum_open(port) && is_tcp(out))
		leave_sum_open(out);
	netdev_transmit(port->dev, out);
	return ERR_OK;
}

/* What lwIP sums and checks of the next packet. */
static void set_sums(struct port *port, bool check)
{
	u16_t flags = NETIF_CHECKSUM_ENABLE_ALL;

	if (leaves_sum_open(port))
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

void net_stack_input(struct netdev *d, struct packet *p)
{
	struct port *port;
	struct pbuf *in = NULL;

	packet_sockets_input(d, p);
	stack_lock();
	port = d->stack; /* only now: a device that goes has left the stack before */
	if (port && p->len <= 0xffff)
		in = pbuf_alloc(PBUF_RAW, (u16_t)p->len, PBUF_RAM);
	if (in) {
		pbuf_take(in, p->data, (u16_t)p->len);
		set_sums(port, needs_check(p));
		if (port->netif.input(in, &port->netif) != ERR_OK)
			pbuf_free(in);
	} else {
		d->stats.rx_dropped++;
	}
	stack_unlock();
	packet_free(p);
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
	datagram_start();
	stack_unlock();
	loopback.ops = &ops;
	netdev_register(&loopback);
	if (!kthread_create("net-timers", tick_thread, NULL))
		panic("no memory for the network's thread");
}
