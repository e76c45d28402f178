/* SPDX-License-Identifier: MIT */
/*
 * Which states of a frontend and a backend go together.
 *
 * Each half writes only its own state and reads the other's, so of each pair one may ask: can it be reached by
 * steps of the protocol, and who takes the next one? docs/xenstore.md has the whole machine.
 */
#include "check.h"

#include <xen/io/xenbus.h>

#define STATES (XenbusStateReconfigured + 1)

const char *state_name(unsigned state)
{
	static const char *const names[STATES] = {
		"Unknown", "Initialising", "InitWait",	    "Initialised",  "Connected",
		"Closing", "Closed",	   "Reconfiguring", "Reconfigured",
	};

	return state < STATES ? names[state] : "no state";
}

/*
 * A line for each state of the frontend, a column for each of the backend. r: at rest. f, b: it is the frontend's, the
 * backend's turn. Anything else cannot be.
 *
 * A frontend without a driver stays Initialising for ever, and its backend InitWait: that is rest. So is a
 * backend that has closed behind a frontend that closed, or waits for it to begin anew; and one that shall end
 * while nobody drives the other half.
 */
static const char table[STATES][STATES + 1] = {
	"---------", /* Unknown */
	"-br--rb--", /* Initialising */
	"-bb------", /* InitWait */
	"-bbbfff--", /* Initialised */
	"--bbrffff", /* Connected */
	"-bbbbff--", /* Closing */
	"-brbbbr--", /* Closed */
	"----b--bf", /* Reconfiguring */
	"----f--bb", /* Reconfigured */
};

struct judgement judge_states(unsigned front, unsigned back)
{
	char c = front < STATES && back < STATES ? table[front][back] : '-';

	switch (c) {
	case 'r':
		return (struct judgement){ AT_REST, NULL };
	case 'f':
		return (struct judgement){ ON_ITS_WAY, "frontend" };
	case 'b':
		return (struct judgement){ ON_ITS_WAY, "backend" };
	default:
		return (struct judgement){ IMPOSSIBLE, NULL };
	}
}
