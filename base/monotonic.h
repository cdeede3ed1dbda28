/* SPDX-License-Identifier: MIT
 *
 * Time that only goes forward (CLOCK_MONOTONIC), the same in all processes of
 * the machine.  Any process, any thread; no system call.
 */
#ifndef THIMBLE_BASE_MONOTONIC_H
#define THIMBLE_BASE_MONOTONIC_H

#include <stdint.h>
#include <time.h>

/* Microseconds. */
static inline uint64_t
monotonic_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Milliseconds. */
static inline uint64_t
monotonic_ms(void)
{
	return monotonic_us() / 1000;
}

#endif
