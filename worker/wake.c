/* SPDX-License-Identifier: MIT
 *
 * See wake.h.
 */
#include "config.h"

#include "worker/wake.h"

#include <stdint.h>

#include <sys/eventfd.h>

int
wake_open(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

void
wake_bus(int wake)
{
	/* It fails only where it would overflow: nobody has read it for long, and it is readable. */
	if (wake >= 0)
		(void)eventfd_write(wake, 1);
}

bool
wake_was(int wake)
{
	eventfd_t count;

	return wake >= 0 && eventfd_read(wake, &count) == 0;
}
