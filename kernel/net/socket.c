/* SPDX-License-Identifier: MIT */
/*
 * Sockets as files.
 *
 * Every socket has an inode without a name, of a file system that is mounted nowhere, as pipes do.
 */
#include "net/socket.h"
#include "net/net.h"
#include "proc.h"
#include "signal.h"
#include "timer.h"
#include "vm.h"

static unsigned sockets; /* open, of all families */

unsigned socket_count(void)
{
	return sockets;
}

static void socket_evict(struct inode *i)
{
	kfree(i);
}

static const struct inode_ops socket_iops = { .evict = socket_evict };
static const struct file_ops socket_fops;
static const struct fs_type sockfs_type = { .name = "sockfs", .nodev = true };

static struct mount *socket_mount(void)
{
	static struct super sb = { .refs = 1, .type = &sockfs_type };
	static struct mount mnt = { .refs = 1, .sb = &sb };

	return mount_get(&mnt);
}

struct socket *socket_new(const struct socket_ops *ops, int family, int type, int protocol)
{
	struct socket *s = kzalloc(sizeof(*s));

	if (!s)
		return err_ptr(-ENOMEM);
	s->ops = ops;
	s->family = family;
	s->type = type;
	s->protocol = protocol;
	s->recv_room = s->send_room = SOCKET_ROOM;
	waitq_init(&s->wait);
	return s;
}

void socket_free(struct socket *s)
{
	s->ops->release(s);
	kfree(s);
}

struct file *socket_file(struct socket *s, unsigned flags)
{
	struct inode *i = kmalloc(sizeof(*i));
	struct file *f = NULL;

	if (i) {
		struct path at = { socket_mount(), i };

		inode_init(i, at.mnt->sb, S_IFSOCK | 0777);
		i->ops = &socket_iops;
		f = file_create(&socket_fops, O_RDWR | flags, &at, s);
	}
	if (f) {
		s->file = f;
		sockets++;
	} else {
		socket_free(s);
	}
	return f;
}

struct socket *socket_of(struct file *f)
{
	return f->ops == &socket_fops ? f->priv : NULL;
}

uint64_t socket_deadline(uint64_t timeout)
{
	return timeout ? time_now() + timeout : WAIT_FOREVER;
}

int socket_waited(int rc, uint64_t deadline)
{
	if (rc == -ETIMEDOUT)
		return -EAGAIN;
	return rc == -ERESTARTSYS && deadline != WAIT_FOREVER ? -EINTR : rc;
}

int socket_take_error(struct socket *s)
{
	int error = s->error;

	s->error = 0;
	return -error;
}

struct socket *socket_accept(struct socket *s, bool nonblock)
{
	uint64_t deadline = socket_deadline(s->recv_timeout);

	for (;;) {
		struct socket *new = s->ops->accept(s);
		int rc;

		if (new)
			return new;
		if (nonblock)
			return err_ptr(-EAGAIN);
		rc = socket_wait(s, s->ops->poll(s) & POLLIN, deadline);
		if (rc)
			return err_ptr(rc);
	}
}

/* ---- the file's functions ---- */

static unsigned file_flags(const struct file *f)
{
	return f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

static long socket_read(struct file *f, struct iter *to, uint64_t *pos)
{
	struct socket *s = f->priv;
	union sockaddr_any from;
	unsigned out = 0;
	size_t len = 0;

	(void)pos;
	return s->ops->recv(s, to, &from, &len, file_flags(f), &out);
}

static long socket_write(struct file *f, struct iter *from, uint64_t *pos)
{
	struct socket *s = f->priv;
	long rc = s->ops->send(s, from, NULL, 0, file_flags(f));

	(void)pos;
	if (rc == -EPIPE && s->type == SOCK_STREAM)
		signal_send_task(current, SIGPIPE, NULL);
	return rc;
}

static unsigned socket_poll(struct file *f, struct poll_table *pt)
{
	struct socket *s = f->priv;

	poll_wait(pt, &s->wait);
	return s->ops->poll(s);
}

static long socket_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct socket *s = f->priv;
	int (*count)(struct socket * s) = s->ops->readable;
	int n;

	if (cmd != FIONREAD && cmd != SIOCOUTQ)
		return net_ioctl(cmd, arg);
	if (cmd == SIOCOUTQ)
		count = s->ops->unsent;
	n = count ? count(s) : -EINVAL;
	return n < 0 ? n : put_user(n, (int *)arg);
}

static void socket_release(struct file *f)
{
	sockets--;
	socket_free(f->priv);
}

static const struct file_ops socket_fops = {
	.read = socket_read,
	.write = socket_write,
	.poll = socket_poll,
	.ioctl = socket_ioctl,
	.release = socket_release,
	.stream = true,
};
