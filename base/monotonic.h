/* SPDX-License-Identifier: MIT
 *
 * Time that only goes forward (CLOCK_MONOTONIC), the same in all processes of
 * the machine; and, for what is stored or told to others, the time of the day,
 * which may be set back.  Any process, any thread; no system call.
 */
#ifndef THIMBLE_BASE_MONOTONIC_H
#define THIMBLE_BASE_MONOTONIC_H

#include <stdint.h>
#include <time.h>

enum { SECOND_US = 1000000 };

/* Microseconds. */
static inline uint64_t
monotonic_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_US + (uint64_t)now.tv_nsec / 1000;
}

/* Milliseconds. */
static inline uint64_t
monotonic_ms(void)
{
	return monotonic_us() / 1000;
}

/* Microseconds since 1970. */
static inline uint64_t
realtime_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * SECOND_US + (uint64_t)now.tv_nsec / 1000;
}

#endif
