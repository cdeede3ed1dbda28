/* SPDX-License-Identifier: MIT
 *
 * See notify.h.
 */
#include "config.h"

#include "master/notify.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/monotonic.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

void
notify_ready(unsigned workers)
{
	(void)sd_notifyf(0, "READY=1\nMAINPID=%d\nSTATUS=%u worker%s", (int)getpid(), workers, workers == 1 ? "" : "s");
}

void
notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=Reloading", (unsigned long long)monotonic_us());
}

void
notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1\nSTATUS=Stopping");
}

uint64_t
notify_watchdog_ms(void)
{
	uint64_t usec;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec / 2000 : 0;
}

void
notify_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

#else

void
notify_ready(unsigned workers)
{
	(void)workers;
}

void
notify_reloading(void)
{
}

void
notify_stopping(void)
{
}

uint64_t
notify_watchdog_ms(void)
{
	return 0;
}

void
notify_alive(void)
{
}

#endif

void
notify_forget(void)
{
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_PID");
	(void)unsetenv("WATCHDOG_USEC");
}
