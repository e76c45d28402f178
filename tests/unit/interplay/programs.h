/* SPDX-License-Identifier: MIT */
/*
 * What a processor does in a run: a few calls of one vCPU, each with the locks that its handler takes.
 */
#ifndef TESTS_UNIT_INTERPLAY_PROGRAMS_H
#define TESTS_UNIT_INTERPLAY_PROGRAMS_H

#include "tests/unit/interplay/explore.h"

enum needs {
	A_LIVES = 1, /* a vCPU of A, which a dying domain has not */
	KILLS = 2,
	STOPS = 4, /* may be stopped half-way for preemption */
};

struct program {
	const char *name;
	explore_fn run;
	unsigned int needs;
};

extern const struct program programs[];
extern const unsigned int program_count;

/* How often what a program is about was done, and was refused. */
extern struct tally {
	unsigned long done, refused;
} * tally;

#endif
