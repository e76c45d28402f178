/* SPDX-License-Identifier: MIT */
/* Debug keys about domains. */
#ifndef DOMAIN_DUMP_H
#define DOMAIN_DUMP_H

void domain_dump_init(void);

#endif
