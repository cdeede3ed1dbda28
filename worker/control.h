/* SPDX-License-Identifier: MIT
 *
 * The control socket ([server] control): HTTP over a unix socket, for
 * thimblectl and for curl --unix-socket.  Any worker answers, for what it tells and
 * changes lies in shared memory.
 *
 *   GET  /stats      the cache's figures and the workers', as JSON
 *   GET  /workers    one object a worker
 *   POST /purge      {"tags": ["patch:42", ...]}; {"all": true} forgets everything
 *
 * Who may connect is a matter of the socket's mode (0660).
 */
#ifndef THIMBLE_WORKER_CONTROL_H
#define THIMBLE_WORKER_CONTROL_H

struct conn_handler;
struct control;
struct region;
struct shared;

/* Borrows its arguments; `region` may be NULL. */
struct control *control_new(struct shared *shared, struct region *region);
void control_free(struct control **control);

/* For conns_new, with the control as the context. */
const struct conn_handler *control_handler(void);

#endif
