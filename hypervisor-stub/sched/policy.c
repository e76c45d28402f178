/* SPDX-License-Identifier: MIT */
/* The policies that there are, and what they have in common. Pure. */
#include "sched/policy.h"

struct sched_settings sched_settings;
