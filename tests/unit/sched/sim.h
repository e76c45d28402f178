/* SPDX-License-Identifier: MIT */
/*
 * A machine for policies: a clock, pCPUs, and units that want to run always or now and then.
 *
 * It calls a policy as sched.c does (who looks when somebody wakes, rate limit, ends of turns, periods of
 * caps), and checks at each step what must always hold: a unit runs where its mask allows, on one pCPU at a
 * time, and no pCPU idles while a unit waits that may run there. Deterministic: its own generator.
 */
#ifndef SIM_H
#define SIM_H

#include "sched/budget.h"
#include "sched/policy.h"

#define SIM_UNITS 128
#define SIM_CPUS  8

#define MS  1000000ULL
#define SEC 1000000000ULL

struct sim_unit {
	struct sched_unit u;
	struct sched_group own;
	/* What it wants: 0, 0: to run always. Else bursts and sleeps, each from half to one and a half. */
	uint64_t burst, sleep;
	uint64_t left;	  /* of this burst */
	uint64_t wake_at; /* asleep until then; 0: awake */
	/* What it got. */
	uint64_t ran;
	uint64_t wanted;       /* a sleeper's: the bursts that are over */
	uint64_t waits_since;  /* while it waits */
	uint64_t longest_wait; /* parked or not */
	uint64_t longest_run;  /* in one go, without another one in between */
	uint64_t turns;
};

struct sim {
	const struct sched_policy *policy;
	unsigned int cpus, units;
	uint64_t now;
	uint64_t random;
	struct {
		struct sim_unit *turn, *last;
		uint64_t since, length, deadline; /* deadline: 0: none */
		uint64_t in_a_row;
		uint64_t ran;
		bool look, idle;
	} cpu[SIM_CPUS];
	struct sim_unit unit[SIM_UNITS];
};

extern struct sim sim;

void sim_start(const struct sched_policy *policy, unsigned int cpus, uint64_t seed);
/* A unit that wants to run always, from now on; on any pCPU. */
struct sim_unit *sim_hog(unsigned int weight);
/* One that sleeps now and then, the times in ns. */
struct sim_unit *sim_sleeper(unsigned int weight, uint64_t burst, uint64_t sleep);
void sim_pin(struct sim_unit *s, uint64_t mask);
/* Its group is this one from now on, or has other parameters than before. */
void sim_change(struct sim_unit *s, struct sched_group *group);
/* It goes to sleep, if it is not, until it is woken. */
void sim_sleep(struct sim_unit *s);
void sim_wake(struct sim_unit *s);
void sim_run(uint64_t ns);
/* All `ran`, `wanted`, waits and turns from 0. */
void sim_clear(void);
uint64_t sim_rand(uint64_t below);
/* What each hog is due of `ns`, by weight, none more than one pCPU: into due[], in order of creation. */
void sim_due(uint64_t ns, double *due);

#endif
