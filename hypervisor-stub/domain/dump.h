/* SPDX-License-Identifier: MIT */
/* Debug keys about domains. */
#ifndef DOMAIN_DUMP_H
#define DOMAIN_DUMP_H

void domain_dump_init(void);
/* The parts of it that have files of their own. */
void footprint_dump_init(void);
void zombie_dump_init(void);

#endif
