/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/xenbus: the store for programs, over the kernel's one ring.
 *
 * A program writes messages of the protocol and reads answers and events, as if the file were a connection
 * of its own. What belongs to one connection is kept apart here: watches (the kernel sets one of its own for
 * each and puts the program's token into the event) and transactions (a file may only name those that
 * it began; those left over are aborted when it is closed). Watches live on when the server is replaced by
 * another, transactions do not: whoever goes on with one hears EAGAIN.
 *
 * Locks: `lock` (a mutex) for the message being written, watches and transactions; `out_lock` for what is
 * to be read, which the store's thread appends to.
 */
#include "dev.h"
#include "proc.h"

#define EVENTS_MOST 4096u /* that nobody reads; more are dropped */

struct reply {
	struct list link;
	size_t len, taken;
	char data[]; /* header and body */
};

struct watch {
	struct list link;
	struct xs_watch w;
	struct user *user;
	char token[];
};

struct transaction {
	struct list link;
	xs_transaction_t id;
	unsigned service; /* of which server */
};

struct user {
	struct mutex lock;
	struct list watches, transactions;
	size_t have; /* bytes of the message */
	struct {
		struct xsd_sockmsg header;
		char body[XENSTORE_PAYLOAD_MAX + 1];
	} message;

	struct mutex read_lock; /* one reader at a time, else bytes of answers would mix */
	struct spinlock out_lock;
	struct list out;
	unsigned out_count;
	struct waitq readers;
};

/* ---- what goes out ---- */

static int queue_reply(struct user *u, struct xsd_sockmsg header, const struct span *parts,
		       unsigned count)
{
	struct reply *r;
	char *at;

	header.len = 0;
	for (unsigned i = 0; i < count; i++)
		header.len += parts[i].len;
	r = kmalloc(sizeof(*r) + sizeof(header) + header.len);
	if (!r)
		return -ENOMEM;
	r->len = sizeof(header) + header.len;
	r->taken = 0;
	memcpy(r->data, &header, sizeof(header));
	at = r->data + sizeof(header);
	for (unsigned i = 0; i < count; i++) {
		memcpy(at, parts[i].base, parts[i].len);
		at += parts[i].len;
	}
	spin_lock(&u->out_lock);
	list_add_tail(&u->out, &r->link);
	u->out_count++;
	spin_unlock(&u->out_lock);
	waitq_wake(&u->readers);
	return 0;
}

static int reply(struct user *u, const void *body, size_t len)
{
	struct span part = { (void *)body, len };

	return queue_reply(u, u->message.header, &part, 1);
}

static int reply_error(struct user *u, int error)
{
	struct xsd_sockmsg header = u->message.header;
	const char *name = "EIO";
	struct span part;

	for (unsigned i = 0; i < ARRAY_SIZE(xsd_errors); i++)
		if (xsd_errors[i].errnum == -error)
			name = xsd_errors[i].errstring;
	header.type = XS_ERROR;
	part = (struct span){ (void *)name, strlen(name) + 1 };
	return queue_reply(u, header, &part, 1);
}

static int reply_ok(struct user *u)
{
	return reply(u, "OK", 3);
}

/* In the store's thread. */
static void watch_event(struct xs_watch *w, const char *path)
{
	struct watch *watch = w->data;
	struct span parts[2] = { { (void *)path, strlen(path) + 1 },
				 { watch->token, strlen(watch->token) + 1 } };

	if (watch->user->out_count >= EVENTS_MOST ||
	    queue_reply(watch->user, (struct xsd_sockmsg){ .type = XS_WATCH_EVENT }, parts, 2))
		printk("xenbus: an event for a program that does not read is dropped\n");
}

/* ---- requests ---- */

/* The body as two strings: the second one, or NULL when it is not that. */
static const char *second_string(struct user *u)
{
	const char *body = u->message.body;
	size_t first = strlen(body) + 1, len = u->message.header.len;

	/* The byte behind the body is 0: strings end. */
	return first < len && strlen(body + first) + 1 == len - first ? body + first : NULL;
}

static struct watch *find_watch(struct user *u, const char *path, const char *token)
{
	struct watch *w;

	list_for_each (w, &u->watches, link)
		if (!strcmp(w->w.path, path) && !strcmp(w->token, token))
			return w;
	return NULL;
}

static int watch(struct user *u)
{
	const char *path = u->message.body, *token = second_string(u);
	struct watch *w;
	int rc;

	if (!token)
		return reply_error(u, -EINVAL);
	if (find_watch(u, path, token))
		return reply_error(u, -EEXIST);
	w = kzalloc(sizeof(*w) + strlen(token) + 1);
	if (!w)
		return -ENOMEM;
	w->w.path = kstrdup(path);
	if (!w->w.path) {
		kfree(w);
		return -ENOMEM;
	}
	w->w.fn = watch_event;
	w->w.data = w;
	w->user = u;
	memcpy(w->token, token, strlen(token) + 1);
	rc = xs_watch(&w->w);
	if (rc) {
		kfree(w->w.path);
		kfree(w);
		return reply_error(u, rc);
	}
	list_add(&u->watches, &w->link);
	return reply_ok(u);
}

static void drop_watch(struct watch *w)
{
	list_del(&w->link);
	xs_unwatch(&w->w);
	kfree(w->w.path);
	kfree(w);
}

static int unwatch(struct user *u)
{
	const char *token = second_string(u);
	struct watch *w = token ? find_watch(u, u->message.body, token) : NULL;

	if (!w)
		return reply_error(u, token ? -ENOENT : -EINVAL);
	drop_watch(w);
	return reply_ok(u);
}

static int reset_watches(struct user *u)
{
	while (!list_empty(&u->watches))
		drop_watch(list_first(&u->watches, struct watch, link));
	return reply_ok(u);
}

static struct transaction *find_transaction(struct user *u, xs_transaction_t id)
{
	struct transaction *t;

	list_for_each (t, &u->transactions, link)
		if (t->id == id)
			return t;
	return NULL;
}

static void drop_transaction(struct transaction *t)
{
	list_del(&t->link);
	kfree(t);
}

/* Asks until a server has answered. -ERESTARTSYS: a signal came before. -EAGAIN: t's server is gone. */
static int ask(struct user *u, const struct transaction *t, char **body, size_t *len)
{
	const struct xsd_sockmsg *h = &u->message.header;
	struct span part = { u->message.body, h->len };
	int rc;

	do {
		rc = xs_wire_wait();
		if (!rc && t && t->service != xs_wire_service())
			return -EAGAIN;
		if (!rc)
			rc = xs_ask(h->type, h->tx_id, &part, 1, body, len);
	} while (rc == -ENOTCONN);
	return rc;
}

static int note_transaction(struct user *u, unsigned service, const char *id)
{
	struct transaction *t = kmalloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->id = (xs_transaction_t)strtoul(id, NULL, 10);
	t->service = service;
	list_add(&u->transactions, &t->link);
	return 0;
}

/* Everything else is the server's to judge. */
static int pass_on(struct user *u)
{
	const struct xsd_sockmsg *h = &u->message.header;
	struct transaction *t = h->tx_id ? find_transaction(u, h->tx_id) : NULL;
	unsigned service = xs_wire_service();
	char *body;
	size_t len;
	int rc;

	if (h->tx_id && !t)
		return reply_error(u, -ENOENT);
	rc = ask(u, t, &body, &len);
	if (rc == -ERESTARTSYS)
		return rc;
	if (h->type == XS_TRANSACTION_END && t && rc != -EINVAL)
		drop_transaction(t);
	if (rc)
		return reply_error(u, rc);
	if (h->type == XS_TRANSACTION_START)
		rc = note_transaction(u, service, body);
	if (!rc)
		rc = reply(u, body, len);
	kfree(body);
	return rc;
}

static int request(struct user *u)
{
	int rc = xs_wire_wait();

	if (rc)
		return rc;
	u->message.body[u->message.header.len] = '\0';
	switch (u->message.header.type) {
	case XS_WATCH:
		return watch(u);
	case XS_UNWATCH:
		return unwatch(u);
	case XS_RESET_WATCHES:
		return reset_watches(u);
	default:
		return pass_on(u);
	}
}

/* ---- the file ---- */

static size_t message_size(const struct user *u)
{
	return sizeof(struct xsd_sockmsg) +
	       (u->have < sizeof(struct xsd_sockmsg) ? 0 : u->message.header.len);
}

/* Bytes up to the end of the header, or of the message. */
static long take_bytes(struct user *u, struct iter *from)
{
	size_t want = message_size(u) - u->have;
	size_t n = iter_read(from, (char *)&u->message + u->have, want);

	if (!n && want)
		return from->left ? -EFAULT : 0;
	u->have += n;
	if (u->have >= sizeof(struct xsd_sockmsg) && u->message.header.len > XENSTORE_PAYLOAD_MAX) {
		u->have = 0;
		return -EINVAL;
	}
	return (long)n;
}

static bool is_complete(const struct user *u)
{
	return u->have >= sizeof(struct xsd_sockmsg) && u->have == message_size(u);
}

/* A request that a signal kept from being made is as if it had not been written. */
static long xenbus_write(struct file *f, struct iter *from, uint64_t *pos)
{
	struct user *u = f->priv;
	long done = 0, before = 0, n = 0;
	size_t had;

	(void)pos;
	mutex_lock(&u->lock);
	had = u->have;
	while (from->left && n >= 0) {
		n = take_bytes(u, from);
		if (n > 0)
			done += n;
		if (n < 0 || !is_complete(u))
			continue;
		u->have = 0;
		n = request(u);
		if (n == -ERESTARTSYS) {
			u->have = had;
			done = before;
		}
		had = 0;
		before = done;
	}
	mutex_unlock(&u->lock);
	return n < 0 && (n != -ERESTARTSYS || !done) ? n : done;
}

static long take_replies(struct user *u, struct iter *to)
{
	long done = 0;

	while (to->left && !list_empty(&u->out)) {
		struct reply *r = list_first(&u->out, struct reply, link);
		size_t n = iter_write(to, r->data + r->taken, r->len - r->taken);

		if (!n)
			return done ? done : -EFAULT;
		done += (long)n;
		r->taken += n;
		if (r->taken < r->len)
			continue;
		spin_lock(&u->out_lock);
		list_del(&r->link);
		u->out_count--;
		spin_unlock(&u->out_lock);
		kfree(r);
	}
	return done;
}

static long xenbus_read(struct file *f, struct iter *to, uint64_t *pos)
{
	struct user *u = f->priv;
	long done = 0;
	int rc;

	(void)pos;
	while (to->left && !done) {
		if (list_empty(&u->out) && f->flags & O_NONBLOCK)
			return -EAGAIN;
		rc = wait_event_interruptible(&u->readers, !list_empty(&u->out));
		if (rc)
			return rc;
		mutex_lock(&u->read_lock);
		done = take_replies(u, to);
		mutex_unlock(&u->read_lock);
	}
	return done;
}

static unsigned xenbus_poll(struct file *f, struct poll_table *pt)
{
	struct user *u = f->priv;

	poll_wait(pt, &u->readers);
	return POLLOUT | POLLWRNORM | (list_empty(&u->out) ? 0u : POLLIN | POLLRDNORM);
}

static int xenbus_open(struct file *f, struct inode *i)
{
	struct user *u;

	(void)i;
	if (!xs_wire_page())
		return -ENODEV;
	u = kzalloc(sizeof(*u));
	if (!u)
		return -ENOMEM;
	mutex_init(&u->lock);
	mutex_init(&u->read_lock);
	list_init(&u->watches);
	list_init(&u->transactions);
	list_init(&u->out);
	waitq_init(&u->readers);
	f->priv = u;
	return 0;
}

static void xenbus_release(struct file *f)
{
	struct user *u = f->priv;

	while (!list_empty(&u->transactions)) {
		struct transaction *t = list_first(&u->transactions, struct transaction, link);
		struct span abort = { (void *)"F", 2 };

		if (t->service == xs_wire_service())
			(void)xs_ask(XS_TRANSACTION_END, t->id, &abort, 1, NULL, NULL);
		drop_transaction(t);
	}
	while (!list_empty(&u->watches))
		drop_watch(list_first(&u->watches, struct watch, link));
	while (!list_empty(&u->out)) {
		struct reply *r = list_first(&u->out, struct reply, link);

		list_del(&r->link);
		kfree(r);
	}
	kfree(u);
}

const struct file_ops dev_xenbus_fops = {
	.open = xenbus_open,
	.read = xenbus_read,
	.write = xenbus_write,
	.poll = xenbus_poll,
	.release = xenbus_release,
	.stream = true,
};
