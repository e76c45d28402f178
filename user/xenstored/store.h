/* SPDX-License-Identifier: MIT */
/*
 * The store: a tree of small values, and who may do what with it.
 *
 *	tree.c		nodes; a snapshot costs nothing (persistent tree)
 *	access.c	paths, permissions, quotas
 *	operation.c	reading and changing one node, in a transaction or not
 *	transaction.c	snapshots, conflicts, commits
 *	watch.c		who is told of what
 *	connection.c	clients: bytes in, messages out
 *	ring.c		the page that they share with us
 *	request.c	messages of the protocol <xen/io/xs_wire.h> and their answers
 *	save.c		all of it as a file
 *
 * None of these files knows how bytes travel or what a domain is: they are compiled for the host too and tested
 * there. main.c and domain.c are the program around them. One thread, no locks. Errors are
 * positive errno values, 0 is success; memory that runs out is ENOMEM and changes nothing.
 */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <xen/io/xs_wire.h>

/* What a domain may take of the store. Domain 0 and local programs are not limited. */
enum {
	QUOTA_NODES = 1000,
	QUOTA_NODE_BYTES = 2048, /* value and names */
	QUOTA_WATCHES = 128,
	QUOTA_TRANSACTIONS = 10,
	QUOTA_ACCESSES = 1024,		     /* different nodes in one transaction */
	QUOTA_CHANGES = 1024,		     /* each compared with all others at the end */
	QUOTA_TRANSACTION_BYTES = 256 << 10, /* of paths and values that one remembers */
	QUOTA_PERMS = 5,
	QUOTA_EVENTS = 1024, /* that it has not read */
	DEPTH_MOST = 64,
	DOMAINS_MOST = 0x7ff0,
};

struct list {
	struct list *next, *prev;
};

#define LIST_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define list_for_each(pos, head)                                                      \
	for (struct list *pos = (head)->next, *pos##_next = pos->next; pos != (head); \
	     pos = pos##_next, pos##_next = pos->next)

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_append(struct list *head, struct list *l)
{
	l->next = head;
	l->prev = head->prev;
	head->prev->next = l;
	head->prev = l;
}

static inline void list_remove(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->next = l->prev = l;
}

/* ---- tree.c ---- */

enum { PERM_NONE = 0, PERM_READ = 1, PERM_WRITE = 2, PERM_OWNER = 4 };

struct perm {
	unsigned id, rights;
};

/*
 * A node is reached by one pointer from each version of the tree that contains it; refs counts them. One
 * with more than one is never changed: node_own() makes a copy first.
 */
struct node {
	unsigned refs;
	uint64_t generation; /* changes when value, permissions or names of children do */
	char *name;
	char *value;
	size_t value_len;
	struct perm *perms; /* [0]: the owner, and the rights of everybody else */
	unsigned perm_count;
	struct node **children; /* by name */
	unsigned child_count;
};

struct node *tree_new(void); /* a root of domain 0's */
struct node *node_get(struct node *n);
void node_put(struct node *n); /* NULL is fine */
/* The node at an absolute path, or NULL. Borrowed. */
struct node *tree_find(struct node *root, const char *path);
/* The same, with every node on the way made changeable in this version. NULL: not there, or no memory. */
struct node *tree_own(struct node **root, const char *path);
/* An empty child, owned by this version already. NULL: no memory. */
struct node *node_add_child(struct node *parent, const char *name, size_t len);
void node_drop_child(struct node *parent, const char *name);
int node_set_value(struct node *n, const void *value, size_t len);
void node_take_value(struct node *n, char *value,
		     size_t len); /* malloc'd, the node's from now on */
int node_set_perms(struct node *n, const struct perm *perms, unsigned count);
size_t node_bytes(const struct node *n);

/* ---- connection.c ---- */

struct transaction;

struct connection {
	struct list link;
	unsigned domain, target; /* target: also acts for this one; == domain when there is none */
	bool privileged;	 /* domain 0, and its programs */
	bool dead;		 /* not served any more */
	unsigned long frame;	 /* as it was introduced, for whoever serves it next */
	unsigned port;

	unsigned watch_count, transaction_count, event_count;
	struct list watches, transactions;
	uint32_t next_transaction;

	/* The message that is arriving. */
	struct {
		struct xsd_sockmsg header;
		char body[XENSTORE_PAYLOAD_MAX + 1];
	} in;
	size_t in_have;

	/* What waits for room. */
	struct list out;
};

struct message {
	struct list link;
	bool is_event;
	size_t len, sent; /* of data */
	char data[];	  /* header and body */
};

extern struct list connections;

struct connection *connection_new(unsigned domain, bool privileged);
/* Its watches, transactions and what it has not read are gone afterwards. */
void connection_free(struct connection *c);
void connection_reset(struct connection *c); /* watches and transactions only */
void connection_send(struct connection *c, const struct xsd_sockmsg *header, const void *body,
		     size_t len, bool is_event);
/* A message of c->out has been handed over. */
void connection_sent(struct connection *c, struct message *m);
/* request.c: c->in is complete: do what it says and queue the answer. */
void connection_request(struct connection *c);
/*
 * Takes bytes as they come, serving every message that is complete. Returns how many were taken: all of
 * them, or fewer when an answer must be read first; c->dead is set on a violation of the protocol.
 */
size_t connection_bytes(struct connection *c, const char *bytes, size_t len);

/* ---- ring.c ---- */

/*
 * One turn of a client: moves bytes both ways and serves a few requests. 0, or the XENSTORE_ERROR_ for which this
 * client is served no more. *moved: its other end has to look, and there may be more to do.
 */
uint32_t ring_serve(struct connection *c, struct xenstore_domain_interface *ring, bool *moved);

/* ---- access.c ---- */

bool path_is_special(const char *path); /* "@..." */
/*
 * The absolute path that c means, into out (XENSTORE_ABS_PATH_MAX + 1 bytes). EINVAL. Special names pass only
 * if asked for.
 */
int path_resolve(const struct connection *c, const char *path, bool special, char *out);
/* The length of the part before the last name; 0 for children of the root. */
size_t path_parent(const char *path);
unsigned rights_of(const struct connection *c, const struct perm *perms, unsigned count);
/* "r0", "b3" ... at p, terminated; EINVAL. */
int perm_parse(const char *text, struct perm *p);
int perm_print(const struct perm *p, char *out, size_t size);
/* Nodes of a domain: counted where they come and go, or all anew. */
unsigned *owned_by(unsigned domain);
void owned_recount(void);

/* ---- operation.c: t may be NULL; paths are absolute ---- */

int op_read(struct connection *c, struct transaction *t, const char *path, unsigned need,
	    struct node **node);
int op_write(struct connection *c, struct transaction *t, const char *path, const void *value,
	     size_t len);
int op_mkdir(struct connection *c, struct transaction *t, const char *path);
int op_rm(struct connection *c, struct transaction *t, const char *path);
int op_set_perms(struct connection *c, struct transaction *t, const char *path,
		 const struct perm *perms, unsigned count);
/* A domain is gone: its rights end, and what it owned goes with all that is below. */
void op_forget_domain(unsigned domain);

extern struct node *store_root;
/* While a transaction is put into the store nobody is told: its end does that. */
extern bool op_quietly;
uint64_t next_generation(void);

/* ---- transaction.c ---- */

enum change_kind { CHANGE_WRITE, CHANGE_MKDIR, CHANGE_RM, CHANGE_PERMS };

struct change {
	struct list link;
	enum change_kind kind;
	char *path;
	void *data; /* value, or perms */
	size_t len; /* bytes */
};

struct transaction {
	struct list link;
	uint32_t id;
	struct node *base; /* the store as it was when this began */
	struct node *root; /* this version of the tree */
	struct list accesses, changes;
	unsigned access_count, change_count;
	size_t bytes;	/* of accesses and changes */
	bool limited;	/* a guest's */
	int failed;	/* an error that took a change from the log: it cannot be committed */
	int nodes_made; /* owned by the connection's domain, not counted yet */
};

struct transaction *transaction_find(struct connection *c, uint32_t id);
int transaction_start(struct connection *c, uint32_t *id);
/*
 * EAGAIN: a node that it looked at has changed. All of it is done or, with any error, nothing. It is gone
 * afterwards, whatever is returned.
 */
int transaction_end(struct connection *c, struct transaction *t, bool commit);
void transaction_free(struct connection *c, struct transaction *t);
/* Its outcome depends on this node as it was at the beginning. */
int transaction_note(struct transaction *t, const char *path);
/* It changed this node and has to do it again at its end. */
int transaction_log(struct transaction *t, enum change_kind kind, const char *path,
		    const void *data, size_t len);

/* ---- watch.c ---- */

int watch_add(struct connection *c, const char *path, const char *token);
int watch_remove(struct connection *c, const char *path, const char *token);
void watch_remove_all(struct connection *c);
/*
 * The node at path changed (before: as it was, or NULL; `subtree`: so did everything below). Everybody who
 * watches it, or a node above it, and may read it, gets an event.
 */
void watch_fire(const char *path, struct node *old_root, bool subtree);
void watch_fire_special(const char *name);
/* A new watch fires at once. */
void watch_fire_newest(struct connection *c);
void watch_each(struct connection *c,
		void (*fn)(void *data, const char *path, size_t prefix, const char *token),
		void *data);
/* One that watch_each() told of: an absolute path, and how much of it its client did not write. */
int watch_restore(struct connection *c, const char *path, size_t prefix, const char *token);
/* Something may have been missed. */
void watch_fire_all(struct connection *c);
/* Permissions of the special names. */
struct special {
	const char *name;
	struct perm perms[QUOTA_PERMS];
	unsigned perm_count;
};
struct special *special_find(const char *name);
struct special *special_next(struct special *s); /* NULL begins and ends */

/* ---- save.c ---- */

/* complete: this server does nothing more afterwards. false: it could not be written. */
bool store_save(FILE *f, bool complete);
/*
 * Into an empty store without clients: makes the tree, and a connection for each domain but 0. false: this is no such
 * file, all is as it was.
 */
bool store_load(FILE *f);

/* ---- what the program gives request.c: domains ---- */

int domain_introduce(unsigned domain, unsigned long frame, unsigned port);
int domain_release(unsigned domain);
int domain_resume(unsigned domain);
int domain_set_target(unsigned domain, unsigned target);
bool domain_is_introduced(unsigned domain);
/* Something that store_save() writes has changed. */
void store_changed(void);
/* XS_CONTROL: an answer, or NULL for an unknown command. */
const char *control_command(const char *command);

#endif
