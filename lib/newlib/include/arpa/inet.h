/* SPDX-License-Identifier: MIT */
/* The network's byte order, and addresses as text (glue/inet.c). */
#ifndef _ARPA_INET_H
#define _ARPA_INET_H

#include <netinet/in.h>

#define INET_ADDRSTRLEN 16

#ifdef __cplusplus
extern "C" {
#endif

int inet_aton(const char *text, struct in_addr *to);
in_addr_t inet_addr(const char *text);
char *inet_ntoa(struct in_addr a);
int inet_pton(int family, const char *text, void *to);
const char *inet_ntop(int family, const void *from, char *to, socklen_t size);

#ifdef __cplusplus
}
#endif

#endif
