/* SPDX-License-Identifier: MIT */
/* The debug key about scheduling. */
#ifndef SCHED_DUMP_H
#define SCHED_DUMP_H

void sched_dump_init(void);

#endif
