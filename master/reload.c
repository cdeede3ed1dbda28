/* SPDX-License-Identifier: MIT
 *
 * Reload: the new configuration is read, bound and started beside the old one,
 * and takes its place only when its workers are RUNNING.  Whatever fails
 * before that leaves the old one as it was, and says why.
 */
#include "config.h"

#include "master/master.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/settings.h"
#include "master/notify.h"
#include "proto/redis_url.h"

/* Each worker changes user itself, if we are root; better to learn here that it will not be able to. */
static int
check_user(const char *name, char error_r[LISTEN_ERROR_MAX])
{
	if (name[0] == '\0' || geteuid() != 0)
		return 0;
	errno = 0;
	if (getpwnam(name) != NULL)
		return 0;
	(void)snprintf(error_r, LISTEN_ERROR_MAX, "user %s: %s", name,
	    errno != 0 ? strerror(errno) : "there is no such user");
	return -1;
}

int
generation_open(struct generation *generation, struct settings **settings, const struct listeners *held,
    char error_r[LISTEN_ERROR_MAX])
{
	*generation = (struct generation){ 0 };
	if (check_user((*settings)->server.user, error_r) < 0
	    || listeners_open(&generation->listeners, *settings, held, error_r) < 0)
		return -1;
	generation->settings = *settings;
	generation->wanted = generation->settings->server.workers;
	*settings = NULL;
	return 0;
}

void
generation_close(struct generation *generation, const struct generation *kept)
{
	listeners_close(&generation->listeners, kept != NULL ? &kept->listeners : NULL);
	settings_free(&generation->settings);
	*generation = (struct generation){ 0 };
}

/* Calls the function once a line, without its newline. */
static void
each_line(const struct buf *text, void (*fn)(struct slice line))
{
	struct slice rest = buf_as_slice(text), line;

	while (slice_cut(&rest, '\n', &line))
		if (line.n > 0)
			fn(line);
}

static void
log_complaint(struct slice line)
{
	log_errorx("%.*s", SLICE_ARG(line));
}

static void
log_unchanged(struct slice key)
{
	log_warnx("%.*s cannot change while the server runs: the old value stays", SLICE_ARG(key));
}

static struct settings *
settings_reread(const struct master *m)
{
	struct buf text = { 0 };
	struct settings *settings = settings_load(m->config_path, redis_url_check, &text);

	if (settings == NULL) {
		each_line(&text, log_complaint);
	} else {
		settings_carry(settings, m->active->settings, &text);
		each_line(&text, log_unchanged);
	}
	buf_fini(&text);
	return settings;
}

/* Says how the reload ended; the old or new workers go on. */
static void
reload_end(struct master *m, bool ok, const char *reason)
{
	if (ok) {
		atomic_fetch_add(&m->shared->reloads_ok, 1);
		log_info("reloaded: %u worker%s", m->active->wanted, m->active->wanted == 1 ? "" : "s");
	} else {
		atomic_fetch_add(&m->shared->reloads_failed, 1);
		log_errorx("not reloaded, the old configuration stays in force: %s", reason);
	}
	if (m->ready && m->stopping == STOP_NO)
		notify_ready(children_serving(m, m->active->number, true));
}

void
reload_begin(struct master *m)
{
	struct generation *next = m->active == &m->generations[0] ? &m->generations[1] : &m->generations[0];
	struct settings *settings;
	char error[LISTEN_ERROR_MAX];

	if (m->next != NULL) {
		log_info("a reload is under way; the next one follows it");
		m->reload_again = true;
		return;
	}
	log_info("reloading");
	notify_reloading();
	settings = settings_reread(m);
	if (settings == NULL) {
		reload_end(m, false, "it has errors");
		return;
	}
	if (children_all(m) + settings->server.workers > SHARED_WORKERS_MAX) {
		settings_free(&settings);
		reload_end(m, false, "too many old workers are still finishing requests");
		return;
	}
	if (generation_open(next, &settings, &m->active->listeners, error) < 0) {
		settings_free(&settings);
		reload_end(m, false, error);
		return;
	}
	next->number = ++m->generation_last;
	m->next = next;
}

/* The new generation is in force: the old one's workers finish and go. */
static void
reload_promote(struct master *m)
{
	struct generation *old = m->active;

	children_retire(m, old->number, 0, SIGQUIT);
	m->active = m->next;
	m->next = NULL;
	m->drained = false;
	m->active->announced = true;
	generation_close(old, m->active);
	listeners_own(&m->active->listeners, m->active->settings);
	log_set_level((enum log_level)m->active->settings->log.level);
	reload_end(m, true, NULL);
}

void
reload_watch(struct master *m)
{
	if (m->next != NULL && children_serving(m, m->next->number, true) >= m->next->wanted)
		reload_promote(m);
	if (m->next == NULL && m->reload_again) {
		m->reload_again = false;
		reload_begin(m);
	}
}

void
reload_fail(struct master *m, const char *reason)
{
	struct generation *next = m->next;

	if (next == NULL)
		return;
	m->next = NULL;
	children_retire(m, next->number, 0, SIGINT);
	generation_close(next, m->active);
	reload_end(m, false, reason);
}
