/* SPDX-License-Identifier: MIT
 *
 * What each signal to the master does.  They are blocked and read from a
 * descriptor by the loop, so what stands here may do anything.  The table is
 * that of thimbled(8).
 */
#include "config.h"

#include "master/master.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/settings.h"
#include "master/notify.h"

/* First sign of stopping: no socket of ours may keep a client waiting that no worker will serve. */
static void
stop_begin(struct master *m)
{
	m->reload_again = false;
	atomic_store(&m->shared->stopping, 1);
	notify_stopping();
	if (m->next != NULL)
		listeners_close(&m->next->listeners, &m->active->listeners);
	listeners_close(&m->active->listeners, NULL);
}

/* Stops in the given way, or more quickly if that was asked for already. */
static void
stop(struct master *m, enum stop how)
{
	uint64_t now_ms = monotonic_ms();

	if (how <= m->stopping)
		return;
	if (m->stopping == STOP_NO)
		stop_begin(m);
	m->stopping = how;
	switch (how) {
	case STOP_QUIT:
		log_info("stopping when all requests are finished");
		children_signal(m, SIGQUIT);
		break;
	case STOP_TERM:
		log_info("stopping: requests have %llu ms to finish",
		    (unsigned long long)m->active->settings->server.stop_timeout);
		m->kill_ms = now_ms + m->active->settings->server.stop_timeout + MASTER_KILL_GRACE_MS;
		children_signal(m, SIGTERM);
		break;
	case STOP_NOW:
		log_info("stopping at once");
		m->kill_ms = now_ms + MASTER_NOW_MS;
		children_signal(m, SIGINT);
		break;
	case STOP_NO:
		break;
	}
}

static void
on_term(struct master *m)
{
	stop(m, m->stopping == STOP_TERM ? STOP_NOW : STOP_TERM);
}

static void
on_int(struct master *m)
{
	stop(m, STOP_NOW);
}

static void
on_quit(struct master *m)
{
	stop(m, STOP_QUIT);
}

static void
on_hup(struct master *m)
{
	if (m->stopping == STOP_NO)
		reload_begin(m);
}

static void
on_usr1(struct master *m)
{
	children_signal(m, SIGUSR1);
}

static void
on_usr2(struct master *m)
{
	(void)m;
	log_warnx("USR2: this version cannot be upgraded in place; stop it and start the new one");
}

/* The generation whose number of workers counts: the one that comes, during a reload. */
static struct generation *
latest(struct master *m)
{
	return m->next != NULL ? m->next : m->active;
}

static void
on_ttin(struct master *m)
{
	struct generation *generation = latest(m);

	if (m->stopping != STOP_NO)
		return;
	if (m->drained && m->next == NULL) {
		m->drained = false;
		m->active->announced = false;
		log_info("TTIN: workers are started again");
	} else if (generation->wanted >= SHARED_WORKERS_MAX / 2) {
		log_warnx("TTIN: %u workers are the most", generation->wanted);
	} else {
		generation->wanted++;
		log_info("TTIN: %u workers", generation->wanted);
	}
}

static void
on_ttou(struct master *m)
{
	struct generation *generation = latest(m);

	if (m->stopping != STOP_NO || (m->drained && m->next == NULL))
		return;
	if (generation->wanted <= 1) {
		log_warnx("TTOU: the last worker stays; WINCH ends it");
		return;
	}
	generation->wanted--;
	log_info("TTOU: %u worker%s", generation->wanted, generation->wanted == 1 ? "" : "s");
	children_retire(m, generation->number, generation->wanted, SIGQUIT);
}

static void
on_winch(struct master *m)
{
	if (m->stopping != STOP_NO || (m->drained && m->next == NULL))
		return;
	m->reload_again = false;
	reload_fail(m, "the workers are being drained");
	log_info("WINCH: workers finish and go; HUP or TTIN starts them again");
	m->drained = true;
	children_retire(m, m->active->number, 0, SIGQUIT);
}

/* Those who died are looked for at each turn of the loop; the signal ends its sleep. */
static void
on_chld(struct master *m)
{
	(void)m;
}

static const struct {
	int number;
	void (*fn)(struct master *m);
} table[] = {
	{ SIGTERM, on_term },		/* finish within stop_timeout; again: at once */
	{ SIGINT, on_int },		/* stop at once */
	{ SIGQUIT, on_quit },		/* finish, however long it takes */
	{ SIGHUP, on_hup },		/* reload */
	{ SIGUSR1, on_usr1 },		/* reopen logs */
	{ SIGUSR2, on_usr2 },		/* upgrade */
	{ SIGTTIN, on_ttin },		/* one worker more */
	{ SIGTTOU, on_ttou },		/* one worker less */
	{ SIGWINCH, on_winch },		/* drain the workers, stay */
	{ SIGCHLD, on_chld },
};

enum { TABLE_SIZE = sizeof(table) / sizeof(table[0]) };

/*
 * Everything is blocked but what the processor raises: blocked, those would
 * kill us all the same, but past any handler of a sanitizer.
 */
static void
block_all(void)
{
	static const int raised[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS };
	sigset_t set;

	(void)sigfillset(&set);
	for (size_t i = 0; i < sizeof(raised) / sizeof(raised[0]); i++)
		(void)sigdelset(&set, raised[i]);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

int
signals_open(void)
{
	sigset_t set;

	block_all();
	(void)sigemptyset(&set);
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		/* A parent may have left us some ignored (nohup); children must be waited for. */
		(void)signal(table[i].number, SIG_DFL);
		(void)sigaddset(&set, table[i].number);
	}
	(void)signal(SIGPIPE, SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
signals_read(struct master *m)
{
	struct signalfd_siginfo info;

	while (read(m->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		for (size_t i = 0; i < TABLE_SIZE; i++)
			if ((unsigned)table[i].number == info.ssi_signo)
				table[i].fn(m);
}
