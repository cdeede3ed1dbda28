/* SPDX-License-Identifier: MIT
 *
 * recv() and send() for where each instruction counts.  Those of the C library are points where a thread may be
 * cancelled: in a process with threads they enter and leave a state for that, four locked
 * instructions a call.  No thread of ours is ever cancelled.  Any thread; errno as usual.
 */
#ifndef THIMBLE_WORKER_SOCKET_H
#define THIMBLE_WORKER_SOCKET_H

#include <unistd.h>

#include <sys/syscall.h>

static inline ssize_t
socket_recv(int fd, void *to, size_t n, int flags)
{
	return syscall(SYS_recvfrom, fd, to, n, flags, NULL, NULL);
}

static inline ssize_t
socket_send(int fd, const void *from, size_t n, int flags)
{
	return syscall(SYS_sendto, fd, from, n, flags, NULL, 0);
}

#endif
