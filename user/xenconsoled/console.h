/* SPDX-License-Identifier: MIT */
/*
 * One guest's console: its ring and port on one side, a pseudo-terminal and a log on the other.
 */
#ifndef XENCONSOLED_CONSOLE_H
#define XENCONSOLED_CONSOLE_H

#include "history.h"
#include "log.h"
#include "ring.h"
#include "xc.h"
#include "xs.h"

/* As long as a guest has not printed, nobody must work for it; one that floods gets this much a period. */
#define PERIOD_MS    200
#define PERIOD_TURNS 64 /* of one ring full */
/* A reader that takes nothing for so long is no reader: then its guest no longer waits for it. */
#define PATIENCE_MS 1000

struct console {
	struct console *next;
	unsigned domid;
	char name[64];

	struct xencons_interface *ring; /* NULL: not connected */
	bool refused;			/* broke the ring's rules: until it shows another one */
	unsigned long ring_ref;
	unsigned remote_port;
	int port;      /* ours, or -1 */
	bool ready;    /* an event came; the port is masked until the ring is empty */
	bool at_limit; /* its turns of this period are used up */
	unsigned turns;

	uint64_t ending; /* ms: the guest is gone, the terminal goes then; 0 */

	int master;	      /* of the pty, or -1 */
	bool attached;	      /* somebody has the slave open */
	uint64_t stuck_since; /* ms: when the reader last took something; 0: it is not behind */
	struct history history;
	struct log log;
};

extern struct console *consoles;
extern struct xs *store;
extern int events; /* /dev/xen/evtchn */

uint64_t now_ms(void);

/* A guest that the store speaks of. NULL: no memory. */
struct console *console_new(unsigned domid);
struct console *console_find(unsigned domid);
/* Connects, when the store says to what; again when that has changed. */
void console_update(struct console *c);
/* The guest is gone: takes what it printed last. Once console_ended() the terminal is closed too. */
void console_end(struct console *c);
bool console_ended(const struct console *c);
void console_free(struct console *c);
/* One turn of work: a ring full from the guest at most. True when there is more to do right now. */
bool console_turn(struct console *c);
/* To the guest, what was typed. */
void console_typed(struct console *c);
/* To the reader, what it takes. */
void console_show(struct console *c);
/* May the guest be given anything? */
bool console_has_room(const struct console *c);

#endif
