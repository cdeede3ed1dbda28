/* SPDX-License-Identifier: MIT
 *
 * What systemd is told (Type=notify).  Without libsystemd, or when systemd did
 * not start us, all of it does nothing.  Master only.
 */
#ifndef THIMBLE_MASTER_NOTIFY_H
#define THIMBLE_MASTER_NOTIFY_H

#include <stdint.h>

void notify_ready(unsigned workers);
void notify_reloading(void);
void notify_stopping(void);
/* Milliseconds between two signs of life that systemd wants; 0: none. */
uint64_t notify_watchdog_ms(void);
void notify_alive(void);
/* For a child: what it starts must not speak for us. */
void notify_forget(void);

#endif
