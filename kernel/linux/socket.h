/* SPDX-License-Identifier: MIT */
/*
 * What the files of the socket calls share: socket.c (the list, names, connections), message.c (data),
 * sockopt.c (options). Pointers of the program are words here.
 */
#ifndef KERNEL_LINUX_SOCKET_H
#define KERNEL_LINUX_SOCKET_H

#include "linux/linux.h"
#include "net/socket.h"

static inline void *user_ptr(uint32_t v)
{
	return (void *)(uintptr_t)v;
}

/* A program's name of a socket. 0, -EINVAL, -EFAULT. */
int socket_name_in(union sockaddr_any *a, uint32_t user, uint32_t len);
/* As much as there is room for, and how long it really is. */
int socket_name_out(const union sockaddr_any *a, size_t len, uint32_t user, uint32_t user_len);

/* message.c. v: the call's arguments; has_name: sendto and recvfrom. */
long socket_send(struct file *f, struct socket *s, const uint32_t *v, bool has_name);
long socket_recv(struct file *f, struct socket *s, const uint32_t *v, bool has_name);
long socket_sendmsg(struct file *f, struct socket *s, uint32_t user, unsigned flags);
long socket_recvmsg(struct file *f, struct socket *s, uint32_t user, unsigned flags);
long socket_sendmmsg(struct file *f, struct socket *s, uint32_t user, uint32_t count,
		     unsigned flags);
/* timeout: a struct timespec, after which no further message is waited for; 0: none. */
long socket_recvmmsg(struct file *f, struct socket *s, uint32_t user, uint32_t count,
		     unsigned flags, uint32_t timeout);

/* sockopt.c */
long socket_setopt(struct socket *s, const uint32_t *v);
long socket_getopt(struct socket *s, const uint32_t *v);

#endif
