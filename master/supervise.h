/* SPDX-License-Identifier: MIT
 *
 * The master's life after start-up: fork, signals, respawn (design, section 2).
 */
#ifndef THIMBLE_MASTER_SUPERVISE_H
#define THIMBLE_MASTER_SUPERVISE_H

struct settings;

/*
 * Binds, maps the shared memory, forks the workers and supervises them until
 * told to stop.  `config_path` is read again on HUP; *settings is taken over.
 * Returns the exit status of thimbled.
 */
int supervise(const char *config_path, struct settings **settings);

#endif
