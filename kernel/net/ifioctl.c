/* SPDX-License-Identifier: MIT */
/*
 * Interfaces, routes and bridges, as ifconfig, route, udhcpc and brctl ask for them: ioctls on any socket.
 *
 * A device is looked up and used under the stack's lock: one that goes away leaves the stack first, which needs
 * that lock.
 */
#include "bridge.h"
#include "net/inet.h"
#include "proc.h"
#include "vm.h"

/* ---- what an interface is ---- */

static uint16_t flags_of(const struct netdev *d)
{
	bool loop = !strcmp(d->name, "lo");

	return (uint16_t)((d->up ? IFF_UP : 0) | (d->up && d->running ? IFF_RUNNING : 0) |
			  (loop ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST));
}

static void put_address(struct ifreq *r, uint32_t addr)
{
	memset(&r->in, 0, sizeof(r->in));
	r->in.family = AF_INET;
	r->in.addr = addr;
}

static uint32_t address_of(struct netdev *d)
{
	const struct netif *n = stack_netif(d);

	return n ? ip4_addr_get_u32(netif_ip4_addr(n)) : 0;
}

static uint32_t netmask_of(struct netdev *d)
{
	const struct netif *n = stack_netif(d);

	return n ? ip4_addr_get_u32(netif_ip4_netmask(n)) : 0;
}

/* ---- changing it ---- */

static int set_up(struct netdev *d, bool up)
{
	struct netif *n = stack_netif(d);
	int rc = 0;

	if (up && !d->up && d->ops->up)
		rc = d->ops->up(d);
	if (rc)
		return rc;
	if (!up && d->up && d->ops->down)
		d->ops->down(d);
	d->up = up;
	if (n && up)
		netif_set_up(n);
	else if (n)
		netif_set_down(n);
	return 0;
}

/* An address brings the interface up, and the mask of its class if it has none: as Linux does. */
static int set_address(struct netdev *d, uint32_t addr)
{
	struct netif *n = stack_netif(d);
	uint8_t first = (uint8_t)addr;
	ip4_addr_t ip, mask;

	if (!n)
		return -ENODEV;
	ip4_addr_set_u32(&ip, addr);
	ip4_addr_set_u32(&mask, !addr	      ? 0
				: first < 128 ? 0xffu
				: first < 192 ? 0xffffu
					      : 0xffffffu);
	netif_set_ipaddr(n, &ip);
	netif_set_netmask(n, &mask);
	return addr ? set_up(d, true) : 0;
}

static int set_netmask(struct netdev *d, uint32_t value)
{
	struct netif *n = stack_netif(d);
	ip4_addr_t mask;

	if (!n)
		return -ENODEV;
	ip4_addr_set_u32(&mask, value);
	netif_set_netmask(n, &mask);
	return 0;
}

static int change(struct netdev *d, unsigned cmd, const struct ifreq *r)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		return set_up(d, r->flags & IFF_UP);
	case SIOCSIFADDR:
		return r->in.family == AF_INET ? set_address(d, r->in.addr) : -EINVAL;
	case SIOCSIFNETMASK:
		return set_netmask(d, r->in.addr);
	default: /* follows from address and mask */
		return 0;
	}
}

static int look(struct netdev *d, unsigned cmd, struct ifreq *r)
{
	uint32_t addr = address_of(d), mask = netmask_of(d);

	switch (cmd) {
	case SIOCGIFFLAGS:
		r->flags = flags_of(d);
		return 0;
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
		put_address(r, addr);
		return addr ? 0 : -EADDRNOTAVAIL;
	case SIOCGIFBRDADDR:
		put_address(r, addr | ~mask);
		return addr ? 0 : -EADDRNOTAVAIL;
	case SIOCGIFNETMASK:
		put_address(r, mask);
		return addr ? 0 : -EADDRNOTAVAIL;
	case SIOCGIFMTU:
		r->value = (int)d->mtu;
		return 0;
	case SIOCGIFHWADDR:
		memset(&r->hw, 0, sizeof(r->hw));
		r->hw.family = flags_of(d) & IFF_LOOPBACK ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
		memcpy(r->hw.data, d->mac, ETH_ALEN);
		return 0;
	case SIOCGIFINDEX:
		r->value = d->index;
		return 0;
	case SIOCGIFTXQLEN:
		r->value = 1000;
		return 0;
	default: /* metric, map: zero */
		memset(r->room, 0, sizeof(r->room));
		return 0;
	}
}

static long interface(unsigned cmd, struct ifreq *user, bool write)
{
	struct ifreq r;
	struct netdev *d;
	int rc;

	if (copy_from_user(&r, user, sizeof(r)))
		return -EFAULT;
	r.name[IFNAMSIZ - 1] = '\0';
	stack_lock();
	d = netdev_find(r.name);
	if (!d)
		rc = -ENODEV;
	else if (write && current->proc->cred.euid)
		rc = -EPERM;
	else
		rc = write ? change(d, cmd, &r) : look(d, cmd, &r);
	stack_unlock();
	if (rc || write)
		return rc;
	return copy_to_user(user, &r, sizeof(r)) ? -EFAULT : 0;
}

static long name_of_index(struct ifreq *user)
{
	struct ifreq r;
	struct netdev *d;

	if (copy_from_user(&r, user, sizeof(r)))
		return -EFAULT;
	stack_lock();
	d = netdev_find_index(r.value);
	if (d)
		strlcpy(r.name, d->name, sizeof(r.name));
	stack_unlock();
	if (!d)
		return -ENODEV;
	return copy_to_user(user, &r, sizeof(r)) ? -EFAULT : 0;
}

/* The next device from an index on that has an address, into r; its index, or 0. */
static int next_with_address(int index, struct ifreq *r)
{
	int found = 0;

	stack_lock();
	for (int missing = 0; missing < 1024 && !found; index++) {
		struct netdev *d = netdev_find_index(index);

		missing = d ? 0 : missing + 1;
		if (!d || !address_of(d))
			continue;
		memset(r, 0, sizeof(*r));
		strlcpy(r->name, d->name, sizeof(r->name));
		put_address(r, address_of(d));
		found = index;
	}
	stack_unlock();
	return found;
}

static long list(struct ifconf *user)
{
	struct ifconf c;
	struct ifreq r;
	uint32_t used = 0;

	if (copy_from_user(&c, user, sizeof(c)))
		return -EFAULT;
	for (int index = 0; (index = next_with_address(index + 1, &r));) {
		if (c.buf) {
			if (used + sizeof(r) > (uint32_t)max(c.len, 0))
				break;
			if (copy_to_user((char *)(uintptr_t)c.buf + used, &r, sizeof(r)))
				return -EFAULT;
		}
		used += sizeof(r);
	}
	c.len = (int32_t)used;
	return copy_to_user(user, &c, sizeof(c)) ? -EFAULT : 0;
}

/* ---- routes: to the net of each interface, which follow from its address, and one for all the rest ---- */

static struct netif *netif_towards(const char *name, const ip4_addr_t *gateway)
{
	struct netdev *d;

	if (!*name)
		return ip4_route(gateway);
	d = netdev_find(name);
	return d ? stack_netif(d) : NULL;
}

static long route(unsigned cmd, const struct rtentry *user)
{
	char name[IFNAMSIZ] = "";
	struct rtentry r;
	struct netif *n;
	ip4_addr_t gateway;
	long rc = 0;

	if (copy_from_user(&r, user, sizeof(r)) ||
	    (r.dev && copy_from_user(name, (void *)(uintptr_t)r.dev, sizeof(name))))
		return -EFAULT;
	name[IFNAMSIZ - 1] = '\0';
	if (current->proc->cred.euid)
		return -EPERM;
	ip4_addr_set_u32(&gateway, cmd == SIOCADDRT ? r.gateway.addr : 0);
	stack_lock();
	n = netif_towards(name, &gateway);
	if (!n && cmd == SIOCDELRT)
		n = netif_default;
	if (!n || !(n->flags & NETIF_FLAG_ETHARP)) {
		rc = cmd == SIOCADDRT ? -ENETUNREACH : -ESRCH;
	} else if (!r.dst.addr && !r.genmask.addr) {
		netif_set_gw(n, &gateway);
		netif_set_default(cmd == SIOCADDRT ? n : NULL);
	} else if ((r.dst.addr & ip4_addr_get_u32(netif_ip4_netmask(n))) !=
		   (ip4_addr_get_u32(netif_ip4_addr(n)) & ip4_addr_get_u32(netif_ip4_netmask(n)))) {
		rc = -EOPNOTSUPP; /* one gateway is all that the stack knows */
	}
	stack_unlock();
	return rc;
}

/* ---- bridges ---- */

static long bridge_names(unsigned cmd, unsigned long arg)
{
	char name[IFNAMSIZ];

	if (current->proc->cred.euid)
		return -EPERM;
	if (copy_from_user(name, (void *)arg, sizeof(name)))
		return -EFAULT;
	name[IFNAMSIZ - 1] = '\0';
	return cmd == SIOCBRADDBR ? bridge_create(name) : bridge_delete(name);
}

static long bridge_port(unsigned cmd, const struct ifreq *user)
{
	struct bridge *b;
	struct netdev *d;
	struct ifreq r;
	int rc = 0;

	if (current->proc->cred.euid)
		return -EPERM;
	if (copy_from_user(&r, user, sizeof(r)))
		return -EFAULT;
	r.name[IFNAMSIZ - 1] = '\0';
	stack_lock();
	b = bridge_find(r.name);
	d = netdev_find_index(r.value);
	if (!b || !d) {
		rc = b ? -EINVAL : -ENODEV;
	} else if (cmd == SIOCBRDELIF) {
		bridge_remove(b, d);
	} else {
		if (d->ops->promiscuous)
			d->ops->promiscuous(d, true);
		rc = bridge_add(b, d, NULL);
	}
	stack_unlock();
	return rc;
}

/* ---- all of them ---- */

long net_ioctl(unsigned cmd, unsigned long arg)
{
	switch (cmd) {
	case SIOCGIFCONF:
		return list((void *)arg);
	case SIOCGIFNAME:
		return name_of_index((void *)arg);
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFMETRIC:
	case SIOCGIFMTU:
	case SIOCGIFHWADDR:
	case SIOCGIFINDEX:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
		return interface(cmd, (void *)arg, false);
	case SIOCSIFFLAGS:
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFMETRIC:
	case SIOCSIFMTU:
	case SIOCSIFTXQLEN:
		return interface(cmd, (void *)arg, true);
	case SIOCADDRT:
	case SIOCDELRT:
		return route(cmd, (void *)arg);
	case SIOCBRADDBR:
	case SIOCBRDELBR:
		return bridge_names(cmd, arg);
	case SIOCBRADDIF:
	case SIOCBRDELIF:
		return bridge_port(cmd, (void *)arg);
	default:
		return -ENOTTY;
	}
}
